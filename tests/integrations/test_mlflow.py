"""MLflow: what is logged is Coterie's own, answers alike, and holds no pickle."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import httpx
import numpy as np
import pandas as pd
import pytest

pytest.importorskip("mlflow", reason="needs coterie[mlflow]")
pytest.importorskip("fastapi", reason="needs coterie[serve]")
pytest.importorskip("flask", reason="the tracking server needs it")
pytest.importorskip("xgboost", reason="needs coterie[boost]")

from coterie.integrations import mlflow as logging  # before MLflow: it settles its environment

import mlflow  # isort: skip
from mlflow.exceptions import MlflowException
from mlflow.models import Model

import coterie
from coterie.cli import main
from coterie.encoders import fit_tfidf, load_encoder
from coterie.errors import InputError, IntegrityError, StoreError
from coterie.integrations.mlflow.figures import numbers_of, settings_of
from coterie.store import activate

pytestmark = [
    pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning"),
    pytest.mark.filterwarnings("ignore:::mlflow"),
]

WANTS = {
    "refund": "please refund the money for order {0}",
    "password": "i forgot my password and cannot log in since {0}",
    "delivery": "when does my parcel number {0} arrive at home",
}
PATIENCE = 120  # seconds until a server must answer


def rows(n: int = 90, shift: int = 0) -> pd.DataFrame:
    names = list(WANTS)
    return pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(n)],
            "said": [WANTS[names[i % 3]].format(f"day {i + shift}") for i in range(n)],
            "want": [names[i % 3] for i in range(n)],
            "plan": [("free", "paid")[(i // 3) % 2] for i in range(n)],
            "seats": [float(i % 17) for i in range(n)],
            "value": [10.0 * (i % 17) + i % 3 for i in range(n)],
        }
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, an encoder and an index."""
    home = tmp_path_factory.mktemp("home")
    read = {"text": "said", "encoder": "tfidf"}
    for n in (90, 120):
        wants = coterie.train(
            rows(n), label="want", model="linear", context=["plan", "seats"], **read
        )
        wants.save(home / "wants")
    value = coterie.train(
        rows()[["plan", "seats", "value"]], label="value", model="ensemble", preset="speed",
        draws=1, members=["xgboost"], context=["plan", "seats"],
    )  # fmt: skip
    value.save(home / "value")
    coterie.index(rows(), id="id", **read).save(home / "index")
    (home / "encoder").mkdir()
    fit_tfidf(rows()["said"].tolist(), dim=8, seed=0).save(home / "encoder")
    return home


@contextmanager
def running(*command: str, port: int) -> Iterator[None]:
    """Run a server of MLflow until it answers, and stop what it started."""
    beside = str(Path(sys.executable).parent)  # MLflow looks for uvicorn in the path
    env = {
        **os.environ,
        "PATH": os.pathsep.join([beside, os.environ.get("PATH", "")]),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *command, "--host", "127.0.0.1", "--port", str(port)],
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}/health", log)
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: IO[str]) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        with suppress(httpx.TransportError):
            if httpx.get(url).status_code == 200:
                return
        if process.poll() is not None or time.monotonic() > until:
            log.seek(0)
            pytest.fail(f"MLflow did not start: {log.read()}")
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tracking server on SQLite, which is the one that is used."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    command = (
        "server", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination", str(folder / "artifacts"), "--workers", "1",
    )  # fmt: skip
    with running(*command, port=port):
        uri = f"http://127.0.0.1:{port}"
        mlflow.set_tracking_uri(uri)
        yield uri
        mlflow.set_tracking_uri(None)


def saved(source: Path, out: Path, **options: Any) -> Path:
    logging.save_model(source, out, **options)
    return out


def test_a_model_answers_as_it_does_without_mlflow(home: Path, tmp_path: Path) -> None:
    asked = rows(30, shift=500)
    function = mlflow.pyfunc.load_model(str(saved(home / "wants", tmp_path / "m")))
    answers = function.predict(asked)
    own = coterie.load(home / "wants").predict(asked)
    assert answers["label"].tolist() == own["label"].tolist()
    assert answers["status"].tolist() == own["status"].tolist()
    for name, column in {"confidence": "confidence", "probability refund": "refund"}.items():
        assert np.allclose(answers[name].astype(float), own[column].astype(float), atol=1e-6)
    alone = function.predict(asked.iloc[[7]])
    assert alone.iloc[0].to_dict() == answers.iloc[7].to_dict()
    assert logging.load_model(str(tmp_path / "m")).predict(asked).equals(own)


def test_a_regressor_gives_numbers_and_intervals(home: Path, tmp_path: Path) -> None:
    asked = rows(12, shift=500)
    answers = mlflow.pyfunc.load_model(str(saved(home / "value", tmp_path / "m"))).predict(asked)
    own = coterie.load(home / "value").predict(asked)
    for name in ("label", "low", "high"):
        assert np.allclose(answers[name].astype(float), own[name].astype(float))


def test_a_version_is_saved_by_its_number(home: Path, tmp_path: Path) -> None:
    for version in (1, 2):
        saved(home / "wants", tmp_path / str(version), version=version)
        told = Model.load(str(tmp_path / str(version))).flavors["coterie"]
        assert told["version"] == version
    with pytest.raises(StoreError, match="no version 9"):
        saved(home / "wants", tmp_path / "9", version=9)


def test_a_row_that_cannot_be_used_is_set_aside(home: Path, tmp_path: Path) -> None:
    asked = rows(3)
    asked.loc[1, "said"] = " "
    answers = mlflow.pyfunc.load_model(str(saved(home / "wants", tmp_path / "m"))).predict(asked)
    assert answers["status"].tolist()[1] == "set aside"
    assert answers["confidence"].tolist()[1] is None  # JSON has no NaN
    assert answers["reason"].tolist()[1] == "blank text"


@pytest.mark.parametrize("what", ["wants", "value", "encoder", "index"])
def test_the_signature_and_the_example_are_those_of_the_model(
    what: str, home: Path, tmp_path: Path
) -> None:
    function = mlflow.pyfunc.load_model(str(saved(home / what, tmp_path / "m")))
    assert len(function.predict(function.input_example)) >= 1
    named = set(function.metadata.get_input_schema().input_names())
    reads = {
        "wants": {"said", "plan", "seats"},
        "value": {"plan", "seats"},
        "encoder": {"text"},
        "index": {"query", "where"},
    }
    assert named == reads[what]
    if what != "index":  # of which a query or a filter is enough
        with pytest.raises(MlflowException, match="schema"):
            function.predict(rows(2).drop(columns="plan"))


def test_a_word_is_no_number(home: Path, tmp_path: Path) -> None:
    function = mlflow.pyfunc.load_model(str(saved(home / "wants", tmp_path / "m")))
    with pytest.raises(MlflowException, match="seats"):
        function.predict(rows(2).assign(seats=["many", "few"]))


def test_an_encoder_gives_its_vectors(home: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(home / "encoder", tmp_path / "encoder"))
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    place = saved(folder, tmp_path / "m")
    texts = rows(5)["said"].tolist()
    vectors = mlflow.pyfunc.load_model(str(place)).predict(pd.DataFrame({"text": texts}))
    assert np.array_equal(vectors, load_encoder(str(home / "encoder")).encode(texts))
    assert not list(place.rglob("*.bin"))


def test_an_index_gives_its_hits(home: Path, tmp_path: Path) -> None:
    function = mlflow.pyfunc.load_model(str(saved(home / "index", tmp_path / "m")))
    asked = pd.DataFrame({"query": ["refund money", None], "where": ["seats > 3", "plan = 'paid'"]})
    hits = function.predict(asked, params={"k": 4})
    own = coterie.load(home / "index")
    first = own.search("refund money", where="seats > 3", k=4).hits
    second = own.search(None, where="plan = 'paid'", k=4).hits
    assert hits["id"].tolist() == [*first["id"], *second["id"]]
    assert hits["query"].tolist() == [0] * 4 + [1] * 4
    with pytest.raises(InputError, match="Row 0 asks for nothing"):
        function.predict(pd.DataFrame({"query": [" "]}).assign(query=[None]))


@pytest.mark.parametrize("what", ["wants", "value", "encoder", "index"])
def test_nothing_is_pickled_and_the_requirements_are_few(
    what: str, home: Path, tmp_path: Path
) -> None:
    place = saved(home / what, tmp_path / "m")
    files = [path for path in place.rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix in (".pkl", ".pickle", ".joblib", ".pt")]
    assert not [path for path in files if path.read_bytes()[:2] in (b"\x80\x04", b"\x80\x05")]
    told = Model.load(str(place)).flavors["python_function"]
    assert told["loader_module"] == "coterie.integrations.mlflow.flavour"
    assert "python_model" not in told
    needed = (place / "requirements.txt").read_text("utf-8").split()
    assert f"coterie=={coterie.__version__}" in needed
    assert all("==" in each for each in needed)
    names = {each.partition("==")[0] for each in needed}
    assert not names & {"cloudpickle", "torch", "openvino", "fastapi", "catboost"}
    assert "scikit-learn" in names
    assert mlflow.environment_variables.MLFLOW_ALLOW_PICKLE_DESERIALIZATION.get() is False


def test_the_libraries_of_an_ensemble_are_required(home: Path, tmp_path: Path) -> None:
    needed = (saved(home / "value", tmp_path / "m") / "requirements.txt").read_text("utf-8")
    assert "xgboost" in needed


def test_a_tampered_folder_is_refused(home: Path, tmp_path: Path) -> None:
    place = saved(home / "wants", tmp_path / "m")
    content = place / "data" / "coterie" / "content"
    for change in ("altered", "more", "less", "about"):
        copy = Path(shutil.copytree(place, tmp_path / change))
        inside = copy / content.relative_to(place)
        if change == "altered":
            (inside / "arrays.safetensors").write_bytes(
                b"x" + (inside / "arrays.safetensors").read_bytes()[1:]
            )
        elif change == "more":
            (inside / "evil.pkl").write_bytes(b"\x80\x04.")
        elif change == "less":
            (inside / "arrays.safetensors").unlink()
        else:
            about = inside.parent / "contents.json"
            about.write_text(about.read_text("utf-8").replace('"model"', '"index"'), "utf-8")
        for load in (mlflow.pyfunc.load_model, logging.load_model):
            with pytest.raises(IntegrityError):
                load(str(copy))


def test_what_may_hold_code_is_not_saved(home: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(home / "encoder", tmp_path / "encoder"))
    (folder / "more.json").write_bytes(b"\x80\x04\x95evil")
    with pytest.raises(StoreError, match="pickle"):
        saved(folder, tmp_path / "m")
    altered = Path(shutil.copytree(home / "wants", tmp_path / "wants"))
    arrays = altered / "versions" / "0002" / "arrays.safetensors"
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"x")
    with pytest.raises(IntegrityError):
        saved(altered, tmp_path / "n")
    with pytest.raises(StoreError, match="none of a model directory"):
        saved(tmp_path, tmp_path / "o")
    assert not (tmp_path / "m").exists()


def test_a_model_of_another_flavour_is_not_ours(tmp_path: Path) -> None:
    other = Model()
    other.add_flavor("other", data="x")
    other.save(str(tmp_path / "MLmodel"))
    with pytest.raises(StoreError, match="not logged by Coterie"):
        logging.load_model(str(tmp_path))


def test_a_registered_model_has_versions_and_aliases(home: Path, server: str) -> None:
    client = mlflow.MlflowClient()
    first = logging.register(home / "wants", "wants", alias="champion", version=1)
    second = logging.register(home / "wants", "wants", alias="challenger")
    assert (int(first.version), int(second.version)) == (1, 2)
    assert second.tags["coterie.version"] == "2"
    again = logging.register(home / "wants", "wants", alias="champion")
    assert int(again.version) == 2  # the same files are registered once
    assert set(client.get_registered_model("wants").aliases) == {"champion", "challenger"}
    assert mlflow.active_run() is None
    champion = logging.load_model("models:/wants@champion")
    asked = rows(20, shift=300)
    assert champion.predict(asked).equals(coterie.load(home / "wants", 2).predict(asked))
    activate(home / "wants", 1)
    try:
        back = logging.register(home / "wants", "wants", alias="champion")
    finally:
        activate(home / "wants", 2)
    assert int(back.version) == 1
    assert (
        mlflow.pyfunc.load_model("models:/wants@champion").metadata.flavors["coterie"]["version"]
        == 1
    )


def test_a_logged_model_has_its_figures_and_scores(home: Path, server: str) -> None:
    with mlflow.start_run() as run:
        info = logging.log_model(home / "wants", "wants", version=1)
    metrics = mlflow.get_run(run.info.run_id).data.metrics
    manifest = coterie.load(home / "wants", 1).figures
    assert metrics["accuracy"] == pytest.approx(manifest["accuracy"])
    listed = mlflow.MlflowClient().list_artifacts(run.info.run_id, "wants")
    assert "wants/scores.json" in {each.path for each in listed}
    logged = mlflow.get_logged_model(info.model_id)
    assert {metric.key for metric in logged.metrics} >= {"accuracy", "macro_f1"}


def test_mlflow_serves_a_model(home: Path, tmp_path: Path) -> None:
    place, port = saved(home / "wants", tmp_path / "m"), free_port()
    command = ("models", "serve", "-m", str(place), "--env-manager", "local")
    asked = rows(6, shift=200)[["said", "plan", "seats"]]
    own = coterie.load(home / "wants").predict(asked)
    with running(*command, port=port):
        url = f"http://127.0.0.1:{port}/invocations"
        records = {"dataframe_records": asked.to_dict("records")}
        answer = httpx.post(url, json=records, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        said = answer.json()["predictions"]
        assert [row["label"] for row in said] == own["label"].tolist()
        assert [row["confidence"] for row in said] == pytest.approx(own["confidence"].tolist())
        wrong = {"dataframe_records": [{"said": "a refund", "plan": "free", "seats": "many"}]}
        assert httpx.post(url, json=wrong, timeout=PATIENCE).status_code == 400


@pytest.fixture(scope="module")
def run(server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    """A recipe that was run and logged from the command line."""
    out = tmp_path_factory.mktemp("run") / "sales"
    command = ["run", "sales", "--rows", "200", "--encoder", "tfidf", "--model", "linear"]
    done = subprocess.run(
        [sys.executable, "-m", "coterie", *command, "--out", out, "--mlflow", server, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def test_a_run_is_logged_with_settings_figures_and_pages(
    run: tuple[Path, Mapping[str, Any]], server: str
) -> None:
    folder, said = run
    told = said["mlflow"]
    logged = mlflow.get_run(told["run_id"])
    assert mlflow.get_experiment_by_name(told["experiment"]) is not None
    assert logged.data.params["embed.encoder"] == "tfidf"
    assert logged.data.params["data.labels"] == "outcome, converted"
    assert logged.data.metrics["rows"] == 200
    best = json.loads((folder / "train" / "metrics.json").read_text("utf-8"))["models"][0]
    assert logged.data.metrics["train.models.linear.accuracy"] == best["accuracy"]
    client, left, found = mlflow.MlflowClient(), ["report"], set()
    while left:
        for each in client.list_artifacts(told["run_id"], left.pop()):
            if each.is_dir:
                left.append(each.path)
            else:
                found.add(each.path)
    assert {"report/index.html", "report/train/report.html", "report/run.json"} <= found
    assert {Path(name).suffix for name in found} == {".html", ".json"}  # no tables of texts


def test_a_logged_run_answers_as_the_service_does(
    run: tuple[Path, Mapping[str, Any]], server: str, tmp_path: Path
) -> None:
    from starlette.testclient import TestClient

    from coterie.options import ServeOptions
    from coterie.serve.app import create_app

    folder, said = run
    function = mlflow.pyfunc.load_model(said["mlflow"]["models"]["run"])
    asked = {
        "transcript": "seller: Good morning.\nbuyer: We need it by June, I sign for the budget.",
        "context": {"company_size": "medium", "urgency": "high", "previous_interactions": 2},
    }
    app = create_app(folder, ServeOptions(state=tmp_path / "state", log="none"))
    with TestClient(app) as client:
        until = time.monotonic() + PATIENCE
        while client.get("/health/ready").status_code != 200 and time.monotonic() < until:
            time.sleep(0.1)
        for params in ({}, {"include_analysis": False, "include_similar": False}):
            service = client.post("/predict", json={**asked, **params}).json()
            (own,) = function.predict(pd.DataFrame([asked]), params=params)
            for answer in (service, own):
                answer.pop("processing_time")
            assert json.loads(json.dumps(own)) == service
    assert service["recommendations"] is not None
    conversations = logging.load_model(said["mlflow"]["models"]["run"])
    turns = [{"speaker": "buyer", "text": "We need it by June."}]
    assert conversations.answer(turns)["prediction"]["outcome"] in ("converted", "lost")


def test_a_server_that_is_not_there_is_told_of_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, uri = tmp_path / "out", f"http://somebody:secret@127.0.0.1:{free_port()}"
    assert main(["run", "support", "--rows", "50", "--out", str(out), "--mlflow", uri]) == 2
    error = capsys.readouterr().err
    assert "start its server" in error
    assert "secret" not in error
    assert not out.exists()


def test_figures_and_settings_are_flat() -> None:
    figures = {
        "form": 1, "a": {"b": 2, "c": float("nan"), "d": True, "e": [1, 2]},
        "models": [{"model": "x (y)", "auc": 0.5}, {"auc": 1.0}],
    }  # fmt: skip
    assert numbers_of(figures) == {"a.b": 2.0, "models.x _y_.auc": 0.5}
    settings = {"seed": 0, "data": {"text": ["a", "b"], "id": [], "none": None}}
    assert settings_of(settings) == {"seed": "0", "data.text": "a, b"}


def test_importing_it_turns_off_telemetry() -> None:
    check = (
        "import coterie.integrations.mlflow, os, sys\n"
        "from mlflow.telemetry.utils import is_telemetry_disabled\n"
        "print(is_telemetry_disabled(), os.environ['MLFLOW_ALLOW_PICKLE_DESERIALIZATION'])\n"
        "print([m for m in ('torch', 'prometheus_client', 'uvloop') if m in sys.modules])"
    )
    hidden = ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-c", check], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-2:] == ["True false", "[]"]
