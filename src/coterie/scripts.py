"""Which scripts texts are written in, by the code points of their letters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["SCRIPTS", "main_scripts", "scripts_of"]

Ints = npt.NDArray[np.int64]

# First code point of each run of blocks (Unicode 16, Blocks.txt) and the script of its letters.
_RUNS: tuple[tuple[int, str], ...] = (
    (0x0000, ""), (0x0041, "Latin"), (0x005B, ""), (0x0061, "Latin"), (0x007B, ""),
    (0x00AA, "Latin"), (0x00AB, ""), (0x00B5, "Latin"), (0x00B6, ""), (0x00C0, "Latin"),
    (0x00D7, ""), (0x00D8, "Latin"), (0x00F7, ""), (0x00F8, "Latin"), (0x02B0, ""),
    (0x0370, "Greek"), (0x0400, "Cyrillic"), (0x0530, "Armenian"), (0x0590, "Hebrew"),
    (0x0600, "Arabic"), (0x0700, "other"), (0x0750, "Arabic"), (0x0780, "other"),
    (0x0900, "Devanagari"), (0x0980, "Bengali"), (0x0A00, "Gurmukhi"), (0x0A80, "Gujarati"),
    (0x0B00, "other"), (0x0B80, "Tamil"), (0x0C00, "Telugu"), (0x0C80, "Kannada"),
    (0x0D00, "Malayalam"), (0x0D80, "other"), (0x0E00, "Thai"), (0x0E80, "other"),
    (0x10A0, "Georgian"), (0x1100, "Hangul"), (0x1200, "other"), (0x1E00, "Latin"),
    (0x1F00, "Greek"), (0x2000, ""), (0x2C00, "other"), (0x2E00, ""), (0x3040, "Japanese kana"),
    (0x3100, "other"), (0x3130, "Hangul"), (0x3190, ""), (0x3400, "Han"), (0x4DC0, ""),
    (0x4E00, "Han"), (0xA000, "other"), (0xAC00, "Hangul"), (0xD7B0, ""), (0xF900, "Han"),
    (0xFB00, "Latin"), (0xFB07, "other"), (0xFB50, "Arabic"), (0xFE00, ""), (0xFE70, "Arabic"),
    (0xFF00, ""), (0xFF21, "Latin"), (0xFF3B, ""), (0xFF41, "Latin"), (0xFF5B, ""),
    (0xFF66, "Japanese kana"), (0xFFA0, "Hangul"), (0xFFE0, ""), (0x10000, "other"),
    (0x1F000, ""), (0x20000, "Han"), (0x32000, ""),
)  # fmt: skip
_STARTS = np.array([start for start, _ in _RUNS], dtype=np.uint32)
#: Names of scripts, sorted; the first is "", for what is no letter.
SCRIPTS = tuple(sorted({name for _, name in _RUNS}))
_SCRIPT = np.array([SCRIPTS.index(name) for _, name in _RUNS])


def scripts_of(texts: Sequence[str]) -> Ints:
    """Give the script of each character of the texts, one after another, as places in `SCRIPTS`."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    found: Ints = _SCRIPT[np.searchsorted(_STARTS, codes, side="right") - 1]
    return found


def main_scripts(texts: Sequence[str]) -> Ints:
    """Give the script of most letters of each text, 0 where there are no letters: shape (n,)."""
    text = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    keys = text * len(SCRIPTS) + scripts_of(texts)
    letters = np.bincount(keys, minlength=len(texts) * len(SCRIPTS)).reshape(len(texts), -1)
    letters[:, 0] = 0
    return np.where(letters.any(axis=1), letters.argmax(axis=1), 0)
