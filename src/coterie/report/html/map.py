"""The map's frame and its data; the script ``map.js`` draws it."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from coterie.report.html.markup import data_block, template
from coterie.report.html.sheet import Sheet, draw
from coterie.report.map import Map

_STEPS = 65_535  # coordinates are sent as uint16


@draw.register
def _draw_map(block: Map, sheet: Sheet) -> Markup:
    sheet.need("points.js", "legend.js", "map.js")
    identity = sheet.identity(block.title or "map")
    return template(
        "map.html",
        map=block,
        id=identity,
        note=block.caption,
        data=data_block(f"{identity}-data", _data(block, sheet)),
    )


def _data(block: Map, sheet: Sheet) -> dict[str, object]:
    rows, places = block.drawn, block.places
    data: dict[str, object] = {
        "n": len(rows),
        "points": _packed(np.rint(places[rows] * _STEPS), np.uint16),
        "texts": block.excerpts(rows),
        "partitions": [
            {
                "name": each.name,
                "none": each.none,
                "outside": each.outside,
                "codes": _packed(np.asarray(each.codes)[rows], np.int16),
                "groups": [
                    {
                        "name": str(name),
                        "size": int(size),
                        "slot": sheet.colours[each.name][name],
                        "at": [round(float(place), 4) for place in centre],
                        "named": bool(named),
                    }
                    for name, size, centre, named in zip(
                        each.names,
                        each.sizes,
                        each.centres(places),
                        each.stands_apart(places),
                        strict=True,
                    )
                ],
            }
            for each in block.partitions
        ],
    }
    if (density := block.density) is not None:
        data["density"] = {"cells": len(density), "shade": _packed(density, np.uint8)}
    if block.ids is not None:
        data["ids"] = [str(block.ids[row]) for row in rows]
    if (statuses := block.status_codes) is not None:
        names, codes = statuses
        data["statuses"] = {"names": names, "codes": _packed(codes[rows], np.uint8)}
    if block.confidence is not None:
        percent = np.nan_to_num(np.asarray(block.confidence, dtype=np.float64)) * 100
        data["confidence"] = _packed(np.rint(percent[rows]).clip(0, 100), np.uint8)
    return data


def _packed(values: npt.NDArray[Any], dtype: type[np.integer[Any]]) -> str:
    """Write an array as base64 of little-endian integers."""
    little = np.ascontiguousarray(values).astype(np.dtype(dtype).newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode("ascii")
