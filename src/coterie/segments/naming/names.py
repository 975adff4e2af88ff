"""Readable names, descriptions, terms and exemplars for groups of texts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.encoders.function_words import function_words
from coterie.errors import InputError
from coterie.personal import without_personal
from coterie.segments.assignments import Assignments
from coterie.segments.model import Segmentation
from coterie.segments.naming.candidates import NameCandidate, rank_candidates
from coterie.segments.naming.counts import GroupCounts
from coterie.segments.naming.english import LINKS, stem
from coterie.segments.naming.phrases import LONGEST_TEXT, collect_phrases, looks_english
from coterie.segments.naming.terms import class_terms, excerpts, pick_exemplars, shorten
from coterie.words import runs

__all__ = [
    "Description",
    "describe_segments",
    "group_terms",
    "name_key",
    "name_segments",
    "with_descriptions",
]

Ints = npt.NDArray[np.int64]

_SAMPLE_TEXTS = 400  # on ten labelled tables, names match the labels as well as with 1,500
_SAMPLE_CHARACTERS = 250_000
_COMPARED_TEXTS = 50  # of a group that is only compared with: enough to tell common phrases
_NEARLY = 0.4  # of the best score: a phrase that may replace the best; a judgement


@dataclass(frozen=True, slots=True)
class Description:
    """What a group is about.

    Attributes
    ----------
    name
        A short phrase of the group's own, different for every group.
    description
        One sentence.
    terms
        Words and pairs of words that set it apart, the most telling first.
    exemplars
        Texts near its centre that differ from each other.
    """

    name: str
    description: str
    terms: tuple[str, ...]
    exemplars: tuple[str, ...]


def describe_segments(
    texts: Sequence[str],
    codes: npt.NDArray[np.integer],
    vectors: Vectors,
    *,
    language: str = "en",
    n_terms: int = 10,
    n_exemplars: int = 5,
    seed: int = 0,
    shown: Sequence[str] | None = None,
    show_personal: bool = False,
    avoid: Sequence[str] = (),
    first: int | None = None,
) -> list[Description]:
    """Say what each group is about, in its own words.

    Parameters
    ----------
    texts
        n texts.
    codes
        Shape (n,): group of each text, 0 to k - 1; -1 is outside of every group.
    vectors
        Shape (n, d), float32, unit length: of the texts.
    language
        ``"en"`` applies the grammar of English where the texts have its function words. In any
        other language, and where they have not, phrases are chosen by counts alone.
    n_terms, n_exemplars
        How many at most.
    seed
        Of the sample of texts that is read of a large group.
    shown
        n texts as they were written, for the exemplars, where ``texts`` were cleaned.
    show_personal
        Whether to leave personal data in exemplars and descriptions, which is masked otherwise.
        Names and terms never have any.
    avoid
        Names that no group may get, such as those of segments where families are named.
    first
        Describe only so many groups, those of the codes from 0; the others, of which fewer texts
        are then read, are what they are compared with.

    Returns
    -------
    list of k Description, or of ``first``
        In the order of the codes. Names are unique, whatever their case.

    Raises
    ------
    InputError
        When texts, codes and vectors differ in length.

    Notes
    -----
    At most 400 texts and 250,000 characters of a group are read for phrases; time and memory
    grow linearly with what is read, and with n · d for the centres.
    """
    groups: Ints = np.asarray(codes, dtype=np.int64)
    if not len(texts) == len(groups) == len(vectors):
        raise InputError(
            f"{len(texts):,} texts, {len(groups):,} codes and {len(vectors):,} vectors were given: "
            "pass one of each per row."
        )
    k = int(groups.max(initial=-1)) + 1
    if not k:
        return []
    members, wanted = _members(groups, k), k if first is None else min(first, k)
    totals = [vectors[rows].sum(axis=0) for rows in members[:wanted]]
    centres = np.array([total / max(float(np.linalg.norm(total)), 1e-12) for total in totals])
    rows, counts, english = _counted(texts, groups, members, language, seed, wanted)
    terms = class_terms(counts, n_terms)[:wanted]
    picked = [
        pick_exemplars(texts, m, vectors, vectors[m] @ centre, n_exemplars)
        for m, centre in zip(members[:wanted], centres, strict=True)
    ]
    exemplars = [excerpts(texts, rows, show_personal=show_personal) for rows in picked]
    ranked = rank_candidates(counts, vectors[rows], centres, english=english)
    names = _unique_names(ranked, terms, exemplars, avoid)
    written = exemplars
    if shown is not None:
        written = [excerpts(shown, rows, show_personal=show_personal) for rows in picked]
    return [
        Description(names[g], _sentence(names[g], terms[g], exemplars[g]), terms[g], written[g])
        for g in range(wanted)
    ]


def group_terms(
    texts: Sequence[str],
    codes: npt.NDArray[np.integer],
    groups: int,
    *,
    n_terms: int = 10,
    seed: int = 0,
) -> list[tuple[str, ...]]:
    """Give the terms of `describe_segments` alone, for each of so many groups."""
    numbers: Ints = np.asarray(codes, dtype=np.int64)
    if not groups:
        return []
    return class_terms(_counted(texts, numbers, _members(numbers, groups), "en", seed)[1], n_terms)


def _counted(
    texts: Sequence[str],
    groups: Ints,
    members: Sequence[Ints],
    language: str,
    seed: int,
    first: int | None = None,
) -> tuple[Ints, GroupCounts, bool]:
    """Count phrases in a sample of each group's texts; gives its rows too, and if it is English."""
    rng = np.random.default_rng(seed)
    whole = len(members) if first is None else first
    most = [_SAMPLE_TEXTS if g < whole else _COMPARED_TEXTS for g in range(len(members))]
    rows = np.concatenate([_sample(texts, m, rng, n) for m, n in zip(members, most, strict=True)])
    sample = [texts[row] for row in rows]
    english = language == "en" and looks_english(sample)
    links = None if english else function_words(sample)
    counts = GroupCounts(collect_phrases(sample, links), groups[rows], len(members))
    return rows, counts, english


def name_segments(
    segmentation: Segmentation,
    texts: Sequence[str],
    assignments: Assignments,
    vectors: Vectors,
    *,
    language: str = "en",
    seed: int = 0,
    shown: Sequence[str] | None = None,
    show_personal: bool = False,
) -> Segmentation:
    """Fill in names, descriptions, terms, exemplars and sizes from the rows of each segment.

    Parameters
    ----------
    segmentation
        The segments; their ids, parents and order stay.
    texts, assignments, vectors
        Of the n rows they were found in, see `describe_segments`.
    language, seed, shown, show_personal
        See `describe_segments`.

    Raises
    ------
    InputError
        When texts, assignments and vectors differ in length.
    """
    return with_descriptions(
        segmentation,
        assignments,
        lambda codes: describe_segments(
            texts,
            codes,
            vectors,
            language=language,
            seed=seed,
            shown=shown,
            show_personal=show_personal,
        ),
    )


def with_descriptions(
    segmentation: Segmentation,
    assignments: Assignments,
    describe: Callable[[Ints], Sequence[Description]],
) -> Segmentation:
    """Fill in what ``describe`` says of the rows' codes, and sizes; empty segments stay."""
    codes = assignments.codes([segment.id for segment in segmentation.segments])
    sizes = np.bincount(codes[codes >= 0], minlength=len(segmentation))
    segments = tuple(
        replace(segment, **asdict(about), size=int(size)) if size else replace(segment, size=0)
        for segment, about, size in zip(segmentation.segments, describe(codes), sizes, strict=False)
    )
    return replace(segmentation, segments=segments + segmentation.segments[len(segments) :])


def _members(codes: Ints, k: int) -> list[Ints]:
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(k + 1))
    return [order[start:end] for start, end in itertools.pairwise(bounds)]


def _sample(texts: Sequence[str], rows: Ints, rng: np.random.Generator, most: int) -> Ints:
    chosen = rng.permutation(rows)[:most]
    read = np.cumsum([min(len(texts[row]), LONGEST_TEXT) for row in chosen])
    return np.sort(chosen[: 1 + int(np.searchsorted(read, _SAMPLE_CHARACTERS))])


def _unique_names(
    ranked: Sequence[Sequence[NameCandidate]],
    terms: Sequence[tuple[str, ...]],
    exemplars: Sequence[tuple[str, ...]],
    avoid: Sequence[str],
) -> list[str]:
    """Give every group its best phrase, those that it suits best first."""
    names = [""] * len(ranked)
    taken = {name_key(name) for name in avoid}
    order = sorted(range(len(ranked)), key=lambda g: -ranked[g][0].score if ranked[g] else 0.0)
    for g in order:
        proposed = _proposals(ranked[g], terms[g], exemplars[g])
        names[g] = next(name for name in proposed if name_key(name) not in taken)
        taken.add(name_key(names[g]))
    for g in order:
        free = [c for c in ranked[g] if name_key(_heading(c.name)) not in taken]
        names[g] = _narrower(names[g], ranked[g], free, names[:g] + names[g + 1 :])
    return names


def _narrower(
    name: str,
    ranked: Sequence[NameCandidate],
    free: Sequence[NameCandidate],
    others: Sequence[str],
) -> str:
    """Replace a name that would fit another group too: "Cash withdrawal" beside "Fee for ..."."""
    theirs = [set(_words(other)) for other in others]
    if not any(set(_words(name)) < words for words in theirs):
        return name
    good = _good(ranked)
    for candidate in (each for each in free if each in good):
        own = set(_words(candidate.name))
        if own and not any(own <= words for words in theirs):
            return _heading(candidate.name)
    return name


def _good(ranked: Sequence[NameCandidate]) -> list[NameCandidate]:
    return [c for c in ranked if c.score >= _NEARLY * ranked[0].score]


def _proposals(
    ranked: Sequence[NameCandidate], terms: Sequence[str], exemplars: Sequence[str]
) -> Iterator[str]:
    """Names for a group: phrases nearly as good as the best, the best with a term, a text."""
    good = _good(ranked)
    yield from (_heading(candidate.name) for candidate in good)
    for candidate in good:
        own = set(_words(candidate.name))
        others = [*(c.name for c in ranked), *terms]
        yield from (f"{_heading(candidate.name)}: {t}" for t in others if not own & {*_words(t)})
    bare = (" ".join(without_personal(text).split()) for text in exemplars)
    yield from (_quoted(shorten(text, 40)) for text in bare if text)
    best = _heading(ranked[0].name) if ranked else "Group without words"
    yield best
    yield from (f"{best} ({number})" for number in itertools.count(2))


def _heading(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


def _words(name: str) -> list[str]:
    return [stem(word) for word in runs(name.casefold()) if word not in LINKS]


def name_key(name: str) -> str:
    """Fold what a reader would take for the same name: case, order, endings and hyphens."""
    return " ".join(sorted(_words(name))) or name.casefold()


def _sentence(name: str, terms: Sequence[str], exemplars: Sequence[str]) -> str:
    said = [term for term in terms if not set(_words(term)) <= set(_words(name))][:3]
    parts = [f"Often mentions {', '.join(map(_quoted, said))}"] if said else []
    if exemplars:
        parts.append(f"for example: {_quoted(shorten(exemplars[0], 120).rstrip('.'))}")
    sentence = "; ".join(parts) or "These texts have no words"
    return f"{_heading(sentence)}."


def _quoted(text: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"
