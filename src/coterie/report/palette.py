"""Colours for any number of groups, apart from each other for colour-blind readers too."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

__all__ = ["SLOTS", "assign_slots", "light_and_dark", "style_sheet"]

SLOTS = 130
"""Number of distinct colours; further groups take them again from the first."""

Floats = npt.NDArray[np.float64]

# Hand-picked first colours as OKLCH lightness, chroma and hue in degrees; the rest are found.
_FIRST = np.array(
    [
        (0.55, 0.17, 258),  # blue
        (0.66, 0.16, 52),  # orange
        (0.60, 0.11, 182),  # teal
        (0.56, 0.19, 12),  # rose
        (0.47, 0.15, 300),  # violet
        (0.63, 0.14, 138),  # green
        (0.66, 0.12, 230),  # sky
        (0.48, 0.09, 60),  # brown
        (0.64, 0.125, 92),  # gold
        (0.65, 0.15, 338),  # pink
    ]
)

# Björn Ottosson, "A perceptual color space for image processing", 2020.
_LMS_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
_LAB_TO_LMS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)

# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
# deficiency", 2009: protanopia and deuteranopia, on linear RGB.
_VISIONS = (
    np.eye(3),
    np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
)


def _linear_rgb(lch: Floats) -> Floats:
    hue = np.deg2rad(lch[:, 2])
    lab = np.column_stack([lch[:, 0], lch[:, 1] * np.cos(hue), lch[:, 1] * np.sin(hue)])
    rgb: Floats = (lab @ _LAB_TO_LMS.T) ** 3 @ _LMS_TO_RGB.T
    return rgb


def _lab(rgb: Floats) -> Floats:
    lms = np.cbrt(rgb @ np.linalg.inv(_LMS_TO_RGB).T)
    lab: Floats = lms @ np.linalg.inv(_LAB_TO_LMS).T
    return lab


def _seen(lch: Floats) -> Floats:
    """Colours as each kind of vision sees them: shape (visions, n, 3), OKLab."""
    rgb = _linear_rgb(lch)
    return np.stack([_lab(np.clip(rgb @ vision.T, 0, 1)) for vision in _VISIONS])


def _distances(seen: Floats, one: Floats) -> Floats:
    """Distance of every colour to one, in the vision that tells them apart least."""
    apart: Floats = np.linalg.norm(seen - one[:, None, :], axis=2).min(axis=0)
    return apart


@cache
def _slots() -> Floats:
    """OKLCH of every slot, by farthest-point search from the first ones on.

    Any leading part of the list is well spread, so few groups get very distinct colours.
    """
    grid = np.array(
        [
            (lightness, chroma, hue)
            for lightness in np.linspace(0.46, 0.68, 7)
            for chroma in (0.06, 0.10, 0.14, 0.18, 0.22)
            for hue in range(0, 360, 6)
        ]
    )
    rgb = _linear_rgb(grid)
    luminance = rgb @ np.array([0.2126, 0.7152, 0.0722])
    # 3:1 against a white page (WCAG 2.2, 1.4.11) and inside the gamut of a screen
    grid = grid[(rgb >= 0).all(axis=1) & (rgb <= 1).all(axis=1) & (luminance <= 0.29)]
    seen = _seen(grid)
    nearest = np.min([_distances(seen, one) for one in _seen(_FIRST).swapaxes(0, 1)], axis=0)
    chosen = []
    for _ in range(SLOTS - len(_FIRST)):
        best = int(nearest.argmax())
        chosen.append(best)
        nearest = np.minimum(nearest, _distances(seen, seen[:, best]))
    return np.concatenate([_FIRST, grid[chosen]])


def _hex(lch: Floats) -> list[str]:
    linear = np.clip(_linear_rgb(lch), 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return ["#{:02x}{:02x}{:02x}".format(*row) for row in np.rint(coded * 255).astype(int)]


def light_and_dark() -> list[tuple[str, str]]:
    """Give each slot's colour on a light and on a dark page, as hexadecimal sRGB.

    Both have a contrast of at least 3:1 to their page.
    """
    light = _slots()
    dark = light.copy()
    dark[:, 0] = 0.62 + (light[:, 0] - 0.46) * 0.9
    dark[:, 1] = light[:, 1] * 0.92
    return list(zip(_hex(light), _hex(dark), strict=True))


@cache
def style_sheet() -> str:
    """Write the slots as CSS classes ``.c0``, ``.c1``, ... that set ``--c``."""
    rules = [
        f".c{slot}{{--c:light-dark({light},{dark})}}"
        for slot, (light, dark) in enumerate(light_and_dark())
    ]
    return "\n".join(rules) + "\n"


def assign_slots(
    centres: npt.NDArray[np.float32], sizes: npt.NDArray[np.int64], neighbours: int = 5
) -> list[int]:
    """Choose a slot for each group so that groups near each other look apart.

    Groups are taken from the largest to the smallest; each gets the unused slot whose colour is
    farthest from those of its nearest groups that have one. Cost grows with the square of the
    number of groups.

    Parameters
    ----------
    centres
        Shape (k, 2): where each group lies on the map.
    sizes
        Shape (k,): rows in each group.
    neighbours
        Number of near groups to keep apart from.

    Returns
    -------
    list of int
        Slot of each group, below `SLOTS`.
    """
    count = len(centres)
    slots = np.full(count, -1)
    # a few more colours than groups leave room to choose; far more would waste the distinct ones
    pool = min(SLOTS, max(len(_FIRST), count))
    seen = _seen(_slots()[:pool])
    free = np.ones(pool, dtype=bool)
    for group in np.argsort(-sizes, kind="stable"):
        if not free.any():
            free[:] = True
        done = np.flatnonzero(slots >= 0)
        if len(done) == 0:
            slots[group] = 0
        else:
            gaps = np.linalg.norm(centres[done] - centres[group], axis=1)
            near = done[np.argsort(gaps, kind="stable")[:neighbours]]
            apart = np.min([_distances(seen, seen[:, slots[other]]) for other in near], axis=0)
            slots[group] = int(np.where(free, apart, -1.0).argmax())
        free[slots[group]] = False
    return [int(slot) for slot in slots]
