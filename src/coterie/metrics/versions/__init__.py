"""Whether one version of a model is better than another: on the same rows, or on other customers.

`compare_same_rows` is for two versions that answer the same rows, as in shadow mode;
`compare_split_rows` for versions that answer other customers each, as in an A/B test;
`compare_chosen_rows` for rows that were chosen by the mistakes of the first version, as corrections
are.
"""

from coterie.metrics.versions.comparing import (
    compare_chosen_rows,
    compare_same_rows,
    compare_split_rows,
)
from coterie.metrics.versions.result import VERDICTS, Design, Verdict, VersionComparison

__all__ = [
    "VERDICTS",
    "Design",
    "Verdict",
    "VersionComparison",
    "compare_chosen_rows",
    "compare_same_rows",
    "compare_split_rows",
]
