"""The order in which labels are shown, and how far the answers depend on it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["OrderBias", "order_bias", "rotated"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OrderBias:
    """How far answers depend on where a label stands in the list.

    Attributes
    ----------
    answers
        Answers that were looked at.
    first
        Share of them that are the label shown first.
    expected_first
        Share for which that is the right label.
    bias
        Half the sum, over the places in the list, of the difference between the share of answers
        and of right labels there: 0 is none; 1 is all answers in a wrong place.
    agreement
        Share of texts that get the same label in all orders; None with one order.
    said, right
        For each place in the list, from the first on, the share of answers there, and the share of
        right labels. Shorter lists are stretched to the length of the longest.
    """

    answers: int
    first: float
    expected_first: float
    bias: float
    agreement: float | None
    said: tuple[float, ...] = ()
    right: tuple[float, ...] = ()


def rotated(text: str, places: Sequence[int], rotations: int) -> list[list[int]]:
    """Give orders of the labels ``places``: one after the other begins further down the list.

    Where the first begins depends on the text alone, so that over many texts each label stands
    everywhere, and a text has the same answer in any company. With a list of equal length for all
    texts there are as many different beginnings as rotations, so that prompts begin alike.
    """
    k = len(places)
    turns = min(rotations, k)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    first = int.from_bytes(digest) % k if turns == 1 else 0
    starts = [(first + turn * k // turns) % k for turn in range(turns)]
    return [[*places[start:], *places[:start]] for start in starts]


def order_bias(
    orders: Sequence[Sequence[Sequence[int]]], said: Sequence[Sequence[int]], truth: Ints
) -> OrderBias | None:
    """Measure how far answers depend on the order; None where nothing can be said.

    Parameters
    ----------
    orders
        Of n texts, each with one or more orders of the places of labels.
    said
        Label that was answered in each order, -1 for none.
    truth
        Shape (n,): the right label of each text; those of labels that were not shown are left out.
    """
    answered, right, same = list[float](), list[float](), list[bool]()
    firsts = expected = 0
    for own, answers, label in zip(orders, said, truth.tolist(), strict=True):
        given = [answer for answer in answers if answer >= 0]
        if len(answers) > 1 and len(given) == len(answers):
            same.append(len(set(given)) == 1)
        for order, answer in zip(own, answers, strict=True):
            if answer < 0 or label not in order:
                continue
            width = max(len(order) - 1, 1)
            answered.append(order.index(answer) / width)
            right.append(order.index(label) / width)
            firsts += order[0] == answer
            expected += order[0] == label
    if not answered:
        return None
    n = len(answered)
    bins = max(len(order) for own in orders for order in own)
    edges = np.linspace(0, 1, bins + 1)
    one, other = (np.histogram(each, edges)[0] / n for each in (answered, right))
    return OrderBias(
        n,
        firsts / n,
        expected / n,
        float(np.abs(one - other).sum() / 2),
        float(np.mean(same)) if same else None,
        tuple(one.tolist()),
        tuple(other.tolist()),
    )
