"""The likelihood of answers to many prompts, kept like any other answer."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from coterie.llm.asking import Asker
from coterie.llm.base import Prompt, Reply, TokenModel, weighs
from coterie.llm.likelihoods import answer_likelihoods
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
        n prompts, made by `with_answers`; those that begin alike are quicker one after the other.
    answers
        For each, what the model may say.
    title
        Of the work, for its progress.
    """
    model = asker.model
    assert weighs(model)
    tokens: dict[str, list[int]] = {}
    found = []
    started = time.monotonic()
    with current().stage(title, len(prompts)) as stage:
        for prompt, allowed in zip(prompts, answers, strict=True):
            known = asker.kept.find(model, prompt)
            reply = known or _scored(model, prompt, allowed, tokens)
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


def _scored(
    model: TokenModel, prompt: Prompt, allowed: Sequence[str], tokens: dict[str, list[int]]
) -> Reply:
    started = time.monotonic()
    for answer in allowed:
        if answer not in tokens:
            tokens[answer] = model.tokens(answer)
    said = answer_likelihoods(model, prompt, [tokens[answer] for answer in allowed])
    read = len(model.prompt_tokens(prompt))
    text = json.dumps([round(float(each), 6) for each in said])
    return Reply(text, read, len(allowed), time.monotonic() - started)
