"""Many rows in blocks give what one process gives, whatever they are read from; without Ray."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coterie
from coterie.cli import main
from coterie.encoders import MemoryCache, TfidfEncoder, fit_tfidf, load_encoder
from coterie.errors import ColumnError, EncoderMismatchError, IntegrityError, OptionError
from coterie.integrations.ray import (
    assign_many,
    discover_many,
    embed_many,
    index_many,
    predict_many,
)
from coterie.integrations.ray.blocks import read_block
from coterie.integrations.ray.kept import KeptVectors
from coterie.integrations.ray.sampling import choose_rows
from coterie.integrations.ray.source import divide
from coterie.options import (
    AssignManyOptions,
    DiscoverManyOptions,
    EmbedManyOptions,
    EngineSettings,
    IndexManyOptions,
    PredictManyOptions,
    TableOptions,
)
from coterie.progress import report_to
from coterie.records import Settled, Source, read_source
from coterie.verbs.searching import index_into
from tests.integrations.ray.shared import (
    ASIDE,
    Watching,
    read_rows,
    same,
    with_engine,
    write_parquet,
    write_table,
)

pytestmark = pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")

READ = {"text": "text", "id": "id"}


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def sources(csv: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    """The same rows from where workers read themselves, and from where they do not."""
    home = tmp_path_factory.mktemp("parquet")
    return {
        "csv": csv,
        "parquet": write_parquet(csv, home / "messages.parquet"),
        "folder": write_parquet(csv, home / "messages", files=3),
        "frame": pd.read_csv(csv),
    }


@pytest.fixture(scope="module")
def model(csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = coterie.train(
        csv, label="category", context=["channel", "stars"], encoder="tfidf",
        model="linear", cache=MemoryCache(), **READ,
    )  # fmt: skip
    return made.save(tmp_path_factory.mktemp("models") / "categories")


@pytest.fixture(scope="module")
def groups(csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = coterie.discover(csv, encoder="tfidf", groups=6, cache=MemoryCache(), **READ)
    return found.save(tmp_path_factory.mktemp("groups") / "found").parent


@pytest.fixture(scope="module")
def tfidf(csv: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An encoder in a folder, as every machine would have it."""
    home = tmp_path_factory.mktemp("encoder") / "fitted"
    fit_tfidf(pd.read_csv(csv)["text"].dropna().tolist(), dim=32).save(home)
    return str(home)


KINDS = ["csv", "parquet", "folder", "frame"]


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_those_of_one_process(
    kind: str, sources: dict[str, Source], model: Path, tmp_path: Path
) -> None:
    options = PredictManyOptions(**with_engine())
    made = predict_many(model, sources[kind], tmp_path / "out", options)
    expected = coterie.load(model).predict(sources[kind], cache=MemoryCache())
    same(made, expected)
    assert made.workers == 0
    assert made.statuses == expected["status"].value_counts().to_dict()
    assert made.statuses[ASIDE] > 3


@pytest.mark.parametrize("kind", KINDS)
def test_assignments_are_those_of_one_process(
    kind: str, sources: dict[str, Source], groups: Path, tmp_path: Path
) -> None:
    options = AssignManyOptions(segments=groups, **READ, **with_engine())
    made = assign_many(sources[kind], tmp_path / "out", options)
    found = coterie.assign(sources[kind], segments=groups, cache=MemoryCache(), **READ)
    same(made, found.assignments)


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_are_those_of_one_process(
    kind: str, sources: dict[str, Source], tfidf: str, tmp_path: Path
) -> None:
    options = EmbedManyOptions(encoder=tfidf, **READ, **with_engine())
    made = embed_many(sources[kind], tmp_path / "out", options)
    read = read_source(sources[kind], TableOptions(**READ)).records
    rows = read_rows(made)
    kept = rows[rows["reason"] == ""]
    assert kept["id"].tolist() == read.ids.tolist()
    vectors = load_encoder(tfidf).encode(read.texts.tolist())
    assert np.array_equal(np.stack(kept["vector"].tolist()), vectors)
    apart = rows[rows["reason"] != ""]
    assert apart["reason"].tolist() == read.rejects["reason"].tolist()
    assert apart["vector"].isna().all()
    first = coterie.encoders.read_embeddings(made.folder / "rows" / "part-000000.parquet")
    assert first.origin.fingerprint == load_encoder(tfidf).fingerprint


def test_an_index_is_that_of_one_process(
    sources: dict[str, Source], tfidf: str, tmp_path: Path
) -> None:
    options = IndexManyOptions(encoder=tfidf, **READ, **with_engine())
    made = index_many(sources["parquet"], tmp_path / "many", options)
    one = options.changed(engine="process", block_rows=10_000, ray_from=100_000)
    alone = index_into(sources["parquet"], tmp_path / "one", one.changed(cache=MemoryCache()))
    assert made.columns.equals(alone.columns)
    places = np.arange(len(alone))
    assert list(made.reader.ids(places)) == list(alone.reader.ids(places))
    assert np.array_equal(made.reader.vectors(places), alone.reader.vectors(places))
    assert {path.name for path in tmp_path.iterdir()} == {"many", "one"}
    with pytest.raises(OptionError, match="There is an index"):
        index_many(sources["parquet"], tmp_path / "many", options)


def test_kept_vectors_are_in_the_place_of_an_encoder(
    sources: dict[str, Source], tfidf: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is embedded again, so that the index needs no more than reading."""
    seen: list[bool] = []
    monkeypatch.setattr(KeptVectors, "open", _noting(KeptVectors.open, seen))
    options = IndexManyOptions(encoder=tfidf, **READ, **with_engine())
    index_many(sources["csv"], tmp_path / "many", options)
    assert seen
    assert all(seen)


def _noting(opened: Any, seen: list[bool]) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def noting(self: Any, encoder: Any) -> Any:
        with opened(self, encoder) as shelf:
            read = shelf.read

            def told(texts: Any, into: Any) -> Any:
                known = read(texts, into)
                seen.append(bool(known.all()))
                return known

            shelf.read = told
            yield shelf

    return noting


def test_groups_of_all_rows_are_those_of_one_process(
    sources: dict[str, Source], tmp_path: Path
) -> None:
    options = DiscoverManyOptions(encoder="tfidf", groups=5, **READ, **with_engine())
    found, made = discover_many(sources["csv"], tmp_path / "out", options)
    alone = coterie.discover(sources["csv"], encoder="tfidf", groups=5, cache=MemoryCache(), **READ)
    same(made, alone.assignments)
    assert found.segments["name"].tolist() == alone.segments["name"].tolist()
    assert (tmp_path / "out" / "report.html").is_file()


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_groups_of_a_sample_take_all_rows(
    kind: str, sources: dict[str, Source], tmp_path: Path
) -> None:
    options = DiscoverManyOptions(
        encoder="tfidf", groups=5, sample=200, stratify="channel", **READ, **with_engine()
    )
    found, made = discover_many(sources[kind], tmp_path / "out", options)
    assert 150 < len(found.result.rows.ids) < 350
    again = coterie.assign(sources[kind], segments=tmp_path / "out", cache=MemoryCache(), **READ)
    same(made, again.assignments)
    frame = pd.read_csv(sources["csv"]).set_index("id")
    channels = frame.loc[found.result.rows.ids, "channel"].value_counts()
    there = frame["channel"].value_counts().clip(upper=50)  # of these, some without text
    assert (channels >= 0.9 * there).all()
    with pytest.raises(ColumnError, match="channel"):
        discover_many(sources[kind], tmp_path / "other", options.changed(stratify="chanel"))


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=6), st.integers(10, 500), st.integers(0, 9)
)
def test_a_sample_has_each_stratum_in_its_share(counts: list[int], sample: int, seed: int) -> None:
    strata = np.repeat(np.arange(len(counts)), counts)
    np.random.default_rng(seed).shuffle(strata)
    places = choose_rows(strata, sample, seed)
    assert (np.diff(places) > 0).all()
    taken = np.bincount(strata[places], minlength=len(counts))
    share = min(sample / sum(counts), 1)
    for count, had in zip(counts, taken.tolist(), strict=True):
        floor = min(50, count) if len(counts) > 1 else 0
        assert (
            had == min(max(round(count * share + 1e-9), floor), count)
            or abs(had - count * share) <= 0.5
        )


def test_a_run_that_stopped_goes_on(
    sources: dict[str, Source], model: Path, tmp_path: Path
) -> None:
    options, out = PredictManyOptions(**with_engine()), tmp_path / "out"
    steps: list[int] = []

    def stop(rows: int) -> None:
        steps.append(rows)
        if len(steps) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), report_to(Watching("Predicting", stop)):
        predict_many(model, sources["csv"], out, options)
    assert {path.name for path in out.iterdir()} == {".unfinished-rows"}
    parts = sorted((out / ".unfinished-rows" / "rows").iterdir())
    before = {path.name: path.stat().st_mtime_ns for path in parts}
    assert len(before) == 3
    begun = parts[0].with_name(".part-000003.parquet.0a1b2c3d")
    begun.write_bytes(b"by a worker that was killed")
    made = predict_many(model, sources["csv"], out, options)
    assert made.kept == 3
    after = {path.name: path.stat().st_mtime_ns for path in (out / "rows").iterdir()}
    assert begun.name not in after
    assert {name: after[name] for name in before} == before
    same(made, coterie.load(model).predict(sources["csv"], cache=MemoryCache()))
    assert {path.name for path in out.iterdir()} == {".coterie.json", "manifest.json", "rows"}


def test_the_groups_of_a_run_that_stopped_are_not_found_again(
    sources: dict[str, Source], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = DiscoverManyOptions(encoder="tfidf", groups=5, **READ, **with_engine())

    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), report_to(Watching("Assigning", stop)):
        discover_many(sources["parquet"], tmp_path / "out", options)
    monkeypatch.setattr("coterie.integrations.ray.fitting.discover_with", None)
    _, made = discover_many(sources["parquet"], tmp_path / "out", options)
    assert made.kept == 1
    assert sum(made.statuses.values()) == made.rows


def test_unfinished_work_of_other_rows_is_kept_unless_it_is_given_up(
    sources: dict[str, Source], model: Path, tmp_path: Path
) -> None:
    options, out = PredictManyOptions(**with_engine()), tmp_path / "out"

    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), report_to(Watching("Predicting", stop)):
        predict_many(model, sources["csv"], out, options)
    with pytest.raises(OptionError, match="unfinished work"):
        predict_many(model, sources["parquet"], out, options)
    made = predict_many(model, sources["parquet"], out, options, overwrite=True)
    assert made.kept == 0
    assert len(read_rows(made)) == made.rows


def test_what_a_person_wrote_is_not_replaced(
    sources: dict[str, Source], model: Path, tmp_path: Path
) -> None:
    options, out = PredictManyOptions(**with_engine()), tmp_path / "out"
    made = predict_many(model, sources["csv"], out, options)
    predict_many(model, sources["csv"], out, options)  # its own is
    (out / "manifest.json").write_text("{}")
    with pytest.raises(OptionError, match=r"manifest\.json was changed"):
        predict_many(model, sources["csv"], out, options)
    assert len(read_rows(made)) == made.rows


def test_the_manifest_says_what_there_is(
    sources: dict[str, Source], model: Path, tmp_path: Path
) -> None:
    made = predict_many(
        model, sources["csv"], tmp_path / "out", PredictManyOptions(**with_engine())
    )
    said = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert said["rows"] == made.rows == sum(each["rows"] for each in said["files"])
    for each in said["files"]:
        part = pq.read_table(tmp_path / "out" / each["file"])
        assert part.column_names == said["columns"]
        assert part["row"][0].as_py() == each["first_row"]
        assert len(part) == each["rows"]
    assert said["models"] == [{"model": str(model), "version": 1}]


def test_blocks_are_read_where_the_rows_allow_it(
    sources: dict[str, Source], csv: Path, tmp_path: Path
) -> None:
    """An id that two rows have, or numbers in a column of text, are told by all rows only."""

    def alone(source: Source, **options: Any) -> bool:
        asked = TableOptions(**{**READ, **options})
        rows = divide(
            source, lambda _: (asked, Settled()), lambda: read_source(source, asked),
            folder=tmp_path / "staged", block_rows=50,
        )  # fmt: skip
        assert rows.rows == len(pd.read_csv(csv))
        return rows.how.options is not None

    assert alone(sources["parquet"])
    assert alone(sources["folder"], context=["stars", "price", "channel"])
    assert not alone(sources["csv"])
    assert not alone(sources["parquet"], clean=["boilerplate"])
    texts = pd.read_csv(csv, dtype=str)
    texts.to_parquet(tmp_path / "texts.parquet")
    assert alone(tmp_path / "texts.parquet")
    assert not alone(tmp_path / "texts.parquet", context=["price"])
    texts.assign(id=texts["id"].mask(texts.index == 400, "M0000001")).to_parquet(
        tmp_path / "twice.parquet"
    )
    assert not alone(tmp_path / "twice.parquet")


def test_blocks_of_a_table_have_its_records(sources: dict[str, Source], tmp_path: Path) -> None:
    asked = TableOptions(**READ, context=["stars", "price", "channel"])
    for kind in ("parquet", "folder", "csv"):
        rows = divide(
            sources[kind], lambda _: (asked, Settled()),
            lambda kind=kind: read_source(sources[kind], asked),  # type: ignore[misc]
            folder=tmp_path / kind, block_rows=37,
        )  # fmt: skip
        whole = read_source(sources[kind], asked).records
        parts = [read_block(block, rows.how) for block in rows.blocks]
        assert [key for part in parts for key in part.ids] == whole.ids.tolist()
        assert [text for part in parts for text in part.texts] == whole.texts.tolist()
        joined = pd.concat([part.context for part in parts], ignore_index=True)
        pd.testing.assert_frame_equal(joined, whole.context)
        rejects = pd.concat([part.rejects for part in parts], ignore_index=True)
        pd.testing.assert_frame_equal(rejects, whole.rejects)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked", [{"text": "txt", "id": "id"}, {"text": "text", "id": "idd"}])
def test_a_column_that_is_not_there_is_told_with_the_nearest(
    kind: str, asked: dict[str, str], sources: dict[str, Source], tfidf: str, tmp_path: Path
) -> None:
    options = EmbedManyOptions(encoder=tfidf, **asked, **with_engine())
    with pytest.raises(ColumnError, match="nearest"):
        embed_many(sources[kind], tmp_path / "out", options)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_block_without_a_text_is_set_aside(
    kind: str, csv: Path, model: Path, tmp_path: Path
) -> None:
    frame = pd.read_csv(csv, dtype=str)
    frame.loc[64:200, "text"] = " "
    place = tmp_path / f"blank.{kind}"
    frame.to_csv(place, index=False) if kind == "csv" else frame.to_parquet(place)
    made = predict_many(
        model, place, tmp_path / "out", PredictManyOptions(**with_engine()), id_as="key",
        label_as="said",
    )  # fmt: skip
    names = {"id": "key", "label": "said"}
    same(made, coterie.load(model).predict(place, cache=MemoryCache()).rename(columns=names))


def test_several_models_are_side_by_side(
    sources: dict[str, Source], model: Path, csv: Path, tmp_path: Path
) -> None:
    other = coterie.train(csv, label="channel", encoder="tfidf", cache=MemoryCache(), **READ)
    models = tmp_path / "models"
    other.save(models / "channels")
    shutil.copytree(model, models / "categories")
    options = PredictManyOptions(**with_engine())
    made = predict_many(models, sources["parquet"], tmp_path / "out", options)
    same(made, coterie.load(models).predict(sources["parquet"], cache=MemoryCache()))


def test_few_rows_never_need_ray(
    csv: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "ray", None)
    typed = ["predict", str(model), str(csv), "--engine", "ray"]
    assert main([*typed, "--out", str(tmp_path / "few")]) == 0
    assert "This process does the work" in capsys.readouterr().err
    assert main([*typed, "--ray-from", "0", "--out", str(tmp_path / "many")]) == 2
    assert "pip install 'coterie[ray]'" in capsys.readouterr().err


Many = Callable[..., Any]
ENGINE = with_engine()


@pytest.mark.parametrize(
    ("many", "options", "matters"),
    [
        (embed_many, EmbedManyOptions(encoder="tfidf", **READ, **ENGINE), "learns from all"),
        (embed_many, EmbedManyOptions(text="text", group="channel", **ENGINE), "--group"),
        (embed_many, EmbedManyOptions(**ENGINE), "--text"),
        (index_many, IndexManyOptions(encoder="tfidf", **READ, **ENGINE), "learns from all"),
        (index_many, IndexManyOptions(vectors="v.npy", **READ, **ENGINE), "vectors"),
        (assign_many, AssignManyOptions(segments="attendees", **READ, **ENGINE), "some thousand"),
        (discover_many, DiscoverManyOptions(vectors="v.npy", **READ, **ENGINE), "vectors"),
    ],
)
def test_what_needs_all_rows_at_once_is_refused(
    many: Many, options: Any, matters: str, csv: Path, tmp_path: Path, tfidf: str
) -> None:
    if getattr(options, "encoder", "tfidf") == "minilm":
        options = options.changed(encoder=tfidf)
    with pytest.raises(OptionError, match=matters):
        many(csv, tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


def test_options_of_ray_need_it() -> None:
    for name, value in {"address": "auto", "block_rows": 5, "ray_from": 0}.items():
        with pytest.raises(OptionError, match="--engine ray"):
            EngineSettings(**{name: value})
    with pytest.raises(OptionError, match="--engine ray"):
        DiscoverManyOptions(sample=500)


def test_a_worker_refuses_another_model_or_encoder(
    csv: Path, model: Path, groups: Path, tfidf: str
) -> None:
    from coterie.integrations.ray.answers import answer_of, assigning, predicting
    from coterie.workflows.prediction.predict import load_models

    said = predicting(load_models(model), joint=False, id_as="id", label_as="label")
    said["models"][0]["digest"] = "0"
    with pytest.raises(IntegrityError):
        answer_of("predict", said)
    with pytest.raises(IntegrityError):
        answer_of("assign", {**assigning(groups, str(groups / "encoder")), "digest": "0"})
    with pytest.raises(EncoderMismatchError):
        answer_of("embed", {"encoder": tfidf, "fingerprint": "0"})
    assert isinstance(load_encoder(tfidf), TfidfEncoder)
