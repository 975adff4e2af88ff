"""scikit-learn: encoders and segments as steps of its pipelines and searches.

The classifiers of `coterie.classifiers` are estimators of scikit-learn themselves.
"""

from coterie.integrations.sklearn.clustering import TextClusterer
from coterie.integrations.sklearn.encoding import TextEncoder

__all__ = ["TextClusterer", "TextEncoder"]
