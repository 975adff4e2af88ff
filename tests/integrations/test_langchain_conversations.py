"""The runnables of a run: what they answer is what the service answers, whole and in parts."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("langchain_core", reason="needs coterie[langchain]")
pytest.importorskip("fastapi", reason="needs coterie[serve]")

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import ConfigurableField, RunnableLambda, RunnablePassthrough
from starlette.testclient import TestClient

import coterie
from coterie.cli import main
from coterie.errors import InputError, OptionError, StoreError
from coterie.integrations.langchain import CoterieAnalysisChain, CoteriePredictor
from coterie.options import ServeOptions
from coterie.serve.app import create_app

pytestmark = pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")

PATIENCE = 120  # seconds until the service must be ready
PARTS = ["prediction", "analysis", "recommendations", "similar_conversations"]
ASKED = {
    "transcript": "seller: Good morning.\nbuyer: We need it by June, I sign for the budget.",
    "context": {"company_size": "medium", "urgency": "high", "previous_interactions": 2},
}
TURNS = {"transcript": [{"speaker": "buyer", "text": "It is too expensive for us."}]}
BLANK = {"transcript": "  "}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "sales"
    options = ["--rows", "200", "--encoder", "tfidf", "--model", "linear", "--model", "few-shot"]
    assert main(["run", "sales", *options, "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def chain(run: Path) -> CoterieAnalysisChain:
    return CoterieAnalysisChain(run=run)


@pytest.fixture(scope="module")
def service(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    state = tmp_path_factory.mktemp("state")
    with TestClient(create_app(run, ServeOptions(state=state, log="none"))) as client:
        until = time.monotonic() + PATIENCE
        while client.get("/health/ready").status_code != 200 and time.monotonic() < until:
            time.sleep(0.1)
        yield client


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["processing_time"] >= 0
    return {name: each for name, each in answer.items() if name != "processing_time"}


@pytest.mark.parametrize("asked", [ASKED, TURNS, BLANK], ids=["text", "turns", "blank"])
@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"model_type": "few-shot"},
        {"include_analysis": False},
        {"include_analysis": False, "include_similar": False},
    ],
    ids=str,
)
def test_an_answer_is_that_of_the_service(
    chain: CoterieAnalysisChain, service: TestClient, asked: dict[str, Any], wanted: dict[str, Any]
) -> None:
    answer = service.post("/predict", json={**asked, **wanted})
    assert answer.status_code == 200, answer.text
    expected = timeless(answer.json())
    assert set(expected) == {*PARTS, "model_used", "confidence_score"}
    for own in (chain.invoke({**asked, **wanted}), chain.bind(**wanted).invoke(asked)):
        assert timeless(json.loads(json.dumps(own))) == expected
    predictor = CoteriePredictor(run=chain.run)
    given = {name: each for name, each in wanted.items() if name == "model_type"}
    assert predictor.invoke({**asked, **given}) == expected["prediction"]


def test_a_whole_answer_has_all_parts(chain: CoterieAnalysisChain) -> None:
    answer = chain.invoke(ASKED)
    assert answer["analysis"]["key_indicators"]
    assert answer["recommendations"]
    assert answer["similar_conversations"]
    assert answer["confidence_score"] == answer["prediction"]["confidence"]


@pytest.mark.parametrize("asked", [ASKED, BLANK], ids=["text", "blank"])
def test_a_stream_gives_the_parts_in_order_and_they_add_up(
    chain: CoterieAnalysisChain, asked: dict[str, Any]
) -> None:
    async def later() -> list[Any]:
        return [part async for part in chain.astream(asked)]

    expected = timeless(chain.invoke(asked))
    for parts in (list(chain.stream(asked)), asyncio.run(later())):
        assert [next(iter(part)) for part in parts] == PARTS
        whole = parts[0] + parts[1] + parts[2] + parts[3]
        assert timeless(whole) == expected


def test_the_prediction_comes_before_the_analysis_is_made(
    chain: CoterieAnalysisChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    analysis = sys.modules["coterie.workflows.analysis.reasons"]
    measure = analysis.indicators  # type: ignore[attr-defined]
    monkeypatch.setattr(
        analysis, "indicators", lambda *args, **more: made.append("") or measure(*args, **more)
    )
    stream = chain.stream(ASKED)
    assert "prediction" in next(stream)
    assert made == []
    other = chain.invoke(ASKED)  # between two parts of a stream, which holds nothing back
    assert made
    assert next(stream)["analysis"] == other["analysis"]
    stream.close()  # type: ignore[attr-defined]


def test_batches_are_answered_in_order(chain: CoterieAnalysisChain) -> None:
    every = [ASKED, TURNS, BLANK, ASKED["transcript"], ASKED]
    alone = [timeless(chain.invoke(each)) for each in every]
    assert [timeless(each) for each in chain.batch(every)] == alone
    assert [timeless(each) for each in asyncio.run(chain.abatch(every))] == alone
    assert timeless(asyncio.run(chain.ainvoke(ASKED))) == alone[0]
    predictor = CoteriePredictor(run=chain.run)
    predictions = [each["prediction"] for each in alone]
    assert predictor.batch(every) == predictions
    assert asyncio.run(predictor.abatch(every)) == predictions
    assert list(predictor.stream(ASKED)) == predictions[:1]
    assert predictor.batch([]) == []
    mixed = predictor.batch([{"transcribt": "x"}, TURNS], return_exceptions=True)
    assert isinstance(mixed[0], InputError)
    assert mixed[1] == predictions[1]
    both = [{**ASKED, "model_type": name} for name in ("few-shot", "linear", "few-shot")]
    assert predictor.batch(both) == [predictor.invoke(each) for each in both]


def test_rows_of_a_table_are_read(chain: CoterieAnalysisChain, run: Path) -> None:
    table = pd.read_csv(run / "data" / "conversations.csv").head(3)
    columns = ["company_size", "urgency", "previous_interactions"]
    table.loc[1, "urgency"] = np.nan
    rows = table[columns].to_dict("records")
    given = [{"transcript": "buyer: I sign for the budget.", "context": row} for row in rows]
    said = CoteriePredictor(run=chain.run).batch(given)
    clean = [{k: v for k, v in row.items() if not pd.isna(v)} for row in rows]
    plain = [{**each, "context": row} for each, row in zip(given, clean, strict=True)]
    assert said == CoteriePredictor(run=chain.run).batch(plain)


class Seen(BaseCallbackHandler):
    def __init__(self) -> None:
        self.names: list[str] = []
        self.ends: list[Any] = []
        self.faults: list[BaseException] = []

    def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
        self.names.append(kwargs["name"])

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        self.ends.append(outputs)

    def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        self.faults.append(error)


def test_runs_are_traced(chain: CoterieAnalysisChain) -> None:
    expected = timeless(chain.invoke(ASKED))
    seen = Seen()
    config: Any = {"callbacks": [seen], "run_name": "sales"}
    chain.invoke(ASKED, config)
    list(chain.stream(ASKED, config))
    CoteriePredictor(run=chain.run).batch([ASKED, TURNS], {"callbacks": [seen]})
    assert seen.names == ["sales", "sales", "CoteriePredictor", "CoteriePredictor"]
    assert [timeless(each) for each in seen.ends[:2]] == [expected, expected]
    assert seen.ends[2] == expected["prediction"]
    with pytest.raises(InputError):
        chain.invoke({"transcript": "x", "contxt": {}}, config)
    assert [type(each) for each in seen.faults] == [InputError]

    async def events() -> list[str]:
        names = ("on_chain_stream",)
        found = chain.astream_events(ASKED, version="v2")
        return [e["name"] async for e in found if e["event"] in names]

    assert asyncio.run(events()) == ["CoterieAnalysisChain"] * len(PARTS)


def test_they_are_parts_of_other_chains(chain: CoterieAnalysisChain) -> None:
    expected = timeless(chain.invoke(ASKED))
    mail = RunnableLambda(lambda text: {"transcript": text, "context": ASKED["context"]})
    picked = mail | chain | RunnableLambda(lambda answer: answer["prediction"]["outcome"])
    assert picked.invoke(ASKED["transcript"]) == expected["prediction"]["outcome"]
    both = {
        "transcript": RunnablePassthrough() | RunnableLambda(lambda row: row["transcript"]),
        "context": RunnableLambda(lambda row: row["context"]),
    } | chain
    parts = list(both.stream(ASKED))
    assert [next(iter(part)) for part in parts] == PARTS
    added = RunnablePassthrough.assign(said=CoteriePredictor(run=chain.run)).invoke(ASKED)
    assert added == {**ASKED, "said": expected["prediction"]}
    chosen = chain.configurable_fields(model_type=ConfigurableField(id="model"))
    answer = chosen.invoke(ASKED, {"configurable": {"model": "few-shot"}})
    assert answer["model_used"].startswith("few-shot:")
    assert chain.get_input_jsonschema()["required"] == ["transcript"]
    assert set(chain.get_output_jsonschema()["properties"]) == {*expected, "processing_time"}


@pytest.mark.parametrize(
    "asked",
    [
        {"transcript": "x", "contxt": {}},
        {"context": {}},
        {"transcript": "x", "context": 3},
        {"transcript": "x", "context": {"seats": {"many": 3}}},
        {"transcript": [{"speaker": "buyer"}]},
        {"transcript": "x", "include_similar": "perhaps"},
        3,
    ],
    ids=str,
)
def test_what_is_no_conversation_is_refused(chain: CoterieAnalysisChain, asked: Any) -> None:
    for runnable in (chain, CoteriePredictor(run=chain.run)):
        with pytest.raises(InputError):
            runnable.invoke(asked)
    with pytest.raises(InputError):
        list(chain.stream(asked))


def test_models_that_are_not_there_are_told_of(chain: CoterieAnalysisChain, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="linear"):
        chain.invoke({**ASKED, "model_type": "linaer"})
    with pytest.raises(StoreError):
        CoterieAnalysisChain(run=tmp_path)


def test_a_model_alone_predicts(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {"said": ["a refund please", "where is my parcel"] * 30, "want": ["refund", "parcel"] * 30}
    )
    model = coterie.train(rows, text="said", label="want", model="linear", encoder="tfidf")
    model.save(tmp_path / "wants")
    said = CoteriePredictor(run=tmp_path / "wants").invoke("I want a refund")
    own = model.predict(pd.DataFrame({"said": ["I want a refund"]}))
    assert said["outcome"] == own["label"][0] == "refund"
    assert said["confidence"] == pytest.approx(own["confidence"][0], abs=1e-6)
    answer = CoterieAnalysisChain(run=tmp_path / "wants").invoke("I want a refund")
    assert answer["prediction"] == said
    assert answer["recommendations"] == answer["similar_conversations"] == []


def test_they_need_no_web_framework() -> None:
    check = (
        "import sys\nfor name in ('fastapi', 'starlette', 'uvicorn'): sys.modules[name] = None\n"
        "from coterie.integrations.langchain import CoterieAnalysisChain\n"
    )
    subprocess.run([sys.executable, "-c", check], check=True)
