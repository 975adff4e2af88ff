"""What is in this table: from records to a profile."""

from coterie.explore.build import explore
from coterie.explore.near import NearDuplicates, near_duplicates
from coterie.explore.profile import (
    Column,
    Copies,
    CrossTable,
    Diversity,
    ExactDuplicates,
    Finding,
    LabelColumn,
    LabelDiversity,
    NearDuplicateGroup,
    NearDuplicateSummary,
    Profile,
    SetAside,
    Spread,
    TableFacts,
    Tally,
    Term,
    TimeSpan,
    Vocabulary,
    write_explore,
)
from coterie.explore.traces import mask

__all__ = [
    "Column",
    "Copies",
    "CrossTable",
    "Diversity",
    "ExactDuplicates",
    "Finding",
    "LabelColumn",
    "LabelDiversity",
    "NearDuplicateGroup",
    "NearDuplicateSummary",
    "NearDuplicates",
    "Profile",
    "SetAside",
    "Spread",
    "TableFacts",
    "Tally",
    "Term",
    "TimeSpan",
    "Vocabulary",
    "explore",
    "mask",
    "near_duplicates",
    "write_explore",
]
