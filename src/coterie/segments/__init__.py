"""Vectors into named groups, and the taxonomy that outlives them."""

from coterie.segments.assignments import STATUSES, Assignments
from coterie.segments.discover import METHODS, discover
from coterie.segments.discovery import Discovery
from coterie.segments.model import Change, EncoderRef, Segment, Segmentation
from coterie.segments.router import Router

__all__ = [
    "METHODS",
    "STATUSES",
    "Assignments",
    "Change",
    "Discovery",
    "EncoderRef",
    "Router",
    "Segment",
    "Segmentation",
    "discover",
]
