"""Ray: the work on many rows divided among processes of one machine or of several.

It needs ``coterie[ray]`` as soon as there are rows enough for Ray to be started.
"""

from coterie.integrations.ray.fitting import discover_many, index_many
from coterie.integrations.ray.folders import ManyRows
from coterie.integrations.ray.verbs import assign_many, embed_many, predict_many

__all__ = [
    "ManyRows",
    "assign_many",
    "discover_many",
    "embed_many",
    "index_many",
    "predict_many",
]
