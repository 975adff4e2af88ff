"""What is in this table: from records to a profile."""

from coterie.profile.build import profile_records
from coterie.profile.diversity import Diversity, LabelDiversity
from coterie.profile.duplicates import (
    Copies,
    ExactDuplicates,
    NearDuplicateGroup,
    NearDuplicateSummary,
)
from coterie.profile.labels import CrossTable, LabelColumn
from coterie.profile.near import NearDuplicates, near_duplicates
from coterie.profile.profile import Profile, ProfileFinding
from coterie.profile.table import SetAside, Spread, TableColumn, TableFacts, TimeSpan
from coterie.profile.traces import Tally
from coterie.profile.words import Term, Vocabulary

__all__ = [
    "Copies",
    "CrossTable",
    "Diversity",
    "ExactDuplicates",
    "LabelColumn",
    "LabelDiversity",
    "NearDuplicateGroup",
    "NearDuplicateSummary",
    "NearDuplicates",
    "Profile",
    "ProfileFinding",
    "SetAside",
    "Spread",
    "TableColumn",
    "TableFacts",
    "Tally",
    "Term",
    "TimeSpan",
    "Vocabulary",
    "near_duplicates",
    "profile_records",
]
