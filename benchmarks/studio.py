"""P11: the map of the studio in a browser, beside the page of datamapplot with the same points.

``python -m benchmarks.studio bitext FOLDER REPEATS TABLE TEXT`` has the service make a project of a
table; ``python -m benchmarks.studio synthetic FOLDER REPEATS ROWS`` serves the segments of random
vectors. What is made stays in the folder, and is used again. One JSON line a page and repeat, the
pages in turns; the first tells what both show. The Python of another environment, which
``DATAMAPPLOT_PYTHON`` names, makes the other page; it is skipped if that is not set. Pictures of
the pages are kept in the folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.serving import free_port, started
from benchmarks.studio_page import measure
from benchmarks.studio_results import OURS, PEER

Row = dict[str, Any]

_WIDTH, _KINDS, _SPREAD = 8, 60, 0.28  # of the mixture that synthetic vectors are drawn from
_OUTSIDE = "Unlabelled"  # datamapplot's name for it
_SECONDS = 1800  # until a project is there


@dataclass(frozen=True)
class Shown:
    """A discovery, and what serves it: the folder, its options and the project."""

    found: Path
    home: Path
    options: tuple[str, ...]
    project: str


@contextmanager
def served(home: Path, *options: str) -> Iterator[str]:
    """Serve a folder as ``coterie studio`` does; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "coterie", "studio", str(home), "--port", str(port)]
    with started([*command, "--no-browser", *options], port, "/health/ready"):
        yield f"http://127.0.0.1:{port}"


def asked(url: str, data: bytes | None = None) -> Any:
    """Ask the service, and read its JSON."""
    kind = "application/json" if data is None or data[:1] == b"{" else "application/octet-stream"
    with urlopen(Request(url, data=data, headers={"content-type": kind}), timeout=600) as answer:
        return json.loads(answer.read())


def project_of(table: Path, text: str, folder: Path) -> Shown:
    """Have the service make a project of a table, as a person does in the browser."""
    home = folder / "bitext"
    if not list(home.glob("projects/*/found/segments.json")):
        with served(home) as url:
            made = asked(f"{url}/v1/projects?{urlencode({'name': table.name})}", table.read_bytes())
            one = f"{url}/v1/projects/{made['id']}"
            asked(f"{one}/discover", json.dumps({"text": text, "encoder": "minilm"}).encode())
            until = time.monotonic() + _SECONDS
            while (state := asked(one))["state"] != "done":
                if state["state"] in ("failed", "cancelled") or time.monotonic() > until:
                    raise SystemExit(f"The project was not made: {state['error']}")
                time.sleep(1)
    found = next(home.glob("projects/*/found/segments.json")).parent
    return Shown(found, home, (), found.parent.name)


def random_groups(rows: int, folder: Path) -> Shown:
    """Find the groups of random vectors, and serve what was found as the project of a run."""
    from coterie.segments import EncoderRef, RowPicture, StoredRows, find_groups, save_folder

    found, home = folder / f"random-{rows}", folder / f"random-{rows}-served"
    if not (found / "segments.json").is_file():
        vectors, kinds = mixture(rows)
        texts = [f"message {row} of kind {kind}" for row, kind in enumerate(kinds)]
        encoder = EncoderRef("random vectors", "", _WIDTH)
        made = find_groups(texts, vectors, encoder=encoder, words=False, title="Random vectors")
        ids = np.array([str(row) for row in range(rows)], dtype=object)
        picture = RowPicture(made.layout, made.ends)
        stored = StoredRows(ids, np.array(texts, dtype=object), vectors, "", picture)
        save_folder(found, made.segmentation, stored, made.assignments)
    return Shown(found, home, ("--segments", str(found)), "run")


def mixture(rows: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Draw unit vectors, shape (rows, 8), around 60 centres of different weight."""
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(_KINDS, _WIDTH))
    kinds = rng.choice(_KINDS, size=rows, p=rng.dirichlet(np.full(_KINDS, 2.0)))
    vectors = centres[kinds] + _SPREAD * rng.normal(size=(rows, _WIDTH))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), kinds


def points_of(found: Path) -> pd.DataFrame:
    """Read what the map shows: place, name of the segment and text of each row."""
    from coterie.segments import load_rows

    rows = load_rows(found)
    assert rows.picture is not None
    names = pd.read_csv(found / "assignments.csv", dtype=str, keep_default_na=False)["name"]
    x, y = rows.picture.layout.T
    labels = names.where(names != "", _OUTSIDE)
    return pd.DataFrame({"x": x, "y": y, "label": labels, "text": rows.shown})


def peer_page(points: pd.DataFrame, folder: Path) -> Row:
    """Have datamapplot write its page of these points."""
    path = folder.with_suffix(".parquet")
    points.to_parquet(path)
    script = Path(__file__).with_name("studio_peer.py")
    command = [os.environ["DATAMAPPLOT_PYTHON"], str(script), str(path), str(folder)]
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, env=plain, stdout=subprocess.PIPE, text=True, check=True)
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(name: str, shown: Shown, folder: Path, repeats: int) -> None:
    """Measure both pages in turns."""
    points = points_of(shown.found)
    about: Row = {
        "set": name,
        "points": len(points),
        "segments": len(set(points["label"]) - {_OUTSIDE}),
        "peer": None,
    }
    pages: dict[str, tuple[str, str]] = {}
    with ExitStack() as servers:
        ours = servers.enter_context(served(shown.home, *shown.options))
        pages[OURS] = (f"{ours}/studio/p/{shown.project}/map", ".map-ground")
        begun = time.perf_counter()
        with urlopen(f"{ours}/v1/projects/{shown.project}/points", timeout=600) as answer:
            answer.read()
        about["first_request_seconds"] = time.perf_counter() - begun
        if "DATAMAPPLOT_PYTHON" in os.environ:
            home = folder / f"{name}-peer"
            about["peer"] = peer_page(points, home)
            port = free_port()
            command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
            servers.enter_context(started([*command, "--directory", str(home)], port, "/"))
            pages[PEER] = (f"http://127.0.0.1:{port}/", "#deck-container")
        say(about)
        for repeat in range(repeats):
            for page, (url, area) in pages.items():
                seen = folder / f"{name}-{page}"
                row = measure(url, area, None if repeat else seen)
                say({"set": name, "page": page, "repeat": repeat, **row})


def say(row: Row) -> None:
    print(json.dumps(row), flush=True)


def main(name: str, folder: str, repeats: str, given: Sequence[str]) -> None:
    home = Path(folder).resolve()
    home.mkdir(parents=True, exist_ok=True)
    if name == "bitext":
        table, text = given
        shown = project_of(Path(table), text, home)
    else:
        shown = random_groups(int(given[0]), home)
    compare(name, shown, home, int(repeats))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
