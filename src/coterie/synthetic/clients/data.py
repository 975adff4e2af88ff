"""Clients of an invented software company, what the notes on them say, and their outcomes.

Behind every client are hidden traits: how much they want the product, whether there is a budget,
how happy they are, how much they use it, how near a competitor is, and how soon there is something
to decide. The notes show them with noise, by the tables of ``concepts.toml`` and
``motives.toml``, and they make each target likely with noise, alone and in pairs. So the best that
any model can do can be computed: see `ClientData.ceilings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.synthetic.ceilings import best_accuracy, best_auc, best_r2
from coterie.synthetic.checks import check_size
from coterie.synthetic.clients.concepts import read_signs
from coterie.synthetic.clients.motives import Motives, read_motives
from coterie.synthetic.draws import WeightedRows, shuffled, uniforms

__all__ = ["NOISE", "ClientData", "best_scores", "generate_clients", "iter_clients"]

NOISE = 0.05
"""Chance that one thing in the notes tells nothing of its cause.

A judgement: with it the best accuracy is some 0.84 for purchased and 0.81 for churned.
"""

YEARS = ("2024-01-01", "2026-01-01")
"""The notes are of working days from the first of these days to before the last."""

_BLOCK = 1000  # clients; another number gives other ones for the same seed
_COMMON = 2.05  # power of a phrase's rank in its use: 2,000 clients then have some 1,250 concepts

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Unit = Callable[[int], FloatArray]


@dataclass(frozen=True)
class ClientData:
    """Clients, what the notes on them say, and their outcomes.

    Attributes
    ----------
    concepts
        One row for each concept that a note mentions, in order: ``client_id``, ``note`` (int, from
        1 for each client), ``date`` (``YYYY-MM-DD``) and ``concept`` (a few words). No note
        mentions a concept twice. About one client in a hundred has no note.
    labels
        One row for each client: ``client_id``, ``purchased`` and ``churned`` (0 or 1), and
        ``lifetime_value`` (in a currency, above zero).
    posterior
        One row for each client, float64: what follows for the targets from all that was drawn for
        the client's notes, by Bayes' rule. ``purchased`` and ``churned``, the chance of each;
        ``value`` and ``value_variance``, mean and variance of the lifetime value; ``log_value`` and
        ``log_value_variance``, the same of its natural logarithm.
    """

    concepts: pd.DataFrame
    labels: pd.DataFrame
    posterior: pd.DataFrame

    @property
    def ceilings(self) -> dict[str, dict[str, float | None]]:
        """The best scores that any model can have, by Bayes' rule on how the data was made.

        See `best_scores`.
        """
        return best_scores(self.posterior, self.labels)


def generate_clients(rows: int = 2000, *, seed: int = 0, noise: float = NOISE) -> ClientData:
    """Generate clients, their notes and their outcomes.

    Half of them purchased and half of them churned, to the row; a client left over purchased and
    did not churn. Time and memory grow linearly with ``rows``; `iter_clients` holds 1,000 at a
    time.

    Parameters
    ----------
    rows
        How many clients, at least 1.
    seed
        Not negative. The same seed and numbers give the same clients on every machine.
    noise
        From 0, where the notes follow what moves the client by the tables, to 1, where they tell
        nothing.

    Returns
    -------
    ClientData
        No concept names a target.

    Raises
    ------
    OptionError
        When a number is out of range.
    """
    parts = list(iter_clients(rows, seed=seed, noise=noise))
    return ClientData(
        concepts=pd.concat([part.concepts for part in parts], ignore_index=True),
        labels=pd.concat([part.labels for part in parts], ignore_index=True),
        posterior=pd.concat([part.posterior for part in parts], ignore_index=True),
    )


def iter_clients(rows: int = 2000, *, seed: int = 0, noise: float = NOISE) -> Iterator[ClientData]:
    """Generate clients block by block; see `generate_clients`.

    Yields
    ------
    ClientData of at most 1,000 clients
        Together the clients of `generate_clients`.
    """
    check_size(rows, seed)
    return _blocks(rows, seed, read_motives(noise))


def best_scores(
    posterior: pd.DataFrame, labels: pd.DataFrame
) -> dict[str, dict[str, float | None]]:
    """Give the best scores that can be expected of any model, from tables as in `ClientData`.

    Returns
    -------
    dict
        For ``purchased`` and ``churned`` their ``accuracy`` and ``auc`` (None where all clients
        are of one class); for ``lifetime_value`` its ``r2`` and, of its logarithm, ``r2_log`` (None
        for a single client).
    """
    scores: dict[str, dict[str, float | None]] = {}
    for target in ("purchased", "churned"):
        chance = posterior[target].to_numpy()
        happened = labels[target].to_numpy() == 1
        scores[target] = {"accuracy": best_accuracy(chance), "auc": best_auc(chance, happened)}
    seen = {name: column.to_numpy() for name, column in posterior.items()}
    scores["lifetime_value"] = {
        "r2": best_r2(seen["value"], seen["value_variance"]),
        "r2_log": best_r2(seen["log_value"], seen["log_value_variance"]),
    }
    return scores


def _blocks(rows: int, seed: int, known: Motives) -> Iterator[ClientData]:
    plan = _plan(rows, seed, float(known.share @ (known.purchased * known.churned)))
    writer = _Writer(known)
    for start in range(0, rows, _BLOCK):
        block = plan[start : start + _BLOCK]
        yield writer.clients(block, start, uniforms(seed, 31, start))


def _plan(rows: int, seed: int, both: float) -> IntArray:
    """Give each client ``purchased * 2 + churned``: exact halves, shuffled; a share has both."""
    purchased, churned = (rows + 1) // 2, rows // 2
    twice = round(both * rows)
    return shuffled([twice, churned - twice, purchased - twice, twice], seed, 30)


class _Writer:
    """Draws the clients of a block together."""

    def __init__(self, known: Motives) -> None:
        self._known = known
        sides = [(1 - chance, chance) for chance in (known.purchased, known.churned)]
        self._states = WeightedRows([known.share * a * b for a, b in product(*sides)])
        self._notes = WeightedRows(list(known.notes))
        self._sizes = WeightedRows([known.concepts])
        self._signs = WeightedRows(list(known.signs))
        phrases = [sign.phrases for sign in read_signs().values()]
        ranks = [np.arange(1.0, len(texts) + 1) for texts in phrases]
        self._ranks = WeightedRows([rank**-_COMMON for rank in ranks])
        self._phrases = np.array([phrase for texts in phrases for phrase in texts], dtype=object)
        days = np.arange(*YEARS, dtype="datetime64[D]")
        self._days = np.datetime_as_string(days[np.is_busday(days)]).astype(object)

    def clients(self, plan: IntArray, start: int, unit: Unit) -> ClientData:
        """Draw one client for each of the planned classes; ``unit`` is where chance comes from."""
        known, size = self._known, len(plan)
        state = self._states.draw(plan, unit(size))
        notes = self._notes.draw(state, unit(size))
        log_value = known.log_value[state] + known.spread * _normal(size, unit)
        of_client = np.repeat(np.arange(size), notes)  # for each note
        number = np.arange(len(of_client)) - np.repeat(np.cumsum(notes) - notes, notes) + 1
        day = np.floor(unit(len(of_client)) * len(self._days)).astype(np.int64)
        date = self._days[day[np.lexsort((day, of_client))]]  # in order for each client
        sizes = 1 + self._sizes.draw(np.zeros_like(of_client), unit(len(of_client)))
        of_note = np.repeat(np.arange(len(of_client)), sizes)  # for each concept
        client = of_client[of_note]
        sign = self._signs.draw(state[client], unit(len(client)))
        concept = self._phrases[self._phrase(of_note, sign, unit)]
        kinds = known.signs.shape[1]
        seen = np.bincount(client * kinds + sign, minlength=size * kinds).reshape(size, kinds)
        ids = np.array([f"C{start + i + 1:06d}" for i in range(size)], dtype=object)
        return ClientData(
            concepts=pd.DataFrame(
                {
                    "client_id": ids[client],
                    "note": number[of_note],
                    "date": date[of_note],
                    "concept": concept,
                }
            ),
            labels=pd.DataFrame(
                {
                    "client_id": ids,
                    "purchased": plan // 2,
                    "churned": plan % 2,
                    "lifetime_value": np.round(np.exp(log_value), 2),
                }
            ),
            posterior=self._posterior(known.belief(seen, notes)),
        )

    def _phrase(self, note: IntArray, sign: IntArray, unit: Unit) -> IntArray:
        """Draw the words for each sign, again where a note has them already.

        How they are drawn does not depend on the client, so they tell no more than the sign does.
        """
        starts = self._ranks.starts[sign]
        found = starts + self._ranks.draw(sign, unit(len(sign)))
        again = _repeated(note, found)
        while len(again):
            found[again] = starts[again] + self._ranks.draw(sign[again], unit(len(again)))
            again = _repeated(note, found)
        return found

    def _posterior(self, belief: FloatArray) -> pd.DataFrame:
        """Give what follows for the targets from the chance of each state."""
        known, noise = self._known, self._known.spread**2
        value = belief @ np.exp(known.log_value + noise / 2)
        log_value = belief @ known.log_value
        return pd.DataFrame(
            {
                "purchased": belief @ known.purchased,
                "churned": belief @ known.churned,
                "value": value,
                "value_variance": belief @ np.exp(2 * known.log_value + 2 * noise) - value**2,
                "log_value": log_value,
                "log_value_variance": belief @ known.log_value**2 - log_value**2 + noise,
            }
        )


def _repeated(note: IntArray, phrase: IntArray) -> IntArray:
    """Find the places where a note repeats itself."""
    return np.flatnonzero(pd.DataFrame({"note": note, "phrase": phrase}).duplicated().to_numpy())


def _normal(size: int, unit: Unit) -> FloatArray:
    """Draw standard normal numbers (Box and Muller, 1958)."""
    length = np.sqrt(-2 * np.log(1 - unit(size)))
    return np.asarray(length * np.cos(2 * np.pi * unit(size)))
