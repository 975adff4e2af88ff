"""Nomic Embed with its task prefixes (Nussbaum et al. 2024, https://arxiv.org/abs/2402.01613)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coterie.encoders.torch_models.base import TransformerEncoder
from coterie.errors import OptionError

__all__ = ["NOMIC_TASKS", "NomicEncoder"]

NOMIC_TASKS = ("clustering", "classification", "search_query", "search_document")


class NomicEncoder(TransformerEncoder):
    """Nomic Embed: the mean over tokens of the last layer, with ``task: `` before each text.

    The task, one of `NOMIC_TASKS`, is what the vectors are for; queries and the documents that they
    search take different ones. Parameters else as for `TransformerEncoder`.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        task: str = "clustering",
        name: str | None = None,
        device: str | None = None,
        max_length: int = 512,
    ) -> None:
        if task not in NOMIC_TASKS:
            raise OptionError(f"task is {task!r}: give one of {', '.join(NOMIC_TASKS)}.")
        self.task = task
        super().__init__(folder, name=name, device=device, max_length=max_length, eight_bit=False)

    def _prepare(self, text: str) -> str:
        return f"{self.task}: {text}"

    def _pool(self, ids: Any) -> Any:
        return self._model(input_ids=ids).last_hidden_state.float().mean(dim=1)

    def _traits(self) -> str:
        return f"layer=-1 pooling=mean prefix={self.task}"
