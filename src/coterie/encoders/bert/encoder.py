"""The fast encoder: BERT-family models on the CPU with OpenVINO, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

import numpy as np

from coterie.encoders.batches import BatchEncoder, Batches, IntArray, same_length
from coterie.encoders.bert.engine import load_openvino
from coterie.encoders.bert.folder import BertFolder, read_bert_folder
from coterie.encoders.bert.inference import Inference
from coterie.encoders.bert.tokens import TokenIds, Tokeniser
from coterie.encoders.languages import languages_of
from coterie.encoders.weights import fingerprint_of, sha256_of
from coterie.errors import EncoderError, OptionError

__all__ = ["FastEncoder", "can_run"]

_TOKENS = 2048  # in a batch: fewer go slower, more hardly faster
_WINDOW = 16_384  # texts tokenised at a time, to bound memory: a judgement, not measured
_PRECISIONS = ("auto", "f32", "bf16")


def can_run(folder: str | Path) -> bool:
    """Whether the fast encoder can run the model in a sentence-transformers folder."""
    return read_bert_folder(Path(folder)) is not None


class FastEncoder(BatchEncoder):
    """A BERT-family sentence encoder with mean pooling.

    Texts are tokenised, sorted by length and embedded in batches of equal length, so nothing is
    spent on padding and a text's vector is the same, bit for bit, whatever else is in the call.

    Parameters
    ----------
    folder, name
        A sentence-transformers folder: BERT or DistilBERT, mean pooling; its own name by default.
    max_length
        Tokens kept of a text; the folder's own limit by default, and never more than that.
    precision
        ``"f32"``, ``"bf16"``, or ``"auto"``: bfloat16 where the processor computes in it, else
        float32. It is part of the fingerprint.
    prefix
        Put before every text; the folder's own default prompt by default, which few have.

    Raises
    ------
    EncoderError
        When the folder holds another architecture or pooling.

    Attributes
    ----------
    spec
        What the folder says, with the prefix that is used.
    languages
        Those that it was made for; empty where there are very many, or that is not known.
    weights
        As ``fingerprint``, but for the precision: encoders that share it give nearly the same
        vectors.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        name: str | None = None,
        max_length: int | None = None,
        precision: str = "auto",
        prefix: str | None = None,
    ) -> None:
        spec = read_bert_folder(Path(folder))
        if spec is None:
            raise EncoderError(
                f"{folder} is not a sentence-transformers folder of BERT or DistilBERT with mean "
                "pooling: install coterie[torch] and load it with load_encoder."
            )
        if precision not in _PRECISIONS:
            raise OptionError(f"precision is {precision!r}: give one of {', '.join(_PRECISIONS)}.")
        if max_length is not None and not 2 < max_length <= spec.max_length:
            raise OptionError(
                f"max_length is {max_length}: {spec.path.name} takes 3 to {spec.max_length}."
            )
        self.spec: BertFolder = spec if prefix is None else replace(spec, prefix=prefix)
        self.folder = spec.path
        self.languages = languages_of(spec.path)
        self.name = name or spec.path.name
        self.dim = spec.dim
        self.max_length = max_length or spec.max_length
        self._tokeniser = Tokeniser(spec.path, self.max_length, self.spec.prefix)
        self.precision = _resolve(precision)
        self.weights = self._fingerprint(with_precision=False)
        self.fingerprint = self._fingerprint(with_precision=True)
        self._inference: Inference | None = None
        self._building = Lock()

    def batches(self, texts: Sequence[str]) -> Batches:
        """Yield rows and their unit vectors as they are ready."""
        for start in range(0, len(texts), _WINDOW):
            part = texts[start : start + _WINDOW]
            for rows, vectors in self._running.run(self._tokens(part)):
                yield rows + start, vectors

    def _tokens(self, texts: Sequence[str]) -> Iterator[tuple[IntArray, TokenIds]]:
        """Cut texts into batches: rows, and their token ids (batch, length) int32."""
        ids = self._tokeniser.ids(texts)
        for rows in same_length([len(row) for row in ids], _TOKENS):
            yield rows, np.stack([ids[row] for row in rows])

    def unknown(self, texts: Sequence[str]) -> list[list[tuple[int, int, bool]]]:
        """Tell the pieces of each text that are unknown, or one character long.

        Each is a start, an end, and whether it is known.
        """
        return self._tokeniser.unknown(texts)

    def release(self) -> None:
        """Free the memory of the model; it is compiled again when it is next used."""
        with self._building:
            self._inference = None

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens in the vocabulary."""
        return self._tokeniser.size

    def embed_tokens(self, tokens: IntArray) -> Batches:
        """Embed single tokens (n,), each between the special ones; yields like `batches`."""
        first, *_, last = self._tokeniser.ids(["a"])[0]
        ids = np.empty((len(tokens), 3), dtype=np.int32)
        ids[:, 0], ids[:, 1], ids[:, 2] = first, tokens, last
        rows = same_length([3] * len(tokens), _TOKENS)
        return self._running.run((part, ids[part]) for part in rows)

    @property
    def _running(self) -> Inference:
        with self._building:
            if self._inference is None:
                self._inference = Inference(self.spec, self.precision)
            return self._inference

    def _fingerprint(self, *, with_precision: bool) -> str:
        return fingerprint_of(
            "bert",
            sha256_of(self.folder / "model.safetensors"),
            sha256_of(self.folder / "tokenizer.json"),
            sha256_of(self.folder / "config.json"),
            f"max_length={self.max_length}",
            "pooling=mean",
            *([f"prefix={self.spec.prefix}"] if self.spec.prefix else []),
            *([f"precision={self.precision}"] if with_precision else []),
        )


def _resolve(precision: str) -> str:
    able = "BF16" in load_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if precision == "bf16" and not able:
        raise OptionError("This processor has no bfloat16: give precision f32 or auto.")
    return ("bf16" if able else "f32") if precision == "auto" else precision
