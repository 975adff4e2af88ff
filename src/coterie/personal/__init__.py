"""Personal data in texts: found, masked on pages, and masked reversibly for language models."""

from coterie.personal.kinds import Kind
from coterie.personal.masks import Masks
from coterie.personal.replacing import (
    excerpt,
    has_mask,
    hiding,
    mask,
    replace_personal,
    without_personal,
)

__all__ = [
    "Kind",
    "Masks",
    "excerpt",
    "has_mask",
    "hiding",
    "mask",
    "replace_personal",
    "without_personal",
]
