"""How models are told of tables without texts, and of concepts, on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from coterie.cli.shared.common import MaybeFile
from coterie.cli.shared.options import takes
from coterie.errors import ColumnError, CoterieWarning, OptionError
from coterie.options import ReadOptions, TrainOptions
from coterie.records import Records, open_source, read_source
from coterie.verbs.reading import feature_columns, read_alike
from coterie.workflows.training.rows import rows_of

from .conftest import Coterie

CLIENTS = (
    "client_id,sector,purchased,note\nc1,health,1,hello\nc2,trade,0,good day\nc3,trade,1,bye\n"
)
NOTES = "client_id,topic\nc1,price\nc2,demo\nc1,renewal\nc3,price\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "clients.csv").write_text(CLIENTS)
    (tmp_path / "notes.csv").write_text(NOTES)
    return tmp_path


class Typed(NamedTuple):
    """A table and how to read it."""

    source: str
    options: TrainOptions


def parsed(*words: object) -> Typed:
    """What a verb is given when these words are typed."""
    app = typer.Typer(add_completion=False)
    seen: list[Typed] = []

    @app.command()
    @takes(TrainOptions)
    def verb(options: TrainOptions, source: MaybeFile = None) -> None:
        seen.append(Typed(str(source), options))

    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return seen[0]


def read(
    table: Typed, schema: Mapping[str, Any] | None = None, context: Sequence[str] = ()
) -> tuple[Records, dict[str, Any]]:
    """Records, and the schema as a model directory keeps it."""
    options = table.options.following(schema or {}).changed(context=context)
    reading = read_source(table.source, options)
    return reading.records, json.loads(json.dumps(reading.options.kept()))


def made(
    table: Typed, schema: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Concepts by id, and the schema."""
    records, kept = read(table, schema)
    return dict(zip(records.ids, records.context["concepts"], strict=True)), kept


def test_a_later_table_is_read_as_that_of_the_training_was(home: Path) -> None:
    given = parsed(
        home / "clients.csv", "--id", "client_id", "--label", "purchased",
        "--concepts", home / "notes.csv", "--concept", "topic",
    )  # fmt: skip
    concepts, schema = made(given)
    assert concepts == {"c1": ("price", "renewal"), "c2": ("demo",), "c3": ("price",)}
    assert schema == {
        "text": None,
        "id": "client_id",
        "concept": "topic",
        "concept_id": "client_id",
    }

    (home / "later.csv").write_text("client_id\nz1\n")
    (home / "noted.csv").write_text("id,client_id,topic\n1,z1,exit\n")
    later = parsed(home / "later.csv", "--concepts", home / "noted.csv")
    assert made(later, schema)[0] == {"z1": ("exit",)}
    alike = read_alike(later.source, later.options, [schema], [])
    assert alike.records.context["concepts"].tolist() == [("exit",)]
    with pytest.raises(OptionError, match="Name the table of the concepts with --concepts"):
        made(parsed(home / "later.csv"), schema)
    (home / "other.csv").write_text("client_id,theme\nz1,exit\n")
    named = parsed(home / "later.csv", "--concepts", home / "other.csv", "--concept", "theme")
    assert made(named, schema)[0] == {"z1": ("exit",)}


def test_concepts_may_stand_in_the_table_itself(home: Path) -> None:
    (home / "one.csv").write_text('client,said,sector\nc1,"price|a, b",x\nc2,,y\n')
    given = parsed(home / "one.csv", "--id", "client", "--concept", "said")
    records, schema = read(given, context=["sector", "concepts"])
    assert records.context.columns.tolist() == ["sector", "concepts"]
    assert records.context["concepts"].tolist() == [("price", "a, b"), ()]
    kept = {"text": None, "id": "client", "concept": "said", "concept_separator": "|"}
    assert schema == kept
    (home / "later.csv").write_text('client,said\nc3,"a, b"\n')
    assert made(parsed(home / "later.csv"), schema)[0] == {"c3": ("a, b",)}
    with pytest.raises(OptionError, match="--group"):
        made(parsed(home / "one.csv", "--group", "sector", "--concept", "said"))


def test_a_text_and_its_columns_are_remembered_as_before(home: Path) -> None:
    given = parsed(home / "clients.csv", "--text", "note", "--id", "client_id")
    records, schema = read(given, context=["sector"])
    assert schema == {"text": "note", "id": "client_id"}
    assert records.texts.tolist() == ["hello", "good day", "bye"]
    alike = read_alike(home / "clients.csv", ReadOptions(), [schema], [])
    assert alike.records.texts.tolist() == records.texts.tolist()
    with pytest.raises(OptionError, match="--text"):  # a model of segments knows no column
        read_alike(home / "clients.csv", ReadOptions(), [{"label": "segment"}], [])


def test_features_are_those_named_or_all_but_ids(home: Path) -> None:
    table = home / "clients.csv"
    given = ("--label", "purchased")

    def features(*words: str, named: Sequence[str] = (), by: str | None = None) -> list[str]:
        options = parsed(table, *given, *words).options.changed(context=named)
        return list(feature_columns(open_source(table, options), options, by=by))

    with pytest.warns(CoterieWarning, match="'client_id', 'note' look like ids"):
        assert features() == ["sector"]
    with pytest.warns(CoterieWarning, match="'note' looks like an id"):
        assert features("--id", "client_id") == ["sector"]
    assert features(named=["note"]) == ["note"]
    assert features("--text", "note") == []
    assert features("--concepts", "notes.csv") == []
    with (
        pytest.warns(CoterieWarning, match="look like ids"),
        pytest.raises(ColumnError, match=r"clients\.csv has no column to learn from"),
    ):
        features(by="sector")


def test_classifiers_are_given_columns_and_concepts_alone(home: Path) -> None:
    given = parsed(
        home / "clients.csv", "--id", "client_id", "--concepts", home / "notes.csv",
        "--concept", "topic",
    )  # fmt: skip
    records, _ = read(given, context=["sector"])
    frame = rows_of(records, ["sector", "concepts"])
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["sector", "concepts"]
    assert frame["concepts"].tolist() == [("price", "renewal"), ("demo",), ("price",)]
    some = rows_of(records.take(np.array([2, 0])), ["concepts"])
    assert isinstance(some, pd.DataFrame)
    assert some["concepts"].tolist() == [("price",), ("price", "renewal")]
    assert some.columns.tolist() == ["concepts"]


def test_models_of_texts_ask_for_them_before_anything_is_read(coterie: Coterie, home: Path) -> None:
    """Without a text there is nothing for them to learn from, nor can they read concepts."""
    table = home / "clients.csv"
    for words, said in (
        ((), "--text"),
        (("--model", "auto"), "--text"),
        (("--text", "note", "--concepts", home / "notes.csv"), "--model"),
    ):
        done = coterie("train", table, "--label", "purchased", *words, "--out", home / "model")
        assert done.returncode == 2
        assert said in done.stderr
    assert not (home / "model").exists()


def test_a_model_without_concepts_refuses_them(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    done = coterie(
        "train", table, "--text", "text", "--id", "id", "--label", "want", "--encoder", "tfidf",
        "--out", model,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for verb in ("predict", "evaluate"):
        done = coterie(verb, model, table, "--concepts", table, "--out", tmp_path / "out.csv")
        assert done.returncode == 2
        assert "trained without concepts: leave them out" in done.stderr


def test_other_verbs_know_no_concepts(coterie: Coterie, table: Path, tmp_path: Path) -> None:
    done = coterie("explore", table, "--text", "text", "--concepts", table, "--out", tmp_path)
    assert done.returncode == 2
    assert "--concepts" in done.stderr
    done = coterie("embed", table, "--text", "", "--out", tmp_path / "v.npy")
    assert done.returncode == 2
    assert "--text" in done.stderr
