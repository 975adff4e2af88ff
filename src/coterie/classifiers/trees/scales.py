"""Numbers on the scale on which a model learns them: as they are, or transformed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from coterie.classifiers.trees.learner import Floats
from coterie.errors import InputError

__all__ = ["TRANSFORMS", "Scale", "Transform", "scales_of"]

Transform = Literal["none", "log", "log1p", "power"]

TRANSFORMS: tuple[Transform, ...] = ("none", "log", "log1p", "power")
"""How numbers can be transformed."""

_STEEPEST = 600.0  # logarithms beyond it are cut, so that exp is finite
_LARGEST = 1e30
_ROUNDED = 1e-12  # share of the mean by which equal numbers may differ by rounding
# what counts as one: the median size of the numbers, or a tenth of that which a tenth are below, so
# that a power near 0 is a logarithm of nearly all; judgements, which cross-validation chooses from
_SMALL = 0.1
_FINEST = 1e-9  # share of the largest number that what counts as one has at least
_MOST = 2.0  # the largest power: from 0 to 2, each number has an answer and each answer a number
_DECIMALS = 2  # of a power
_FLAT = 1e-6  # powers nearer than this to a limit are it


@dataclass(frozen=True, slots=True)
class Scale:
    """A transform, and the mean and the standard deviation of the transformed training numbers.

    Attributes
    ----------
    transform
        ``"none"``; ``"log"``; ``"log1p"``: sign(x) · log(1 + abs(x) / unit), which takes zeros and
        negative numbers; ``"power"``: Yeo and Johnson 2000, of x / unit.
    mean, deviation
        Of the transformed numbers.
    unit
        What counts as one.
    power
        Of a power transform: 1 changes nothing, 0 is the logarithm of 1 + x.
    least
        Numbers below it are never said: 0 where no training number is below it.
    """

    transform: Transform
    mean: float
    deviation: float
    unit: float = 1.0
    power: float = 1.0
    least: float = -_LARGEST

    def learnt(self, numbers: Floats) -> Floats:
        """Transform and standardise numbers, (n,)."""
        return (_transformed(self, numbers) - self.mean) / self.deviation

    def back(self, answers: Floats) -> Floats:
        """Turn answers on this scale into numbers."""
        found = _numbers(self, answers * self.deviation + self.mean)
        return np.clip(found, self.least, None)

    def to_dict(self) -> dict[str, Any]:
        """Give what `from_dict` takes, as JSON takes it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """Make one of what `to_dict` gave; ValueError or TypeError where it is not valid."""
        figures = {name: state[name] for name in ("mean", "deviation", "unit", "power", "least")}
        for name, value in figures.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"the scale's {name} is not a number")
            if not abs(value) <= _LARGEST:
                raise ValueError(f"the scale's {name} is not finite")
        if state["transform"] not in TRANSFORMS or state.keys() - figures.keys() != {"transform"}:
            raise ValueError("the transform is unknown")
        if min(figures["deviation"], figures["unit"]) <= 0 or not 0 <= figures["power"] <= 2:
            raise ValueError("the scale is not valid")
        return cls(transform=state["transform"], **{k: float(v) for k, v in figures.items()})


def scales_of(numbers: Floats) -> list[Scale]:
    """Give the scales on which training numbers (n,) can be learnt, the plainest first.

    Raises
    ------
    InputError
        When all numbers are the same.
    """
    return list(_scales(numbers))


def _scales(numbers: Floats) -> Iterator[Scale]:
    low = float(numbers.min())
    sizes = np.abs(numbers[numbers != 0])
    least = 0.0 if low >= 0 else -_LARGEST
    plain = _fitted(Scale("none", 0.0, 1.0, least=least), numbers)
    if plain is None:
        raise InputError("All rows have the same number: give rows that differ.")
    yield plain
    finest = float(sizes.max()) * _FINEST
    middle = max(float(np.median(sizes)), finest)
    small = max(float(np.quantile(sizes, _SMALL)) * _SMALL, finest)
    others = [Scale("log", 0.0, 1.0, least=least)] if low > 0 else []
    if low <= 0:
        others.append(Scale("log1p", 0.0, 1.0, unit=middle, least=least))
    others.append(
        Scale("power", 0.0, 1.0, unit=small, power=_likeliest(numbers / small), least=least)
    )
    for scale in others:
        fitted = _fitted(scale, numbers)
        if fitted is not None:
            yield fitted


def _fitted(scale: Scale, numbers: Floats) -> Scale | None:
    """Standardise; None where all numbers are the same."""
    transformed = _transformed(scale, numbers)
    mean, deviation = float(transformed.mean()), float(transformed.std())
    if not deviation > abs(mean) * _ROUNDED:
        return None
    state = {**asdict(scale), "mean": mean, "deviation": deviation}
    return Scale(**state)


def _likeliest(numbers: Floats) -> float:
    """Find the power from 0 to 2 that makes numbers as normal as possible (maximum likelihood)."""
    from scipy.optimize import minimize_scalar
    from scipy.stats import yeojohnson_llf

    with np.errstate(all="ignore"):
        found = minimize_scalar(
            lambda power: -yeojohnson_llf(power, numbers), bounds=(0.0, _MOST), method="bounded"
        )
    return round(float(found.x), _DECIMALS) if math.isfinite(found.fun) else 1.0


def _transformed(scale: Scale, numbers: Floats) -> Floats:
    match scale.transform:
        case "none":
            return np.asarray(numbers, dtype=np.float64)
        case "log":
            return np.asarray(np.log(numbers))
        case "log1p":
            return np.asarray(np.sign(numbers) * np.log1p(np.abs(numbers) / scale.unit))
    over = numbers / scale.unit
    return np.where(
        over >= 0,
        _raised(np.maximum(over, 0), scale.power),
        -_raised(np.maximum(-over, 0), 2 - scale.power),
    )


def _numbers(scale: Scale, values: Floats) -> Floats:
    """Undo `_transformed`."""
    match scale.transform:
        case "none":
            return np.asarray(values, dtype=np.float64)
        case "log":
            return np.asarray(np.exp(np.clip(values, -_STEEPEST, _STEEPEST)))
        case "log1p":
            steep = np.minimum(np.abs(values), _STEEPEST)
            return np.asarray(np.sign(values) * np.expm1(steep) * scale.unit)
    return scale.unit * np.where(
        values >= 0,
        _lowered(np.maximum(values, 0), scale.power),
        -_lowered(np.maximum(-values, 0), 2 - scale.power),
    )


def _raised(sizes: npt.NDArray[np.float64], power: float) -> Floats:
    """Box and Cox of 1 + sizes, which are 0 or more."""
    if power < _FLAT:
        return np.log1p(sizes)
    return np.asarray(np.expm1(power * np.log1p(sizes)) / power)


def _lowered(sizes: npt.NDArray[np.float64], power: float) -> Floats:
    """Undo `_raised`."""
    if power < _FLAT:
        return np.asarray(np.expm1(np.minimum(sizes, _STEEPEST)))
    return np.asarray(np.expm1(np.minimum(np.log1p(power * sizes) / power, _STEEPEST)))
