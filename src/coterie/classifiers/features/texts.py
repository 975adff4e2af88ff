"""Rows into features: the text's vector, and beside it the block of the context."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from coterie.classifiers.features.context import ContextEncoder
from coterie.classifiers.features.spelling import spell
from coterie.classifiers.inputs import Inputs
from coterie.encoders import EmbeddingCache, Encoder, GivenVectors, Vectors, embed_texts
from coterie.errors import EncoderError, InputError

__all__ = ["Pooling", "embed_rows", "find_speakers", "join_features"]

Pooling = Literal["text", "lines", "speakers"]

_SPEAKER = re.compile(r"^([^:\n]{1,40}): (.*)$")
_MOST_SPEAKERS = 4  # a judgement
_ROUNDED = 0.1  # vectors computed in bfloat16 are that close to unit length


def embed_rows(
    texts: Sequence[str],
    encoder: Encoder,
    pooling: Pooling,
    cache: EmbeddingCache | None,
    speakers: Sequence[str] = (),
) -> Vectors:
    """Embed texts whole, or line by line.

    ``"text"`` embeds each text whole, as far as the encoder reads; ``"lines"`` takes the mean over
    its lines, such as turns of a conversation; ``"speakers"`` the mean over the lines of each of
    the ``speakers``, one beside the other.

    Returns
    -------
    ndarray of shape (n, dim), float32
        Unit length; with speakers (n, speakers · dim), zeros for one without lines.

    Raises
    ------
    EncoderError
        When the encoder gives vectors of another length, or not finite ones.
    InputError
        When the encoder only stands for vectors that were given.
    """
    if isinstance(encoder, GivenVectors):
        return encoder.encode(texts)
    if pooling == "text":
        return _embed(texts, encoder, cache)
    if pooling == "lines":
        own = [[line for line in text.splitlines() if line.strip()] or [text] for text in texts]
        return _means(own, encoder, cache)
    said = [_said(text, speakers) for text in texts]
    each = [
        _means([lines[place] for lines in said], encoder, cache) for place in range(len(speakers))
    ]
    joined = np.hstack(each)
    lengths = np.linalg.norm(joined, axis=1, keepdims=True)
    unit: Vectors = np.divide(joined, lengths, out=joined, where=lengths > 0)
    return unit


def find_speakers(texts: Sequence[str]) -> tuple[str, ...]:
    """Find the speakers of conversations whose lines are like ``"seller: Good morning"``.

    Gives those who speak in at least half of the texts, sorted, at most 4; InputError where there
    are fewer than two.
    """
    heard: Counter[str] = Counter()
    for text in texts:
        found = map(_SPEAKER.match, text.splitlines())
        heard.update(dict.fromkeys(match[1] for match in found if match).keys())
    common = heard.most_common(_MOST_SPEAKERS)
    often = [name for name, count in common if 2 * count >= len(texts)]
    if len(often) < 2:
        raise InputError(
            "These texts are not conversations, whose lines begin like 'seller: ': name the column "
            "of the speakers, or pool over lines."
        )
    return tuple(sorted(often))


def _said(text: str, speakers: Sequence[str]) -> list[list[str]]:
    """Lines of each speaker, without the name; all are the first's where no speaker is named."""
    lines: list[list[str]] = [[] for _ in speakers]
    for line in text.splitlines():
        found = _SPEAKER.match(line)
        if found and found[1] in speakers and found[2].strip():
            lines[speakers.index(found[1])].append(found[2])
    if not any(lines):
        lines[0] = [line for line in text.splitlines() if line.strip()] or [text]
    return lines


def _means(
    groups: Sequence[Sequence[str]], encoder: Encoder, cache: EmbeddingCache | None
) -> Vectors:
    """Mean vector of each group of lines, scaled to unit length; zeros where there is no line."""
    lines = [line for group in groups for line in group]
    means = np.zeros((len(groups), encoder.dim), dtype=np.float32)
    filled = np.flatnonzero([len(group) > 0 for group in groups])
    if not len(filled):
        return means
    vectors = _embed(lines, encoder, cache)
    sizes = np.array([len(groups[place]) for place in filled.tolist()])
    starts = np.cumsum(sizes) - sizes
    sums = np.add.reduceat(vectors.astype(np.float64), starts, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    # lines whose sum is zero have no mean direction: the first one is used
    sums = np.where(lengths > 1e-6, sums, vectors[starts])
    means[filled] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return means


def _embed(texts: Sequence[str], encoder: Encoder, cache: EmbeddingCache | None) -> Vectors:
    vectors = embed_texts(texts, encoder, cache=cache)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    broken = int((np.abs(squares - 1) > _ROUNDED).sum())
    if broken:
        raise EncoderError(
            f"{encoder.name} gave vectors that are not of unit length for {broken:,} of "
            f"{len(texts):,} texts: divide each by its length, or name another encoder."
        )
    return vectors


def join_features(
    vectors: Vectors, context: ContextEncoder | None, inputs: Inputs, *, spelling: bool = False
) -> npt.NDArray[np.float32]:
    """Put the block of the context, and the spelling, beside the vectors: (n, width) float32."""
    blocks = [vectors]
    if context is not None:
        blocks.append(context.transform(inputs.context, len(inputs)))
    if spelling:
        blocks.append(spell(inputs.texts))
    return np.hstack(blocks) if len(blocks) > 1 else vectors
