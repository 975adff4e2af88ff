"""Vectors into named groups, and the taxonomy that outlives them."""

from coterie.segments.assignments import STATUSES, Assignments
from coterie.segments.discover import METHODS, discover
from coterie.segments.discovery import Discovery
from coterie.segments.model import Change, EncoderRef, Segment, Segmentation
from coterie.segments.name import Description, describe_segments, name_segments
from coterie.segments.router import Router

__all__ = [
    "METHODS",
    "STATUSES",
    "Assignments",
    "Change",
    "Description",
    "Discovery",
    "EncoderRef",
    "Router",
    "Segment",
    "Segmentation",
    "describe_segments",
    "discover",
    "name_segments",
]
