"""Texts into the phrases that could name a group, as arrays that can be counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from coterie.personal import without_personal
from coterie.segments.naming.cleaning import HOLE, plain
from coterie.segments.naming.english import (
    BREAKS,
    DETERMINERS,
    DROPPED,
    LINKS,
    NEGATIONS,
    OPENERS,
    PARTICLES,
    PRONOUNS,
    stem,
)
from coterie.segments.naming.unspaced import can_cut, cut_words, is_function_word
from coterie.words import ADDRESS, UNSPACED, word_pattern

__all__ = ["LONGEST_TEXT", "Phrases", "collect_phrases", "looks_english"]

Ints = npt.NDArray[np.int64]

#: Characters of a text that are looked at.
LONGEST_TEXT = 1_500
_LONGEST_WORD = 25
_MOST_WORDS = 3  # content words of a phrase
_MOST_GLYPHS = 4  # the same in scripts written without spaces
_WORD = word_pattern("'&+-")
_TOKEN = re.compile(
    rf"(?P<hole>{HOLE})"
    rf"|(?P<junk>{ADDRESS}|\d[\d.,:/-]*(?![^\W\d_]))"
    rf"|(?P<glyph>[{UNSPACED}]+)"
    rf"|(?P<word>{_WORD}\+*)"
    r"|(?P<stop>[^\s\w\"'\u2018\u2019\u201c\u201d*`]|\n)"
)
_SPACELESS, _INSIDE, _ENDS = ("glyph", "glue"), ("link", "not", "glue"), ("link", "glue")
_FUNCTION_WORDS = DROPPED | BREAKS | LINKS | NEGATIONS


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a clause, and the stem it is counted by.

    Its kind is ``content``, ``link``, ``particle``, ``opener``, ``not``, ``glyph`` (a word of a
    script without spaces) or ``glue`` (a function word there); its lead is ``noun``
    or ``verb`` where words left out announce one.
    """

    written: str
    stem: str
    kind: str
    lead: str = ""


def _clauses(text: str, links: frozenset[str] | None) -> Iterator[list[_Word]]:
    """Cut a text at punctuation, function words and personal data; only English leaves words out.

    In other languages, ``links`` are the function words: they join words and end no phrase, also
    where an apostrophe joins one to the next word. In English, without determiners, auxiliaries and
    placeholders such as ``{{Order Number}}``, "cancel my order" and "cancel the {{Order Type}}
    order" read the same.
    """
    clause: list[_Word] = []
    lead, english = "", links is None
    bare = without_personal(text[:LONGEST_TEXT], "\n")
    straight = plain(bare).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for match in _TOKEN.finditer(straight):
        token = match.group()
        if links and "'" in token:
            head, _, tail = token.partition("'")
            if tail and not links.isdisjoint((head.lower(), f"{head.lower()}'")):
                clause.append(_Word(f"{head}'", f"{head.lower()}'", "link", lead))
                token, lead = tail, "noun"
        lower = token.lower()
        if match.lastgroup == "glyph" and can_cut():
            clause += (_glyph(word) for word in cut_words(token))
            lead = ""
            continue
        kind = _kind(str(match.lastgroup), lower, links)
        if kind == "break":
            if clause:
                yield clause
            clause, lead = [], "verb" if english and lower in PRONOUNS else ""
        elif kind == "left out":
            lead = "noun" if match.lastgroup == "hole" or lower in DETERMINERS else "verb"
        elif kind == "not":
            clause.append(_Word("not", "not", kind, lead))
            lead = "verb"
        else:
            clause.append(_Word(token, stem(lower) if english else lower, kind, lead))
            lead = ("verb" if lower == "to" else "noun") if kind == "link" else ""
    if clause:
        yield clause


def _glyph(word: str) -> _Word:
    return _Word(word, word, "glue" if is_function_word(word) else "glyph")


def _kind(group: str, lower: str, links: frozenset[str] | None) -> str:
    if group == "hole":
        return "left out"
    if group in ("stop", "junk", "glyph") or len(lower) > _LONGEST_WORD:
        return "break"
    if links is not None:
        # The last part: "dois-je", "peux-tu".
        return "content" if links.isdisjoint((lower, lower.rpartition("-")[2])) else "link"
    return _ENGLISH_KINDS.get(lower, "content")


_ENGLISH_KINDS = {
    word: kind
    for kind, words in (  # the last one wins
        ("opener", OPENERS),
        ("particle", PARTICLES),
        ("link", LINKS),
        ("break", BREAKS),
        ("left out", DROPPED),
        ("not", NEGATIONS),
    )
    for word in words
}


def looks_english(texts: Sequence[str]) -> bool:
    """Tell by the function words of 300 texts whether the grammar of English applies."""
    words = [
        word
        for text in texts[:: max(1, len(texts) // 300)]
        for word in re.findall(r"[^\W\d_]+", text[:LONGEST_TEXT].lower())
    ]
    return sum(word in _FUNCTION_WORDS for word in words) >= 0.12 * len(words)


@dataclass(frozen=True, slots=True, eq=False)
class Phrases:
    """Where phrases occur: m occurrences of s surface forms of p phrases, which are sets of stems.

    Attributes
    ----------
    stems, written
        p tuples of stems; s surface forms, as words in lower case.
    phrase_of
        Shape (s,): the phrase of each surface form.
    surface, text, whole
        Shape (m,): surface form and text of each occurrence, and whether it began and ended where
        the clause, a function word or an opener did.
    holders
        Stem to the texts that have it, ascending.
    letters, uses
        Word in lower case to how it is written within clauses, and to how often it occurs.
    verbs
        Stem to the share of its uses that the words before it announce as a verb.
    """

    stems: list[tuple[str, ...]]
    written: list[tuple[str, ...]]
    phrase_of: Ints
    surface: Ints
    text: Ints
    whole: npt.NDArray[np.bool_]
    holders: dict[str, Ints]
    letters: dict[str, str]
    uses: dict[str, int]
    verbs: dict[str, float]


def collect_phrases(texts: Sequence[str], links: frozenset[str] | None = None) -> Phrases:
    """Find the phrases of texts, in linear time; at most 1,500 characters of each are read.

    ``links`` are the function words of another language than English, None for English.
    """
    book = _Book()
    for number, text in enumerate(texts):
        book.read(number, _clauses(text, links))
    return book.close()


@dataclass(slots=True)
class _Book:
    """What is written down while texts are read."""

    phrases: dict[tuple[str, ...], int] = field(default_factory=dict)
    forms: dict[tuple[str, ...], int] = field(default_factory=dict)
    phrase_of: list[int] = field(default_factory=list)
    surface: list[int] = field(default_factory=list)
    text: list[int] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    holders: dict[str, list[int]] = field(default_factory=dict)
    spellings: Counter[str] = field(default_factory=Counter)
    uses: Counter[str] = field(default_factory=Counter)
    leads: Counter[tuple[str, str]] = field(default_factory=Counter)

    def read(self, number: int, text: Iterator[list[_Word]]) -> None:
        seen: set[str] = set()
        for clause in text:
            for place, word in enumerate(clause):
                seen.update(_parts(word.stem))
                self.uses[word.written.lower()] += 1
                self.spellings[word.written] += 1 if place else 0
                self.leads[word.stem, word.lead] += 1
            for span, whole in _spans(clause):
                self.surface.append(self._form(span))
                self.text.append(number)
                self.whole.append(whole)
        for root in seen:
            self.holders.setdefault(root, []).append(number)

    def _form(self, span: list[_Word]) -> int:
        form = tuple(word.written.lower() for word in span)
        if form not in self.forms:
            roots = [root for w in span if w.kind not in _ENDS for root in _parts(w.stem)]
            ordered = roots if span[0].kind == "glyph" else sorted(set(roots))
            self.phrase_of.append(self.phrases.setdefault(tuple(ordered), len(self.phrases)))
            self.forms[form] = len(self.forms)
        return self.forms[form]

    def close(self) -> Phrases:
        letters: dict[str, str] = {}
        for word, _ in self.spellings.most_common():
            letters.setdefault(word.lower(), word)
        led: Counter[str] = Counter()
        for (root, lead), count in self.leads.items():
            led[root] += count if lead else 0
        return Phrases(
            list(self.phrases),
            list(self.forms),
            np.array(self.phrase_of, np.int64),
            np.array(self.surface, np.int64),
            np.array(self.text, np.int64),
            np.array(self.whole, np.bool_),
            {root: np.array(rows, np.int64) for root, rows in self.holders.items()},
            letters,
            dict(self.uses),
            {root: self.leads[root, "verb"] / (count + 1) for root, count in led.items()},
        )


def _parts(root: str) -> list[str]:
    """Count "top-up" as "top up", but leave "not-so-basics" whole."""
    parts = root.split("-")
    return parts if len(parts) == 2 else [root]


def _spans(clause: list[_Word]) -> Iterator[tuple[list[_Word], bool]]:
    """Spans that begin and end with content, and whether each stands whole."""
    for start, first in enumerate(clause):
        if first.kind not in ("content", "glyph"):
            continue
        before = clause[start - 1].kind if start else "link"
        begins = before in (*_ENDS, "opener", "particle") or first.lead == "noun"
        content = asides = 0
        for end in range(start, len(clause)):
            kind = clause[end].kind
            if kind == "opener" or (kind in _SPACELESS) != (first.kind == "glyph"):
                break
            content += kind in ("content", "glyph")
            asides += kind in _INSIDE
            if asides > 1 or content > (_MOST_GLYPHS if kind == "glyph" else _MOST_WORDS):
                break
            if kind in _INSIDE or (kind == "glyph" and len(clause[end].written) < 2 > content):
                continue
            after = clause[end + 1].kind if end + 1 < len(clause) else "link"
            yield clause[start : end + 1], begins and after in _ENDS
