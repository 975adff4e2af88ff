"""What is in this table: from records to a profile."""

from coterie.explore.build import explore
from coterie.explore.diversity import Diversity, LabelDiversity
from coterie.explore.duplicates import (
    Copies,
    ExactDuplicates,
    NearDuplicateGroup,
    NearDuplicateSummary,
)
from coterie.explore.labels import CrossTable, LabelColumn
from coterie.explore.near import NearDuplicates, near_duplicates
from coterie.explore.profile import Finding, Profile, write_explore
from coterie.explore.table import Column, SetAside, Spread, TableFacts, TimeSpan
from coterie.explore.traces import Tally, mask
from coterie.explore.words import Term, Vocabulary

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
