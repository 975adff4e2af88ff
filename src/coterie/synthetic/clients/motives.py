"""Hidden traits of a client, and the chance of each outcome given what the notes say.

A client is in one of a few hundred states: each trait is strong, fair or weak. The state makes
what the notes say more or less likely, and it makes the targets so, alone and in pairs of traits.
So what can be known of a target follows from the notes by Bayes' rule, summed over all states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.synthetic.checks import check_noise
from coterie.synthetic.clients.concepts import read_signs
from coterie.synthetic.content import read_content

__all__ = ["LEVELS", "Motives", "read_motives"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LEVELS = ("strong", "fair", "weak")
"""The levels of every trait."""


@dataclass(frozen=True)
class Motives:
    """The s states that a client can be in, and what each makes likely."""

    states: Mapping[str, IntArray]  # trait to its level (index in LEVELS) in each state
    share: FloatArray  # (s,): of all clients
    signs: FloatArray  # (s, k): chance that what a note says is this sign, as read_signs has them
    notes: FloatArray  # (s, m): chance of each number of notes, from 0 to m - 1
    concepts: FloatArray  # (c,): weight of each number of concepts in a note, from 1 to c
    purchased: FloatArray  # (s,): chance; over all clients it is one half
    churned: FloatArray
    log_value: FloatArray  # (s,): mean of the logarithm of the lifetime value, which is normal
    spread: float  # its standard deviation

    def belief(self, seen: IntArray, notes: IntArray) -> FloatArray:
        """Give the chance of each state (n, s) by Bayes' rule.

        ``seen`` (n, k) is how often the notes of each client show each sign, ``notes`` (n,) how
        many notes there are.
        """
        evidence = seen @ np.log(self.signs).T + np.log(self.notes).T[notes] + np.log(self.share)
        chance = np.exp(evidence - evidence.max(axis=1, keepdims=True))
        return np.asarray(chance / chance.sum(axis=1, keepdims=True))


@cache
def read_motives(noise: float) -> Motives:
    """Read the motives; with this chance (0 to 1) a note tells nothing of a trait."""
    check_noise(noise)
    table = read_content("clients/motives")
    traits = list(table["share"])
    levels = np.array(list(product(range(len(LEVELS)), repeat=len(traits))), dtype=np.int64)
    states = dict(zip(traits, levels.T, strict=True))
    share = np.prod([_shares(table["share"][name])[states[name]] for name in traits], axis=0)
    target = table["target"]
    value = target["lifetime_value"]
    return Motives(
        states=states,
        share=share,
        signs=_signs(table["topic"], states, noise),
        notes=_notes(table["notes"], states, noise),
        concepts=_shares(list(table["concepts"].values())),
        purchased=_halved(_effects(target["purchased"], states), share),
        churned=_halved(_effects(target["churned"], states), share),
        log_value=np.log(value["typical"]) + _effects(value, states),
        spread=value["spread"],
    )


def _signs(topics: Mapping[str, float], states: Mapping[str, IntArray], noise: float) -> FloatArray:
    """Share the chance of each topic out among its signs, state by state."""
    known = list(read_signs().values())
    nothing = np.zeros_like(next(iter(states.values())))
    chances = np.zeros((len(nothing), len(known)))
    for topic, weight in topics.items():
        places = [place for place, sign in enumerate(known) if sign.trait == topic]
        told = _blurred([known[place].levels for place in places], noise)
        chances[:, places] = weight * told[states.get(topic, nothing)]
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _notes(table: Mapping[str, Any], states: Mapping[str, IntArray], noise: float) -> FloatArray:
    """Give the chance of each number of notes; none at all has the same in every state."""
    chances = (1 - table["missing"]) * _blurred(list(table["number"].values()), noise)
    none = np.full((len(LEVELS), 1), table["missing"])
    return np.hstack([none, chances])[states[table["trait"]]]


def _blurred(weights: Sequence[Sequence[float]], noise: float) -> FloatArray:
    """Make chances, one row per level, of weights with one column per level."""
    chances = np.array([_shares(column) for column in zip(*weights, strict=True)])
    return np.asarray((1 - noise) * chances + noise * chances.mean(axis=0))


def _shares(weights: Sequence[float]) -> FloatArray:
    return np.array(weights, dtype=np.float64) / sum(weights)


def _effects(target: Mapping[str, Any], states: Mapping[str, IntArray]) -> FloatArray:
    """Add up what each trait of a state does to a target, and each pair of traits."""
    effects = np.zeros(len(next(iter(states.values()))))
    for trait, adds in target["levels"].items():
        effects += np.array(adds)[states[trait]]
    for pair in target["pairs"]:
        both = [states[name] == LEVELS.index(pair[name]) for name in pair if name != "adds"]
        effects += pair["adds"] * np.all(both, axis=0)
    return effects


def _halved(log_odds: FloatArray, share: FloatArray) -> FloatArray:
    """Shift the log-odds until the chance over all states is one half, by bisection."""
    low, high = -50.0, 50.0
    for _ in range(60):
        shift = (low + high) / 2
        chance = 1 / (1 + np.exp(-(log_odds + shift)))
        low, high = (shift, high) if share @ chance < 0.5 else (low, shift)
    return chance
