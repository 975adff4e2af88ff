"""How likely a model finds each of several answers, without parsing what it says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coterie.llm.base import Prompt, TokenModel

__all__ = ["answer_likelihoods"]

Floats = npt.NDArray[np.float64]


def answer_likelihoods(
    model: TokenModel,
    prompt: Prompt,
    answers: Sequence[Sequence[int]],
    shared: Sequence[int] = (),
) -> Floats:
    """Give the log-probability that a model which may only say these answers says each.

    Parameters
    ----------
    model
        On this machine.
    prompt
        What it is asked.
    answers
        The tokens of k different answers, without the one that ends an answer.
    shared
        Tokens with which other prompts begin too, so that they are read once; see
        `coterie.llm.base.TokenModel.begin`.

    Returns
    -------
    ndarray of shape (k,), float64
        The exponentials sum to 1.

    Notes
    -----
    The answers make a tree of tokens. At each fork the model weighs the tokens that may follow, so
    there are as many calls as forks, at most k - 1, and each reads only what is new since the last.
    """
    begin = model.prompt_tokens(prompt)
    model.begin(shared if begin[: len(shared)] == list(shared) else ())
    ended = [(*map(int, answer), model.end) for answer in answers]
    if len(set(ended)) < len(ended):
        raise ValueError("Two answers have the same tokens.")
    found = np.zeros(len(ended))
    open_forks: list[tuple[int, list[int]]] = [(0, list(range(len(ended))))]
    while open_forks:
        depth, places = open_forks.pop()
        if len(places) == 1:
            continue
        while len({ended[place][depth] for place in places}) == 1:
            depth += 1
        following = sorted({ended[place][depth] for place in places})
        before = [*begin, *ended[places[0]][:depth]]
        for token, weight in zip(following, model.weigh(before, following), strict=True):
            there = [place for place in places if ended[place][depth] == token]
            found[there] += weight
            open_forks.append((depth + 1, there))
    return found
