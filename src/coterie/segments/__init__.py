"""Vectors into named groups, and the taxonomy that outlives them."""

from coterie.segments.assigning.comparison import Comparison, EncoderRun, RunCosts
from coterie.segments.assigning.nearest import TextSource, assign_texts, compare_encoders
from coterie.segments.assigning.nomenclature import (
    Nomenclature,
    load_nomenclature,
    segmentation_from_nomenclature,
)
from coterie.segments.assigning.scores import AssignmentScores
from coterie.segments.assignments import STATUSES, Assignments
from coterie.segments.finding.discovery import Discovery
from coterie.segments.finding.groups import METHODS, find_groups
from coterie.segments.model import Change, EncoderRef, Segment, Segmentation
from coterie.segments.naming.names import Description, describe_segments, name_segments
from coterie.segments.naming.terms import excerpts
from coterie.segments.router import Router
from coterie.segments.taxonomy.additions import extend
from coterie.segments.taxonomy.edits import (
    counted,
    create,
    freeze,
    merge,
    move,
    rename,
    set_parent,
    sign,
    split,
    thaw,
)
from coterie.segments.taxonomy.files import is_segmentation, load_segmentation, save_segmentation
from coterie.segments.taxonomy.folder import (
    Edit,
    assignments_table,
    edit_folder,
    save_folder,
    write_assignments,
)
from coterie.segments.taxonomy.levels import level, levels
from coterie.segments.taxonomy.lookup import find, next_ids
from coterie.segments.taxonomy.rows import RowPicture, StoredRows, load_rows, save_rows

__all__ = [
    "METHODS",
    "STATUSES",
    "AssignmentScores",
    "Assignments",
    "Change",
    "Comparison",
    "Description",
    "Discovery",
    "Edit",
    "EncoderRef",
    "EncoderRun",
    "Nomenclature",
    "Router",
    "RowPicture",
    "RunCosts",
    "Segment",
    "Segmentation",
    "StoredRows",
    "TextSource",
    "assign_texts",
    "assignments_table",
    "compare_encoders",
    "counted",
    "create",
    "describe_segments",
    "edit_folder",
    "excerpts",
    "extend",
    "find",
    "find_groups",
    "freeze",
    "is_segmentation",
    "level",
    "levels",
    "load_nomenclature",
    "load_rows",
    "load_segmentation",
    "merge",
    "move",
    "name_segments",
    "next_ids",
    "rename",
    "save_folder",
    "save_rows",
    "save_segmentation",
    "segmentation_from_nomenclature",
    "set_parent",
    "sign",
    "split",
    "thaw",
    "write_assignments",
]
