"""Ids that sort by the time at which they were made."""

from __future__ import annotations

import os
import threading
import time
import uuid

__all__ = ["new_id"]

_COUNTS = 1 << 12  # counter beside the time in an id
_lock = threading.Lock()
_last = (0, 0)  # milliseconds and counter of the id before


def new_id() -> str:
    """Make an id: a UUID of version 7, greater than every id that this process made before.

    While the clock stands behind an earlier id, ids go on from that one. Ids of several processes
    differ by 62 random bits.

    Notes
    -----
    RFC 9562, section 6.2, method 1: a counter of 12 bits that begins at random in its lower half.
    """
    global _last  # noqa: PLW0603
    random = int.from_bytes(os.urandom(10), "big")
    with _lock:
        now, (last, count) = time.time_ns() // 1_000_000, _last
        if now > last:
            last, count = now, (random >> 64) % (_COUNTS // 2)
        else:
            count += 1
            if count == _COUNTS:
                last, count = last + 1, 0
        _last = last, count
    bits = last << 80 | 7 << 76 | count << 64 | 0b10 << 62 | random & ((1 << 62) - 1)
    return str(uuid.UUID(int=bits))
