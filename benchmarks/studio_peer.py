"""A page of datamapplot: run by the Python of its own environment, which lacks Coterie.

``python studio_peer.py POINTS FOLDER`` reads a Parquet file of points (x, y, label, text), writes
index.html to the folder, with its data in files beside it where there are many points, and prints
what it took as JSON. The page holds its libraries, from the cache of ``dmp_offline_cache``.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import datamapplot  # type: ignore[import-not-found]
import pandas as pd

_INLINE = 200_000  # points; its manual warns of very large pages where more are written into one


def main(points: str, folder: str) -> None:
    table = pd.read_parquet(points)
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    inline = len(table) <= _INLINE
    started = time.perf_counter()
    figure = datamapplot.create_interactive_plot(
        table[["x", "y"]].to_numpy(),
        table["label"].to_numpy(dtype=object),
        hover_text=table["text"].to_numpy(dtype=object),
        title="Rows",
        enable_search=True,
        inline_data=inline,
        offline_data_path=None if inline else home / "rows",
        offline_mode=True,
    )
    figure.save(str(home / "index.html"))
    found = {
        "version": version("datamapplot"),
        "inline": inline,
        "seconds": time.perf_counter() - started,
        "page_bytes": (home / "index.html").stat().st_size,
        "all_bytes": sum(each.stat().st_size for each in home.rglob("*") if each.is_file()),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
