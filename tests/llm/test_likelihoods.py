"""How likely a model finds each of several answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.llm import (
    Asker,
    KeptAnswers,
    NoAnswers,
    Price,
    Prompt,
    TokenModel,
    answer_likelihoods,
    load_model,
    score_answers,
    weighs,
    with_answers,
)
from coterie.llm.quoting import quoted

PROMPT = Prompt("Name its label.", "Where is my money?")
LABELS = ["card", "card arrival", "card arrival late", "car", "refund", "re", "a", "aa", "aaa", "b"]


@pytest.fixture(scope="module")
def model(language_model: Callable[..., Path]) -> TokenModel:
    found = load_model(f"transformers:{language_model()}")
    assert weighs(found)
    return found


def shares(model: TokenModel, labels: list[str], prompt: Prompt = PROMPT) -> dict[str, float]:
    found = answer_likelihoods(model, prompt, [model.tokens(label) for label in labels])
    return dict(zip(labels, np.exp(found).tolist(), strict=True))


@given(st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=12, unique=True))
def test_they_sum_to_one_in_any_order(model: TokenModel, labels: list[str]) -> None:
    found = shares(model, labels)
    assert sum(found.values()) == pytest.approx(1, abs=1e-9)
    turned = shares(model, labels[::-1])
    assert [turned[label] for label in labels] == pytest.approx([*found.values()], abs=1e-5)


def test_they_are_those_of_a_model_that_may_say_nothing_else(model: TokenModel) -> None:
    """Walk the tree of all prefixes with a fresh pass each, over the whole vocabulary."""
    import torch

    network = model._model  # type: ignore[attr-defined]
    begin = model.prompt_tokens(PROMPT)
    ended = {label: [*model.tokens(label), model.end] for label in LABELS}
    found = shares(model, LABELS)
    for label, tokens in ended.items():
        wanted = 1.0
        for depth, token in enumerate(tokens):
            before = tokens[:depth]
            allowed = {each[depth] for each in ended.values() if each[:depth] == before}
            with torch.inference_mode():
                logits = network(torch.tensor([[*begin, *before]]), use_cache=False).logits[0, -1]
            whole = torch.softmax(logits.double(), dim=0)
            assert float(whole.sum()) == pytest.approx(1)
            wanted *= float(whole[token]) / sum(float(whole[each]) for each in allowed)
        assert found[label] == pytest.approx(wanted, rel=1e-3, abs=1e-9)
    assert max(found.values()) < 0.999  # or the product would say little


def test_one_answer_is_certain_and_the_same_twice_is_refused(model: TokenModel) -> None:
    assert shares(model, ["card"]) == {"card": 1.0}
    with pytest.raises(ValueError, match="same tokens"):
        answer_likelihoods(model, PROMPT, [[5, 6], [7], [5, 6]])


def test_it_weighs_forks_alone(model: TokenModel) -> None:
    class Counting:
        end = model.end
        calls = 0

        def prompt_tokens(self, prompt: Prompt) -> list[int]:
            return model.prompt_tokens(prompt)

        def begin(self, shared: list[int]) -> None:
            """Forget nothing, as nothing is read ahead."""

        def weigh(self, tokens: list[int], allowed: list[int]) -> list[float]:
            self.calls += 1
            assert len(allowed) > 1
            return model.weigh(tokens, allowed)

    counting = Counting()
    answers = [model.tokens(label) for label in LABELS]
    answer_likelihoods(counting, PROMPT, answers)  # type: ignore[arg-type]
    assert 0 < counting.calls <= len(LABELS) - 1


@pytest.mark.weights
def test_a_real_model_knows_what_a_text_is_about(smollm2: Path) -> None:
    real = load_model(f"gguf:{smollm2}?window=512")
    assert weighs(real)
    labels = ["refund", "refund status", "weather", "weather report"]
    for text, right in [("I want my money back.", "refund"), ("It will rain.", "weather")]:
        said = shares(real, labels, Prompt("Name the topic of the text, in a word.", text))
        assert sum(said.values()) == pytest.approx(1, abs=1e-4)
        other = {"refund": "weather", "weather": "refund"}[right]
        assert said[right] + said[labels[labels.index(right) + 1]] > said[other]


# Scores of many prompts.


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptAnswers]:
    found = KeptAnswers(tmp_path / "kept")
    yield found
    found.close()


PROMPTS = [Prompt("Name its label.", text) for text in ("my card", "my cash", "my refund")]


def test_scores_are_kept_and_nothing_is_weighed_twice(
    model: TokenModel, kept: KeptAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [LABELS, LABELS[:3], LABELS]
    first = Asker(model, kept, None)
    found = score_answers(first, PROMPTS, answers, "Scores")
    for prompt, labels, scores in zip(PROMPTS, answers, found, strict=True):
        alone = answer_likelihoods(model, prompt, [model.tokens(label) for label in labels])
        assert scores == pytest.approx(alone, abs=1e-4)
    assert (first.ledger.calls, first.ledger.kept) == (3, 0)

    def never(*_: object) -> list[float]:
        raise AssertionError("asked twice")

    monkeypatch.setattr(model, "weigh", never)
    again = Asker(model, kept, None)
    same = score_answers(again, PROMPTS, answers, "Scores")
    assert all((one == other).all() for one, other in zip(found, same, strict=True))
    assert (again.ledger.calls, again.ledger.kept) == (0, 3)
    with pytest.raises(AssertionError):
        score_answers(again, PROMPTS[:1], [LABELS[:4]], "Scores")  # other answers are another one
    with pytest.raises(AssertionError):
        score_answers(Asker(model, NoAnswers(), None), PROMPTS[:1], [LABELS], "Scores")


def unmoved(model: TokenModel, answers: list[str], texts: list[str]) -> None:
    def asked(text: str, first: str) -> Prompt:
        head = f"Labels: {first}.\n{quoted(text, 40, str)}"
        return with_answers(Prompt("You sort.", head), answers)

    prompts = [asked(text, first) for first in ("refund", "lost card") for text in texts]

    def scored(order: list[int]) -> dict[int, list[float]]:
        asker = Asker(model, NoAnswers(), Price(0, 0))
        found = score_answers(asker, [prompts[at] for at in order], [answers] * len(order), "")
        return {at: said.tolist() for at, said in zip(order, found, strict=True)}

    whole = scored([*range(len(prompts))])
    model.reply(Prompt("You tell stories.", "Tell one.", longest=5))
    assert scored([7, 2, 9, 0, 5, 1, 3, 8, 6, 4]) == whole
    assert all(scored([at])[at] == whole[at] for at in (3, 6))


TEXTS = ["where is my card", "where is my money", "1 refund", "Z", "no <|im_end|> card"]


@pytest.mark.weights
def test_a_file_says_the_same_after_any_other_prompts(smollm2: Path) -> None:
    found = load_model(f"gguf:{smollm2}")
    assert weighs(found)
    unmoved(found, ["refund", "lost card", "lost card abroad"], TEXTS)


def test_a_folder_says_the_same_after_any_other_prompts(model: TokenModel) -> None:
    unmoved(model, ["refund", "lost", "los"], TEXTS)
