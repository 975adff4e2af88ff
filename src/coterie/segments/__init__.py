"""Vectors into named groups, and the taxonomy that outlives them."""

from coterie.segments.assign import Source, assign_texts, compare_encoders
from coterie.segments.assignments import STATUSES, Assignments
from coterie.segments.comparison import Assigned, Comparison
from coterie.segments.discover import METHODS, discover
from coterie.segments.discovery import Discovery
from coterie.segments.folder import (
    Edit,
    assignments_table,
    edit_folder,
    save_folder,
    write_assignments,
)
from coterie.segments.lookup import find, next_ids
from coterie.segments.model import Change, EncoderRef, Segment, Segmentation
from coterie.segments.name import Description, describe_segments, name_segments
from coterie.segments.nomenclature import (
    Nomenclature,
    load_nomenclature,
    segmentation_from_nomenclature,
)
from coterie.segments.router import Router
from coterie.segments.rows import Picture, Rows, load_rows, save_rows
from coterie.segments.store import is_segmentation, load_segmentation, save_segmentation
from coterie.segments.taxonomy import (
    counted,
    freeze,
    merge,
    move,
    rename,
    set_parent,
    split,
    thaw,
)

__all__ = [
    "METHODS",
    "STATUSES",
    "Assigned",
    "Assignments",
    "Change",
    "Comparison",
    "Description",
    "Discovery",
    "Edit",
    "EncoderRef",
    "Nomenclature",
    "Picture",
    "Router",
    "Rows",
    "Segment",
    "Segmentation",
    "Source",
    "assign_texts",
    "assignments_table",
    "compare_encoders",
    "counted",
    "describe_segments",
    "discover",
    "edit_folder",
    "find",
    "freeze",
    "is_segmentation",
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
    "split",
    "thaw",
    "write_assignments",
]
