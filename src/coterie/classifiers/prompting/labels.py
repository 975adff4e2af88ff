"""Labels as a language model is told them: their names, what they mean, and examples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.llm.quoting import spoken

__all__ = ["LabelSheet", "choose_examples", "label_names"]

Ints = npt.NDArray[np.int64]

_JOINED = re.compile(r"[_\s]+|(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """The k labels of a classifier.

    Attributes
    ----------
    names
        As a language model is to say them: words, each different.
    descriptions
        What they mean; "" where nobody said.
    examples
        Texts of each, from the training rows.
    """

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    examples: tuple[tuple[str, ...], ...]


def label_names(classes: Sequence[Any], class_names: Mapping[Any, str] | None) -> tuple[str, ...]:
    """Write labels in words: ``lost_or_stolen_card`` is "lost or stolen card".

    Those that would read the same, capitals aside, have the label after them, or else a number.
    """
    written = [spoken(str(label)) or "-" for label in classes]
    named = [spoken(str((class_names or {}).get(label, ""))) for label in classes]
    words = [
        name or spoken(" ".join(_JOINED.split(label))) or label
        for name, label in zip(named, written, strict=True)
    ]
    alike = Counter(word.casefold() for word in words)
    told: dict[str, str] = {}
    for word, label in zip(words, written, strict=True):
        name = f"{word} ({label})" if alike[word.casefold()] > 1 and word != label else word
        number, different = 1, name
        while different.casefold() in told:
            number += 1
            different = f"{name} ({number})"
        told[different.casefold()] = different
    return tuple(told.values())


def choose_examples(
    vectors: Vectors, codes: Ints, texts: Sequence[str], classes: int, most: int
) -> tuple[list[list[str]], Vectors]:
    """Choose the texts of each class nearest to its centre, each once; gives the centres too.

    A class without rows has no examples, and a centre of zeros.
    """
    centres = np.zeros((classes, vectors.shape[1]), dtype=np.float32)
    chosen: list[list[str]] = []
    for code in range(classes):
        rows = np.flatnonzero(codes == code)
        if not len(rows):
            chosen.append([])
            continue
        centre = vectors[rows].mean(axis=0)
        centres[code] = centre / max(float(np.linalg.norm(centre)), 1e-12)
        near = rows[np.argsort(-(vectors[rows] @ centres[code]), kind="stable")]
        distinct = dict.fromkeys(texts[row] for row in near.tolist())
        chosen.append(list(distinct)[:most])
    return chosen, centres
