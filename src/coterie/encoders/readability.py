"""Whether an encoder can read the texts that it is given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from coterie.encoders.base import Encoder
from coterie.encoders.bert import FastEncoder
from coterie.encoders.languages import language_shares
from coterie.encoders.names import plain_name
from coterie.scripts import SCRIPTS, main_scripts, scripts_of
from coterie.words import is_unspaced

__all__ = ["READABLE", "Readability", "judge_readability", "read_shares"]

Shares = npt.NDArray[np.float32]

#: Share of a text's characters that an encoder has to read; a judgement, not measured.
READABLE = 0.5
# of the texts: fewer that cannot be read, or are in another language, are not told
_TOLD, _FOREIGN = 0.05, 0.1
_LONGEST = 1_000  # characters of a text that are looked at
_CHUNK = 2_000  # texts looked at together, to bound memory
_FRAGMENTED = 4  # letters of a word from which on pieces of one letter are no words
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = SCRIPTS.index("Latin")
_BLANKS = np.array([code for code in range(0x3001) if chr(code).isspace()], np.uint32)


@runtime_checkable
class _KnowsPieces(Protocol):
    """An encoder that can tell the pieces of texts that it has no entry for."""

    def unknown(self, texts: Sequence[str]) -> list[list[tuple[int, int, bool]]]:
        """Give each piece that is unknown, or of one letter: start, end, and which of the two."""
        ...


@dataclass(frozen=True, slots=True)
class Readability:
    """What an encoder can read of n texts.

    Attributes
    ----------
    encoder
        Its name.
    reads
        The languages that it was made for; empty where that is not known, or they are very many.
    unreadable
        Share of the texts of which it reads less than half of the characters.
    unknown
        Share of all characters that it cannot read.
    wordless
        Share of the texts without a letter or digit.
    scripts
        Script to the share of the texts most of whose letters are of it.
    languages
        Language to its share of the texts whose language could be told.
    """

    encoder: str
    reads: tuple[str, ...] = ()
    unreadable: float = 0.0
    unknown: float = 0.0
    wordless: float = 0.0
    scripts: Mapping[str, float] = field(default_factory=dict)
    languages: Mapping[str, float] = field(default_factory=dict)

    @property
    def foreign(self) -> dict[str, float]:
        """The languages that the encoder was not made for, with their shares of the texts."""
        if not self.reads:
            return {}
        return {name: s for name, s in self.languages.items() if name not in self.reads}

    @property
    def note(self) -> str:
        """What people should know, in a sentence or two; empty where the encoder reads all."""
        foreign = {name: share for name, share in self.foreign.items() if share >= _FOREIGN}
        made = f"{self.encoder} was made for {' and '.join(self.reads)}"
        said = []
        if self.unreadable >= _TOLD:
            why = f": they are in {_listed(foreign)}, and {made}" if foreign else ""
            said.append(
                f"The encoder {self.encoder} cannot read {_percent(self.unreadable)} of the "
                f"texts{why}. What is found in them means little, and is marked ambiguous."
            )
        elif foreign:
            said.append(
                f"The texts are in {_listed(foreign)}, and the encoder {made}: it reads them less "
                "well."
            )
        if said and plain_name(self.encoder) != "multilingual" and self.wordless < 1 - _TOLD:
            said.append(
                "Use the encoder multilingual, which reads some 100 languages: --encoder "
                "multilingual (encoder=), after pip install 'coterie[multilingual]'."
            )
        if self.wordless >= _TOLD:
            said.append(
                f"{_percent(self.wordless)} of the texts have no letter and no digit: there is "
                "hardly anything to read in them."
            )
        return " ".join(said)

    def to_dict(self) -> dict[str, Any]:
        """Give the figures, as JSON takes them, shares to six decimals."""
        return {
            name: {k: round(v, 6) for k, v in value.items()}
            if isinstance(value, dict)
            else round(value, 6)
            if isinstance(value, float)
            else list(value)
            if isinstance(value, tuple)
            else value
            for name, value in asdict(self).items()
        }


def judge_readability(
    encoder: Encoder, texts: Sequence[str], shares: Shares | None = None
) -> Readability:
    """Find out what an encoder can read of texts.

    Parameters
    ----------
    encoder
        The encoder.
    texts
        n texts. Time grows linearly with their characters; languages are told from 500 of them.
    shares
        What `read_shares` gave for them, where it is known already.
    """
    n = len(texts)
    if not any(texts):
        return Readability(encoder.name)
    shares = read_shares(encoder, texts) if shares is None else shares
    sizes = np.array([min(len(text), _LONGEST) for text in texts])
    wordless = sum(not any(map(str.isalnum, text)) for text in texts)
    return Readability(
        encoder=encoder.name,
        reads=_languages(encoder),
        unreadable=float((shares < READABLE).mean()),
        unknown=float(((1 - shares) * sizes).sum() / max(sizes.sum(), 1)),
        wordless=wordless / n,
        scripts=_scripts(texts),
        languages=language_shares(texts),
    )


def read_shares(encoder: Encoder, texts: Sequence[str]) -> Shares:
    """Tell which share of each text's characters an encoder reads, blanks left aside.

    A character is not read where its piece is none of the encoder's vocabulary; where it is a
    letter of a script that none of the languages is written in that the encoder was made for; and,
    where those languages are not known, where a word of a script with blanks other than Latin falls
    apart into single letters. Texts in ASCII are read. The first 1,000 characters count.

    Returns
    -------
    ndarray of shape (n,), float32
        0 to 1; 1 for an empty text, and for every text of an encoder that cannot tell.
    """
    shares = np.ones(len(texts), np.float32)
    places = [place for place, text in enumerate(texts) if not text.isascii()]
    english = _languages(encoder) == ("English",)
    if not english and not isinstance(encoder, _KnowsPieces):
        return shares
    for start in range(0, len(places), _CHUNK):
        part = places[start : start + _CHUNK]
        some = [texts[place][:_LONGEST] for place in part]
        shares[part] = _shares(encoder, some, english=english)
    return shares


def _shares(encoder: Encoder, texts: Sequence[str], *, english: bool) -> Shares:
    ends = np.cumsum([0, *map(len, texts)])
    scripts = scripts_of(texts)
    unread = (scripts != 0) & (scripts != _LATIN) if english else np.zeros(ends[-1], np.bool_)
    if isinstance(encoder, _KnowsPieces):
        for at, text, pieces in zip(ends, texts, encoder.unknown(texts), strict=False):
            words = [] if english else [m.span() for m in _WORD.finditer(text)]
            for start, end, known in pieces:
                if not known:
                    unread[at + start : at + end] = True
            single = {start for start, end, known in pieces if known}
            for start, end in words:
                script = scripts[at + start]
                spaced = script not in (0, _LATIN) and not is_unspaced(text[start])
                apart = end - start >= _FRAGMENTED and spaced
                if apart and len(single.intersection(range(start, end))) == end - start:
                    unread[at + start : at + end] = True
    seen = ~np.isin(
        np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4"), _BLANKS
    )
    owner = np.repeat(np.arange(len(texts)), np.diff(ends))
    total = np.bincount(owner, weights=seen, minlength=len(texts))
    lost = np.bincount(owner, weights=seen & unread, minlength=len(texts))
    return (1 - lost / np.maximum(total, 1)).astype(np.float32)


def _scripts(texts: Sequence[str]) -> dict[str, float]:
    found = np.zeros(len(SCRIPTS))
    for start in range(0, len(texts), _CHUNK):
        part = main_scripts(texts[start : start + _CHUNK])
        found += np.bincount(part, minlength=len(SCRIPTS))
    order = np.argsort(-found, kind="stable")
    return {SCRIPTS[i] or "no letters": float(found[i] / len(texts)) for i in order if found[i]}


def _languages(encoder: Encoder) -> tuple[str, ...]:
    """Give the languages that an encoder was made for, () where that is not known."""
    if plain_name(encoder.name) in ("minilm", "static"):
        return ("English",)
    return encoder.languages if isinstance(encoder, FastEncoder) else ()


def _percent(share: float) -> str:
    return f"{share:.0%}" if share in (0, 1) else f"{min(max(share, 0.01), 0.99):.0%}"


def _listed(languages: Mapping[str, float]) -> str:
    named = [f"{name} ({_percent(share)})" for name, share in list(languages.items())[:3]]
    return ", ".join(named) + (" and others" if len(languages) > 3 else "")
