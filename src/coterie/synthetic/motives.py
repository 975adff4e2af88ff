"""What moves a client, and how surely it can be told from what the notes say.

A client is in one of a few hundred states: each trait is strong, fair or weak. The state makes
what the notes say more or less likely, and it makes the targets so, alone and in pairs of traits.
So what can be known of a target follows from the notes by Bayes' rule, summed over all states.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.synthetic.concepts import signs
from coterie.synthetic.options import check_noise

__all__ = ["LEVELS", "Motives", "motives"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LEVELS = ("strong", "fair", "weak")
"""The levels of every trait."""


@dataclass(frozen=True)
class Motives:
    """The states that a client can be in, and what each makes likely.

    Attributes
    ----------
    states
        Trait to its level (index in `LEVELS`) in each of the s states: shape (s,).
    share
        Shape (s,): share of each state among all clients.
    signs
        Shape (s, k): chance that what a note says is this sign, in the order of `signs`.
    notes
        Shape (s, m): chance of each number of notes, from 0 to m - 1.
    concepts
        Shape (c,): weight of each number of concepts in a note, from 1 to c.
    purchased, churned
        Shape (s,): chance of it. Over all clients it is one half.
    log_value, spread
        Shape (s,), and a number: mean and standard deviation of the logarithm of the lifetime
        value, which is normal.
    """

    states: Mapping[str, IntArray]
    share: FloatArray
    signs: FloatArray
    notes: FloatArray
    concepts: FloatArray
    purchased: FloatArray
    churned: FloatArray
    log_value: FloatArray
    spread: float

    def belief(self, seen: IntArray, notes: IntArray) -> FloatArray:
        """Give the chance of each state given the notes, by Bayes' rule.

        Parameters
        ----------
        seen
            Shape (n, k): how often the notes of each client show each sign.
        notes
            Shape (n,): how many notes there are.

        Returns
        -------
        Array of shape (n, s)
            Rows sum to 1.
        """
        evidence = seen @ np.log(self.signs).T + np.log(self.notes).T[notes] + np.log(self.share)
        chance = np.exp(evidence - evidence.max(axis=1, keepdims=True))
        return np.asarray(chance / chance.sum(axis=1, keepdims=True))


@cache
def motives(noise: float) -> Motives:
    """Set up the motives.

    Parameters
    ----------
    noise
        From 0 to 1: chance that what a note says, or how many notes there are, is drawn as if the
        trait had any of its levels.

    Raises
    ------
    OptionError
        When ``noise`` is out of range.
    """
    check_noise(noise)
    table = _table()
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
    known = list(signs().values())
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


@cache
def _table() -> dict[str, Any]:
    path = files("coterie.synthetic") / "content" / "clients" / "motives.toml"
    return tomllib.loads(path.read_text("utf-8"))
