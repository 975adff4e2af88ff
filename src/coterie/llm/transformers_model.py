"""A model in a folder, run in this process by transformers."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from coterie.errors import LanguageModelError
from coterie.extras import require
from coterie.llm.base import Prompt, Reply, writable
from coterie.llm.names import ModelName
from coterie.llm.thinking import past_thinking, without_thinking

__all__ = ["TransformersModel"]

_WINDOW = 4096  # tokens: enough for the prompts of naming, and small in memory; a judgement


class TransformersModel:
    """A causal language model in a folder, as safetensors; see `coterie.llm.base.TokenModel`.

    Parameters
    ----------
    name
        Of the model: its folder. Nothing is downloaded, and no code of a model is run.

    Raises
    ------
    LanguageModelError
        When there is no such folder.
    MissingExtraError
        When torch or transformers is not installed.
    """

    remote = False
    at_once = 1

    def __init__(self, name: ModelName) -> None:
        self.name = str(name)
        self.path = Path(name.model).expanduser()
        if not (self.path / "config.json").is_file():
            raise LanguageModelError(
                f"{self.path} holds no model of transformers (config.json): name its folder."
            )
        for library in ("torch", "transformers"):
            require(library, extra="torch", purpose=f"The language model {name}")
        self._asked_window = name.number("window", _WINDOW)
        self._lock = threading.Lock()
        self._shared: list[int] = []
        self._read: tuple[list[int], Any] = ([], None)  # tokens read last, and their state

    def __repr__(self) -> str:
        return f"TransformersModel({self.name!r})"

    @cached_property
    def identity(self) -> str:
        """What tells its answers apart: the files of the model, and how it is run."""
        digest = hashlib.sha256()
        for path in sorted(self.path.glob("*")):
            if path.suffix in (".json", ".safetensors", ".jinja"):
                with path.open("rb") as file:
                    own = hashlib.file_digest(file, "sha256").hexdigest()
                digest.update(f"{path.name} {own}\n".encode())
        return f"transformers {digest.hexdigest()} window {self._asked_window}"

    @cached_property
    def window(self) -> int:
        """Tokens of a prompt and its answer together."""
        most = getattr(self._model.config, "max_position_embeddings", None)
        return min(self._asked_window, int(most or self._asked_window))

    @cached_property
    def end(self) -> int:
        """Token that ends an answer."""
        token = self._tokenizer.eos_token_id
        if token is None:
            raise LanguageModelError(
                f"{self.path} does not say how answers end: use another model."
            )
        return int(token)

    def count(self, text: str) -> int:
        """Count the tokens of a text, and those that set messages apart."""
        return len(self.tokens(text)) + 16

    def tokens(self, text: str) -> list[int]:
        """Split a text into tokens."""
        return list(self._tokenizer(writable(text), add_special_tokens=False)["input_ids"])

    def prompt_tokens(self, prompt: Prompt) -> list[int]:
        """Split a prompt into tokens, up to where the answer begins."""
        if self._tokenizer.chat_template is None:
            return self.tokens(f"{prompt.text}\n")
        written = self._tokenizer.apply_chat_template(
            prompt.messages, tokenize=False, add_generation_prompt=True
        )
        return self.tokens(past_thinking(written))

    def begin(self, shared: Sequence[int]) -> None:
        """Read what prompts share, see `coterie.llm.base.TokenModel.begin`."""
        import torch

        wanted = [int(token) for token in shared]
        with self._lock, torch.inference_mode():
            known, state = self._read
            if not wanted or state is None or self._shared != wanted:
                self._read = [], None
                if wanted:
                    self._next_logits(wanted)
            elif len(known) > len(wanted):
                state.crop(len(wanted) - len(known))
                self._read = wanted, state
            self._shared = wanted

    def weigh(self, tokens: Sequence[int], allowed: Sequence[int]) -> list[float]:
        """Give the log-probability of each allowed token after ``tokens``, among these alone."""
        import torch

        with self._lock, torch.inference_mode():
            logits = self._next_logits([int(token) for token in tokens])
            found = torch.log_softmax(logits[list(allowed)].double(), dim=0)
        return [float(each) for each in found]

    def reply(self, prompt: Prompt) -> Reply:
        """Answer a prompt; see `coterie.llm.base.ChatModel.reply`."""
        import torch

        begin = self.prompt_tokens(prompt)
        self._check(len(begin) + prompt.longest)
        started = time.monotonic()
        with self._lock, torch.inference_mode():
            given = torch.tensor([begin])
            said = self._model.generate(
                given,
                attention_mask=torch.ones_like(given),
                max_new_tokens=prompt.longest,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                pad_token_id=self.end,
            )[0][len(begin) :]
        text = self._tokenizer.decode(said, skip_special_tokens=True)
        return Reply(without_thinking(text), len(begin), len(said), time.monotonic() - started)

    def _next_logits(self, tokens: list[int]) -> Any:
        """Give the logits after ``tokens``; what was read before is not read again."""
        import torch

        self._check(len(tokens) + 1)
        (known, state), self._read = self._read, ([], None)
        same = 0
        for one, other in zip(known, tokens, strict=False):
            if one != other:
                break
            same += 1
        same = min(same, len(tokens) - 1)
        if state is None or same == 0:
            same, state = 0, None
        elif same < len(known):
            state.crop(same - len(known))
        said = self._model(
            input_ids=torch.tensor([tokens[same:]]), past_key_values=state, use_cache=True
        )
        if _can_be_cut(said.past_key_values):
            self._read = tokens, said.past_key_values
        return said.logits[0, -1]

    def _check(self, needed: int) -> None:
        if needed > self.window:
            raise LanguageModelError(
                f"A prompt has {needed:,} tokens with its answer, and {self.name} takes "
                f"{self.window:,}: give it a larger window (?window=), or use another model."
            )

    @cached_property
    def _tokenizer(self) -> Any:
        return self._loaded("AutoTokenizer")

    @cached_property
    def _model(self) -> Any:
        found = self._loaded("AutoModelForCausalLM", use_safetensors=True)
        return found.eval()

    def _loaded(self, kind: str, **more: Any) -> Any:
        import transformers
        from transformers.utils import logging

        shown: Any = logging
        bars = shown.is_progress_bar_enabled()
        shown.disable_progress_bar()  # ours tell how far the work is
        try:
            return getattr(transformers, kind).from_pretrained(
                self.path, local_files_only=True, trust_remote_code=False, **more
            )
        except Exception as error:  # the libraries below raise errors of any kind
            first = str(error).strip().splitlines()[0] if str(error).strip() else ""
            raise LanguageModelError(
                f"The model in {self.path} cannot be loaded ({type(error).__name__}: {first}): "
                "name a folder with config.json, safetensors and a tokenizer."
            ) from error
        finally:
            if bars:
                shown.enable_progress_bar()


def _can_be_cut(state: Any) -> bool:
    """Whether a state can go back: one that slides over a window, or is recurrent, cannot."""
    from transformers.cache_utils import DynamicLayer

    layers = getattr(state, "layers", [])
    return bool(layers) and all(type(each) is DynamicLayer for each in layers)
