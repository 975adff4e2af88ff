"""Names for groups of people, of whom each has several texts: by what their texts are about.

The distinct texts are grouped into topics, as one table of texts, and each topic is named by the
openings of its texts, which are most often titles. A group of people is then named by the topics
that more of its people have than others do: "Django Deployment and PostgreSQL".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Vectors
from coterie.segments.finding.consensus import find_structure, nearest, unit
from coterie.segments.finding.ward import group_sums
from coterie.segments.naming.candidates import exclusivity
from coterie.segments.naming.names import Description, describe_segments, name_key
from coterie.segments.naming.terms import excerpts, pick_exemplars, shorten

__all__ = ["Parts", "Topics", "describe_people", "find_topics", "openings"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Judgements by reading names of groups; how they were compared: docs/decisions/people.md.
_LONGEST_OPENING = 120  # characters
_TOPICS_PER_GROUP = 4
_TEXTS_PER_TOPIC = 8
_ROUNDS = 6
_SAMPLE = 12_000
_LOOKED_AT = 6  # topics of a group
_FAIR_SHARE = 0.25  # of a group's people, from which on a topic stands for them
_NEARLY = 0.4  # of the best topic's score, to be named with it
_GAIN = 1.25  # of the people whom the wider of two topics covers alone
_MOST = 0.5  # of the people, who make a topic worth naming beside the best one
_SAID = 3  # topics in a description
_SENTENCE = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+|\n")


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The m texts of n people, each with its owner, 0 to n - 1, and its vector of unit length."""

    texts: npt.NDArray[np.object_]
    owners: Ints
    vectors: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Topics:
    """What the texts of people are about.

    Attributes
    ----------
    names
        One for each topic; topics of one name are one.
    owners, topics
        Shape (p,): the pairs of a person and a topic that the person has, each once.
    """

    names: tuple[str, ...]
    owners: Ints
    topics: Ints

    def people(self, topic: int) -> Ints:
        """Who has a topic."""
        who: Ints = self.owners[self.topics == topic]
        return who


def openings(text: str) -> str:
    """Leave the first sentence of each line: what a profile of several texts is about."""
    lines = (_opening(line) for line in text.splitlines())
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _opening(text: str) -> str:
    return shorten(_SENTENCE.split(text.strip(), maxsplit=1)[0], _LONGEST_OPENING)


def find_topics(parts: Parts, groups: int, *, seed: int = 0) -> Topics:
    """Group the distinct texts of people into four topics for each group of people, and name them.

    A topic has 8 distinct texts on average, or more. Time and memory are those of
    `coterie.segments.find_groups`, less the choice of a number.
    """
    codes, _ = pd.factorize(parts.texts)
    first = np.unique(codes, return_index=True)[1]
    vectors = parts.vectors[first]
    number = min(_TOPICS_PER_GROUP * groups, len(first) // _TEXTS_PER_TOPIC)
    if number < 2 or float(np.ptp(vectors, axis=0).max()) < 1e-6:
        return Topics((), np.zeros(0, np.int64), np.zeros(0, np.int64))
    rng = np.random.default_rng(seed)
    rows = np.arange(len(first))
    if len(rows) > _SAMPLE:
        rows = np.sort(rng.choice(rows, _SAMPLE, replace=False))
    structure = find_structure(vectors[rows], rounds=_ROUNDS, rng=rng)
    cut = structure.cut(min(number, structure.tree.leaves))
    topic = cut
    if len(rows) < len(first):
        topic = nearest(vectors, unit(group_sums(vectors[rows], cut, int(cut.max()) + 1)[0]))
    heads = [_opening(text) for text in parts.texts[first]]
    found = describe_segments(heads, topic, vectors, seed=seed)
    names = [_alone(each.name) for each in found]
    places = {name_key(name): place for place, name in reversed(list(enumerate(names)))}
    merged = np.array([places[name_key(name)] for name in names], np.int64)
    width = len(names)
    pairs = np.unique(parts.owners * width + merged[topic][codes])
    return Topics(tuple(names), pairs // width, pairs % width)


def _alone(name: str) -> str:
    """Take the first of two phrases: the name of a group joins topics itself."""
    return re.split(r", |: ", name, maxsplit=1)[0]


def describe_people(
    parts: Parts,
    topics: Topics,
    codes: npt.NDArray[np.integer],
    vectors: Vectors,
    *,
    n_exemplars: int = 5,
    seed: int = 0,
    show_personal: bool = False,
) -> list[Description]:
    """Say what each group of people is about: topics, terms and texts that set it apart.

    Terms and shares count people, whatever the number of their texts.

    Parameters
    ----------
    parts, topics
        The texts of n people, and what `find_topics` found in them.
    codes
        Shape (n,): group of each person, 0 to k - 1; -1 is outside of every group.
    vectors
        Shape (n, d), float32, unit length: of the people.
    n_exemplars, seed, show_personal
        See `describe_segments`.
    """
    groups: Ints = np.asarray(codes, dtype=np.int64)
    profiles = _profiles(parts, len(groups))
    found = describe_segments(profiles, groups, vectors, seed=seed, show_personal=show_personal)
    shares = _shares(topics, groups, len(found))
    weights = _weights(shares)
    names = _names(topics, groups, shares, weights, [each.name for each in found])
    texts: list[str] = parts.texts.tolist()
    of_part = groups[parts.owners]
    exemplars = []
    for g in range(len(found)):
        rows = np.flatnonzero(of_part == g)
        picked = _picked(parts, texts, rows, n_exemplars) if len(rows) else []
        exemplars.append(excerpts(texts, picked, show_personal=show_personal))
    return [
        replace(
            each,
            name=names[g],
            description=_sentence(topics, groups, g, shares[g], weights[g], exemplars[g])
            or each.description,
            exemplars=exemplars[g] or each.exemplars,
        )
        for g, each in enumerate(found)
    ]


def _profiles(parts: Parts, n: int) -> list[str]:
    """Join the openings of each person's texts, each once."""
    profiles: list[dict[str, None]] = [{} for _ in range(n)]
    heads: dict[str, str] = {}
    for text, owner in zip(parts.texts.tolist(), parts.owners.tolist(), strict=True):
        if text not in heads:
            heads[text] = _opening(text)
        profiles[owner][heads[text]] = None
    return ["\n".join(profile) for profile in profiles]


def _shares(topics: Topics, groups: Ints, k: int) -> Floats:
    """Share of each group's people who have each topic, shape (k, topics)."""
    sizes = np.maximum(np.bincount(groups[groups >= 0], minlength=k), 1)
    counts = np.zeros((k, len(topics.names)))
    of_owner = groups[topics.owners]
    inside = of_owner >= 0
    np.add.at(counts, (of_owner[inside], topics.topics[inside]), 1)
    return counts / sizes[:, None]


def _weights(shares: Floats) -> Floats:
    """Weigh how well each topic names each group: many of its people and few others have it."""
    weights = shares**0.65 * np.minimum(1.0, shares / _FAIR_SHARE)
    for topic, group in np.argwhere(shares.T > 0).tolist():
        weights[group, topic] *= exclusivity(shares[:, topic], group)
    return weights


def _ranked(weights: Floats) -> list[int]:
    """Topics of a group, the most telling first."""
    order = np.argsort(-weights, kind="stable")[:_LOOKED_AT]
    return [topic for topic in order.tolist() if weights[topic] > 0]


def _names(
    topics: Topics, groups: Ints, shares: Floats, weights: Floats, otherwise: Sequence[str]
) -> list[str]:
    """Name each group by a topic or two, those first that a topic fits best."""
    names = list(otherwise)
    taken: set[str] = set()
    for g in np.argsort(-weights.max(axis=1, initial=0.0), kind="stable").tolist():
        proposed = itertools.chain(
            _proposals(topics, groups == g, shares[g], weights[g]),
            [otherwise[g]],
            (f"{otherwise[g]} ({number})" for number in itertools.count(2)),
        )
        names[g] = next(name for name in proposed if name_key(name) not in taken)
        taken.add(name_key(names[g]))
    return names


def _proposals(
    topics: Topics, inside: npt.NDArray[np.bool_], shares: Floats, weights: Floats
) -> Iterator[str]:
    """Join the best topic with one of other people, or of most; else one alone, or others."""
    ranked = _ranked(weights)
    if not ranked:
        return
    best, *others = ranked
    size = max(int(inside.sum()), 1)
    for other in others:
        if weights[other] < _NEARLY * weights[best]:
            break
        both = np.union1d(topics.people(best), topics.people(other))
        wider = inside[both].sum() / size >= _GAIN * max(shares[best], shares[other])
        if (wider or shares[other] >= _MOST) and not _repeats(
            topics.names[best], topics.names[other]
        ):
            yield f"{topics.names[best]} and {topics.names[other]}"
            break
    yield from (topics.names[topic] for topic in ranked)
    yield from (
        f"{topics.names[one]} and {topics.names[other]}"
        for one, other in itertools.combinations(ranked, 2)
    )


def _repeats(name: str, other: str) -> bool:
    """Tell whether one name has more than half of the words of the other."""
    mine, theirs = set(name_key(name).split()), set(name_key(other).split())
    return len(mine & theirs) > 0.5 * min(len(mine), len(theirs))


def _picked(parts: Parts, texts: Sequence[str], rows: Ints, number: int) -> list[int]:
    """Choose texts of ``rows`` that are near their centre and unlike each other."""
    centre = unit(parts.vectors[rows].mean(axis=0, keepdims=True))[0]
    near = parts.vectors[rows] @ centre
    return pick_exemplars(texts, rows, parts.vectors, near, number)


def _sentence(
    topics: Topics, groups: Ints, g: int, shares: Floats, weights: Floats, exemplars: Sequence[str]
) -> str:
    """Say which share of a group, and of all others, has its topics."""
    rest = max(int(((groups >= 0) & (groups != g)).sum()), 1)
    said = []
    for topic in _ranked(weights)[:_SAID]:
        of = groups[topics.people(topic)]
        others = ((of >= 0) & (of != g)).sum() / rest
        said.append(f"{topics.names[topic]} {shares[topic]:.0%} ({others:.0%})")
    if not said:
        return ""
    example = f"; for example: “{shorten(exemplars[0], 120).rstrip('.')}”" if exemplars else ""
    return f"Share of the group with each topic, and of all others: {', '.join(said)}{example}."
