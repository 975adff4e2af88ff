"""Whether one version of a model is better than another: on the same rows, or on other customers.

`compare_same_rows` is for two versions that answer the same rows, as in shadow mode;
`compare_split_rows` for versions that answer other customers each, as in an A/B test.
"""

from coterie.metrics.versions.comparing import compare_same_rows, compare_split_rows
from coterie.metrics.versions.result import VERDICTS, Verdict, VersionComparison

__all__ = [
    "VERDICTS",
    "Verdict",
    "VersionComparison",
    "compare_same_rows",
    "compare_split_rows",
]
