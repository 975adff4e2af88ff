"""The likelihood of answers to many prompts, kept like any other answer."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from coterie.llm.asking import Asker
from coterie.llm.base import Prompt, Reply, TokenModel, weighs
from coterie.llm.likelihoods import answer_likelihoods
from coterie.llm.quoting import CLOSING, OPENING
from coterie.progress import current

__all__ = ["score_answers", "with_answers"]

Floats = npt.NDArray[np.float64]


def score_answers(
    asker: Asker, prompts: Sequence[Prompt], answers: Sequence[Sequence[str]], title: str
) -> list[Floats]:
    """Give the log-probabilities of the answers to each prompt, see `answer_likelihoods`.

    Parameters
    ----------
    asker
        Of a model that says how likely a token is, see `coterie.llm.weighs`.
    prompts
        n prompts; those that begin alike are quicker one after the other.
    answers
        For each, what the model may say.
    title
        Of the work, for its progress.
    """
    model = asker.model
    assert weighs(model)
    tokens: dict[str, list[int]] = {}
    beginnings: dict[str, list[int]] = {}
    found = []
    started = time.monotonic()
    with current().stage(title, len(prompts)) as stage:
        for given, allowed in zip(prompts, answers, strict=True):
            prompt = with_answers(given, allowed)
            known = asker.kept.find(model, prompt)
            if known is None:
                shared = _beginning(model, prompt, beginnings)
                reply = _scored(model, prompt, allowed, tokens, shared)
            else:
                reply = known
            if known is None:
                asker.kept.keep(model, prompt, reply)
            asker.ledger.add(reply, kept=known is not None)
            found.append(np.array(json.loads(reply.text), dtype=np.float64))
            stage.advance()
    asker.ledger.seconds += time.monotonic() - started
    return found


def with_answers(prompt: Prompt, answers: Sequence[str]) -> Prompt:
    """Note in a prompt which answers are weighed, so that they are kept apart from others."""
    return replace(prompt, schema={"enum": list(answers)}, longest=0)


def _beginning(model: TokenModel, prompt: Prompt, known: dict[str, list[int]]) -> list[int]:
    """Give the tokens with which all prompts begin that differ from this in their text alone."""
    before, mark, _ = prompt.messages[-1]["content"].rpartition(OPENING)
    if not mark:
        return []
    key = json.dumps([*prompt.messages[:-1], before])
    if key not in known:
        stems = [_ending(prompt, f"{before}{OPENING}{probe}{CLOSING}") for probe in ("1", "Z")]
        one, other = map(model.prompt_tokens, stems)
        pairs = zip(one, other, strict=False)
        known[key] = [left for left, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
    return known[key]


def _ending(prompt: Prompt, last: str) -> Prompt:
    if not prompt.turns:
        return replace(prompt, user=last)
    return replace(prompt, turns=(*prompt.turns[:-1], (prompt.turns[-1][0], last)))


def _scored(
    model: TokenModel,
    prompt: Prompt,
    allowed: Sequence[str],
    tokens: dict[str, list[int]],
    shared: Sequence[int],
) -> Reply:
    started = time.monotonic()
    for answer in allowed:
        if answer not in tokens:
            tokens[answer] = model.tokens(answer)
    said = answer_likelihoods(model, prompt, [tokens[answer] for answer in allowed], shared)
    read = len(model.prompt_tokens(prompt))
    text = json.dumps([round(float(each), 6) for each in said])
    return Reply(text, read, len(allowed), time.monotonic() - started)
