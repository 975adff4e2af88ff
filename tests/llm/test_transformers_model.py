"""A model in a folder, loaded by the real path: tiny and random, so that only the wiring counts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coterie.errors import LanguageModelError
from coterie.llm import Prompt, load_model, weighs
from coterie.llm.transformers_model import TransformersModel
from tests.llm.conftest import TEMPLATE

Folders = Callable[..., Path]
PROMPT = Prompt("Be short.", "Where is my money?", None, 12)


def loaded(folder: Path, options: str = "") -> TransformersModel:
    found = load_model(f"transformers:{folder}{options}")
    assert isinstance(found, TransformersModel)
    return found


@pytest.mark.parametrize("template", [None, TEMPLATE])
def test_it_answers_with_and_without_a_chat_template(
    template: str | None, language_model: Folders
) -> None:
    model = loaded(language_model(template=template))
    reply = model.reply(PROMPT)
    assert loaded(model.path).reply(PROMPT).text == reply.text
    assert reply.tokens_in == len(model.prompt_tokens(PROMPT))
    assert 0 < reply.tokens_out <= PROMPT.longest
    assert weighs(model)
    assert not model.remote


def test_the_template_sets_messages_apart(language_model: Folders) -> None:
    plain = loaded(language_model())
    chat = loaded(language_model(template=TEMPLATE))
    assert chat.prompt_tokens(PROMPT).count(chat.end) == 2
    assert plain.prompt_tokens(PROMPT).count(plain.end) == 0
    assert plain.prompt_tokens(PROMPT) == plain.tokens(f"{PROMPT.text}\n")


def test_a_template_that_opens_a_thought_has_it_closed(language_model: Folders) -> None:
    thinking = TEMPLATE.replace("<|assistant|>", "<|assistant|><think>\n")
    model = loaded(language_model(template=thinking))
    closed = model.tokens("<think>\n\n</think>\n\n")
    assert model.prompt_tokens(PROMPT)[-len(closed) :] == closed


@pytest.mark.parametrize("kind", ["Llama", "Mistral"])
def test_weights_are_those_of_a_fresh_pass_whatever_was_read_before(
    kind: str, language_model: Folders
) -> None:
    import torch

    model = loaded(language_model(kind))
    texts = [
        "where is my card, please?",
        "where is my refund?",
        "where is my refund? It was",
        "where is my refund? It was",
        "where",
        "x",
        "something else, much longer than the window that slides over it",
        "something else, much longer",
    ]
    seen = []
    for text in texts:
        tokens = model.tokens(text)
        allowed = sorted({model.tokens(letter)[0] for letter in "abcxyz"} | {model.end})
        with torch.inference_mode():
            logits = model._model(torch.tensor([tokens]), use_cache=False).logits[0, -1]
        fresh = torch.log_softmax(logits[allowed].double(), dim=0).tolist()
        assert model.weigh(tokens, allowed) == pytest.approx(fresh, abs=1e-4)
        assert max(fresh) - min(fresh) > 0.5  # or this would say nothing
        seen.append(tuple(fresh))
    assert len(set(seen)) == len(texts) - 1


def test_a_pass_that_fails_leaves_no_state_behind(
    language_model: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = loaded(language_model())
    first, second = model.tokens("where is my card"), model.tokens("where is the money")
    wanted = loaded(model.path).weigh(second, [5, 6, 7])
    model.weigh(first, [5, 6, 7])
    real = model._model.forward

    def broken(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(model._model, "forward", broken)
    with pytest.raises(MemoryError):
        model.weigh(second, [5, 6, 7])
    monkeypatch.setattr(model._model, "forward", real)
    assert model.weigh(second, [5, 6, 7]) == pytest.approx(wanted, abs=1e-5)


def test_its_window_is_the_smaller_one(language_model: Folders) -> None:
    folder = language_model()
    assert loaded(folder).window == 400
    assert loaded(folder, "?window=100").window == 100
    assert loaded(folder).identity != loaded(folder, "?window=100").identity


def test_a_prompt_that_is_longer_than_the_window_is_refused(language_model: Folders) -> None:
    model = loaded(language_model(), "?window=60")
    model.reply(PROMPT)
    long = Prompt("Be short.", "money " * 20, None, 12)
    with pytest.raises(LanguageModelError, match="window="):
        model.reply(long)
    with pytest.raises(LanguageModelError, match="window="):
        model.weigh(model.prompt_tokens(long), [5, 6])


def test_half_characters_do_not_stop_it(language_model: Folders) -> None:
    model = loaded(language_model())
    assert model.tokens("broken \ud83d text") == model.tokens("broken ? text")
    assert model.reply(Prompt("Be short.", "broken \ud83d text", None, 4)).tokens_in > 0


def test_its_name_in_the_file_of_answers_follows_the_files(
    language_model: Folders, tmp_path: Path
) -> None:
    folder = shutil.copytree(language_model(), tmp_path / "copy")
    same = loaded(language_model()).identity
    assert loaded(folder).identity == same
    config = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": TEMPLATE}))
    assert loaded(folder).identity != same


def test_pickled_weights_are_never_read(language_model: Folders, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    folder = shutil.copytree(language_model(), tmp_path / "copy")
    weights = folder / "model.safetensors"
    torch.save(load_file(weights), folder / "pytorch_model.bin")
    loaded(folder).reply(PROMPT)
    weights.unlink()
    _is_a_sentence(folder)


def test_no_code_of_a_model_is_run(language_model: Folders, tmp_path: Path) -> None:
    folder = shutil.copytree(language_model(), tmp_path / "copy")
    ran = tmp_path / "ran"
    (folder / "modeling_own.py").write_text(f"open({str(ran)!r}, 'w').close()\n")
    config = json.loads((folder / "config.json").read_text())
    own = {"auto_map": {"AutoModelForCausalLM": "modeling_own.Own"}, "model_type": "own"}
    (folder / "config.json").write_text(json.dumps(config | own))
    _is_a_sentence(folder)
    assert not ran.exists()


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_damaged_file_is_one_sentence(name: str, language_model: Folders, tmp_path: Path) -> None:
    folder = shutil.copytree(language_model(), tmp_path / "copy")
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 3])
    _is_a_sentence(folder)


def test_a_folder_without_a_model_is_one_sentence(tmp_path: Path) -> None:
    _is_a_sentence(tmp_path)
    _is_a_sentence(tmp_path / "absent")


def _is_a_sentence(folder: Path) -> None:
    with pytest.raises(LanguageModelError) as caught:
        loaded(folder).reply(PROMPT)
    said = str(caught.value)
    assert str(folder) in said
    assert said.endswith(".")
    assert "\n" not in said
