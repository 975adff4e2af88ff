"""How the table of colours was found."""

import re
from pathlib import Path

import numpy as np

from coterie.report.palette import _LAB_TO_LMS, _LMS_TO_RGB, _VISIONS, COLOURS

# OKLCH lightness, chroma and hue in degrees: blue, orange, teal, rose, violet, green, sky, brown,
# gold, pink
PICKED = np.array(
    [
        *((0.55, 0.17, 258), (0.66, 0.16, 52), (0.60, 0.11, 182), (0.56, 0.19, 12)),
        *((0.47, 0.15, 300), (0.63, 0.14, 138), (0.66, 0.12, 230), (0.48, 0.09, 60)),
        *((0.64, 0.125, 92), (0.65, 0.15, 338)),
    ]
)


def linear_rgb(lch):
    hue = np.deg2rad(lch[:, 2])
    lab = np.column_stack([lch[:, 0], lch[:, 1] * np.cos(hue), lch[:, 1] * np.sin(hue)])
    return (lab @ _LAB_TO_LMS.T) ** 3 @ _LMS_TO_RGB.T


def seen(lch):
    """Colours as each kind of vision sees them, in OKLab: (visions, n, 3)."""
    rgb = [(linear_rgb(lch) @ vision.T).clip(0, 1) for vision in _VISIONS]
    to_lms, to_lab = np.linalg.inv(_LMS_TO_RGB), np.linalg.inv(_LAB_TO_LMS)
    return np.stack([np.cbrt(each @ to_lms.T) @ to_lab.T for each in rgb])


def distances(colours, one):
    """Distance of every colour to one, in the vision that tells them apart least."""
    return np.linalg.norm(colours - one[:, None, :], axis=2).min(axis=0)


def hexadecimal(lch):
    linear = linear_rgb(lch).clip(0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return ["#{:02x}{:02x}{:02x}".format(*row) for row in np.rint(coded * 255).astype(int)]


def test_each_colour_is_the_farthest_from_all_before_it():
    grid = np.array(
        [
            (lightness, chroma, hue)
            for lightness in np.linspace(0.46, 0.68, 7)
            for chroma in (0.06, 0.10, 0.14, 0.18, 0.22)
            for hue in range(0, 360, 6)
        ]
    )
    rgb = linear_rgb(grid)
    # 3:1 against a white page (WCAG 2.2, 1.4.11) and inside the gamut of a screen
    bright = rgb @ np.array([0.2126, 0.7152, 0.0722])
    grid = grid[(rgb >= 0).all(axis=1) & (rgb <= 1).all(axis=1) & (bright <= 0.29)]
    all_seen = seen(grid)
    nearest = np.min([distances(all_seen, one) for one in seen(PICKED).swapaxes(0, 1)], axis=0)
    chosen = []
    for _ in range(len(COLOURS) - len(PICKED)):
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, distances(all_seen, all_seen[:, chosen[-1]]))
    light = np.concatenate([PICKED, grid[chosen]])
    dark = light * [1, 0.92, 1]
    dark[:, 0] = 0.62 + (light[:, 0] - 0.46) * 0.9
    assert list(zip(hexadecimal(light), hexadecimal(dark), strict=True)) == COLOURS


def test_the_studio_has_the_colours_of_the_reports():
    source = Path(__file__).parents[2] / "web" / "src" / "style" / "palette.ts"
    pairs = re.findall(r"\b([0-9a-f]{6}):([0-9a-f]{6})\b", source.read_text(encoding="utf-8"))
    assert [(f"#{light}", f"#{dark}") for light, dark in pairs] == COLOURS
