"""Sales conversations of an invented software company, and how each one ends.

Behind an outcome are hidden causes: how strong the need is, whether there is a budget, who decides,
how soon it is wanted, which competitor is ahead, whether colleagues want it, how serious the doubts
are, whether the product fits and how interested the contact is. Context and talk show them with
noise, by the tables of ``content/sales/causes.toml``, so that some conversations end against what
was said, and the best that any model can do can be computed: see `SalesData.ceiling`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.synthetic.ceilings import best_accuracy, best_auc
from coterie.synthetic.checks import check_size
from coterie.synthetic.draws import Draws, exact_counts, shuffled
from coterie.synthetic.grammar import literals
from coterie.synthetic.people import draw_people
from coterie.synthetic.sales.causes import OUTCOMES, Causes, read_causes
from coterie.synthetic.sales.conversation import Conversation, ConversationWriter

__all__ = ["NOISE", "SPLITS", "SalesData", "generate_sales", "iter_sales"]

NOISE = 0.05
"""Chance that one thing that is seen tells nothing of its cause.

A judgement: with it the best accuracy that any model can have is some 0.88.
"""

SPLITS = {"train": 0.7, "validation": 0.1, "test": 0.2}
"""Share of the conversations in each split."""

_BLOCK = 1000  # conversations; another number gives other ones for the same seed
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SalesData:
    """Sales conversations.

    Attributes
    ----------
    turns
        Two rows for each turn of a conversation, in order: ``conversation_id``, ``turn`` (int, from
        0), ``role`` (``seller``, then ``buyer``) and ``text``. Six to nine turns; the first five
        never state the outcome, the last one or two mostly do.
    conversations
        One row each: ``conversation_id``, ``company_size``, ``industry``, ``contact_role``,
        ``urgency``, ``budget_authority``, ``previous_interactions`` (int), ``lead_source``,
        ``outcome`` (``converted`` or ``lost``) and ``split`` (a key of `SPLITS`).
    posterior
        Shape (n,), float64: chance of ``converted`` given all that was drawn for the conversation
        and can be seen in its context and first five turns, by Bayes' rule.
    context_posterior
        Shape (n,), float64: the same given the context alone.
    """

    turns: pd.DataFrame
    conversations: pd.DataFrame
    posterior: FloatArray
    context_posterior: FloatArray

    @property
    def ceiling(self) -> float:
        """The best accuracy that any model can have, by Bayes' rule on how the data was made."""
        return best_accuracy(self.posterior)

    @property
    def ceiling_auc(self) -> float | None:
        """Area under the ROC curve of the posterior; None where all outcomes are the same."""
        converted = (self.conversations["outcome"] == OUTCOMES[0]).to_numpy()
        return best_auc(self.posterior, converted)


def generate_sales(rows: int, *, seed: int = 0, noise: float = NOISE) -> SalesData:
    """Generate sales conversations.

    Half of them are converted, to the row, and so is half of each split; a row left over is
    converted. Time and memory grow linearly with ``rows``; `iter_sales` holds 1,000 at a time.

    Parameters
    ----------
    rows
        How many conversations, at least 1.
    seed
        Not negative. The same seed and numbers give the same conversations on every machine, for
        the same version of Faker.
    noise
        From 0, where what is seen follows its cause by the tables, to 1, where it tells nothing.

    Returns
    -------
    SalesData
        Context and talk fit each other as far as their common causes go, and no further.

    Raises
    ------
    OptionError
        When a number is out of range.
    """
    parts = list(iter_sales(rows, seed=seed, noise=noise))
    return SalesData(
        turns=pd.concat([part.turns for part in parts], ignore_index=True),
        conversations=pd.concat([part.conversations for part in parts], ignore_index=True),
        posterior=np.concatenate([part.posterior for part in parts]),
        context_posterior=np.concatenate([part.context_posterior for part in parts]),
    )


def iter_sales(rows: int, *, seed: int = 0, noise: float = NOISE) -> Iterator[SalesData]:
    """Generate sales conversations block by block; see `generate_sales`.

    Yields
    ------
    SalesData of at most 1,000 conversations
        Together the conversations of `generate_sales`.
    """
    check_size(rows, seed)
    return _blocks(_plan(rows, seed), seed, read_causes(noise))


def _plan(rows: int, seed: int) -> npt.NDArray[np.int64]:
    """Give each row its outcome and split: exact shares, shuffled; ``split * 2 + outcome``."""
    leftover = cycle((0, 1))  # the odd rows of the splits go to converted and lost in turn
    counts = []
    for size in exact_counts(np.array(list(SPLITS.values())), rows).tolist():
        halves = [size // 2, size // 2]
        if size % 2:
            halves[next(leftover)] += 1
        counts += halves
    return shuffled(counts, seed, 20)


def _blocks(plan: npt.NDArray[np.int64], seed: int, known: Causes) -> Iterator[SalesData]:
    words = {name: literals(texts) for name, texts in draw_people(seed).items()}
    for start in range(0, len(plan), _BLOCK):
        writer = ConversationWriter(known, words, Draws(seed, 21, start))
        block = plan[start : start + _BLOCK].tolist()
        yield _data([writer.conversation(place % 2) for place in block], block, start)


def _data(made: list[Conversation], plan: list[int], start: int) -> SalesData:
    ids = [f"C{start + i + 1:06d}" for i in range(len(made))]
    turns = [
        (name, number, role, text)
        for name, one in zip(ids, made, strict=True)
        for number, turn in enumerate(one.turns)
        for role, text in zip(("seller", "buyer"), turn, strict=True)
    ]
    conversations = pd.DataFrame([one.context for one in made])
    conversations.insert(0, "conversation_id", ids)
    conversations["outcome"] = [OUTCOMES[place % 2] for place in plan]
    conversations["split"] = [list(SPLITS)[place // 2] for place in plan]
    return SalesData(
        turns=pd.DataFrame(turns, columns=["conversation_id", "turn", "role", "text"]),
        conversations=conversations,
        posterior=np.array([one.posterior for one in made]),
        context_posterior=np.array([one.context_posterior for one in made]),
    )
