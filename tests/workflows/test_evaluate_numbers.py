"""``coterie evaluate`` of models that estimate a number."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from coterie.classifiers import Estimates
from coterie.classifiers.trees.learner import Learner
from coterie.cli import main
from coterie.errors import InputError, OptionError
from coterie.formatting import format_number
from coterie.metrics import Speed, paired_errors
from coterie.pages.evaluation import page_of_evaluation
from coterie.records import Records, read_records
from coterie.verbs.evaluation import FILES as WRITES
from coterie.verbs.saving import save_result
from coterie.workflows.evaluation.evaluate import evaluate_models
from coterie.workflows.evaluation.figures import NumberCeiling, NumberFigures, RegressorAbout
from coterie.workflows.evaluation.models import EvaluatedRegressor
from coterie.workflows.evaluation.numbers import NumberEvaluation
from coterie.workflows.evaluation.words import (
    ranges_in_words,
    seen_in_words,
    sizes_in_words,
    training_in_words,
)

from .conftest import Coterie

for library in ("lightgbm", "skops"):
    pytest.importorskip(library, reason="needs coterie[boost]")

HOSTILE = "<script>document.title='run'</script>"
FILES = {"report.html", "metrics.json", "predictions.csv", "mistakes.csv", "models.csv"}


def shops(rows: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shops whose profit, often a loss, follows from visits and from what was noted."""
    rng = np.random.default_rng(seed)
    visits, busy = rng.integers(0, 20, rows), rng.random(rows) < 0.5
    frame = pd.DataFrame({"id": [f"s{i}" for i in range(rows)], "visits": visits})
    frame["profit"] = (30 * visits + 200 * busy - 400 + rng.normal(0, 60, rows)).round(2)
    frame["sales"] = np.exp(frame["profit"] / 200 + 5).round(2)
    frame["open"] = np.where(frame["profit"] > -100, "yes", "no")
    said = np.where(busy, "busy street", "side street")
    notes = pd.DataFrame({"id": frame["id"], "concept": said})
    frame["luck"] = rng.normal(0, 100, rows)
    more = pd.DataFrame({"id": frame["id"], "concept": rng.choice(["dog", "cat"], rows)})
    return frame, pd.concat([notes, more]).sort_values("id")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models trained as a user trains them, and rows that they have not seen."""
    folder = tmp_path_factory.mktemp("numbers")
    for name, rows, seed in (("old", 150, 0), ("new", 120, 1)):
        frame, notes = shops(rows, seed)
        if name == "new":
            values = frame["profit"].astype(object)
            values[:3], values[3:5] = None, ["unknown", "inf"]
            frame["profit"] = values
            notes.iloc[-1, 1] = HOSTILE  # of s99, which is missed by far
            frame.loc[99, "profit"] = 900
        frame.to_csv(folder / f"{name}.csv", index=False)
        notes.to_csv(folder / f"{name}_notes.csv", index=False)
    noted = ("--concepts", str(folder / "old_notes.csv"))
    wanted: dict[str, tuple[str, ...]] = {
        "profit": ("profit", "--context", "visits", *noted),
        "plain": ("profit", *noted),
        "sales": ("sales", "--context", "visits"),
        "luck": ("luck", "--context", "sales", "--member", "random-forest"),
        "open": ("open", "--context", "visits", *noted),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "trees", 40)
        for name, (label, *words) in wanted.items():
            given = ("--id", "id", "--label", label, "--model", "ensemble", "--preset", "speed")
            more = ("--draws", "1", "--out", str(folder / name))
            assert main(["train", str(folder / "old.csv"), *given, *words, *more]) == 0
    return folder


@pytest.fixture(scope="module")
def judged(home: Path) -> tuple[Path, dict[str, Any]]:
    """The figures of two models of profit, and their folder."""
    out = home / "judged"
    models = [str(home / "profit"), str(home / "plain"), str(home / "new.csv")]
    words = ["--concepts", str(home / "new_notes.csv"), "--out", str(out), "--title", "Of <b>"]
    assert main(["evaluate", *models, *words]) == 0
    return out, json.loads((out / "metrics.json").read_text(encoding="utf-8"))


def page_of(out: Path) -> str:
    return (out / "report.html").read_text(encoding="utf-8")


class Parsed(HTMLParser):
    """The headings, tables and words of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.titles: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.scripts = 0
        self.points = 0
        self._open: list[str] = []
        self._captions: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        self.scripts += tag == "script"
        self.points += tag == "circle"
        if tag == "table":
            self.tables[self._captions[-1]] = []
        elif tag == "tr":
            self._row.append([])
        elif tag in ("td", "th"):
            self._row[-1].append("")
        elif tag in ("h2", "h3"):
            self._captions.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass
        if tag == "h2":
            self.headings.append(self._captions[-1])
        elif tag == "h3":
            self.titles.append(self._captions[-1])

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self._open):
            self._row[-1][-1] += "" if "small" in self._open else data.strip()
        elif {"h2", "h3"} & set(self._open):
            self._captions[-1] += data

    @property
    def _row(self) -> list[list[str]]:
        return self.tables[self._captions[-1]]

    def column(self, table: str, name: str) -> list[str]:
        head, *rows = self.tables[table]
        return [row[head.index(name)] for row in rows]


def test_figures_are_those_of_scikit_learn_on_the_rows_written(
    judged: tuple[Path, dict[str, Any]],
) -> None:
    out, metrics = judged
    rows = pd.read_csv(out / "predictions.csv")
    assert len(rows) == metrics["rows"] == 115
    truth = rows["truth"]
    assert truth.min() < 0 < truth.max()
    for model in metrics["models"]:
        own = rows[[name for name in rows if name.startswith(f"{model['model']} ")]]
        estimate, low, high, status, error = (own.iloc[:, at] for at in range(5))
        assert model["mae"] == pytest.approx(sk.mean_absolute_error(truth, estimate), rel=1e-4)
        assert model["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, estimate), rel=1e-4)
        assert model["median_error"] == pytest.approx(error.abs().median(), rel=1e-4)
        assert model["r2"] == pytest.approx(sk.r2_score(truth, estimate), abs=1e-4)
        assert model["rank"] == pytest.approx(truth.corr(estimate, "spearman"), abs=1e-4)
        assert model["bias"] == pytest.approx(error.mean(), abs=1e-2)
        assert model["within"] == pytest.approx(truth.between(low, high).mean(), abs=1e-6)
        assert model["outside"] == pytest.approx((status == "outside").mean(), abs=1e-6)
        assert model["within_low"] < model["within"] < model["within_high"]
        assert model["r2_log"] is None
        assert sum(band["rows"] for band in model["by_truth"]) == 115
        assert min(model["milliseconds_p50"], model["size_mib"], model["cost_per_1000"]) > 0
    assert metrics["best"] == "profit"
    assert metrics["models"][0]["r2"] > metrics["models"][1]["r2"]
    (found,) = metrics["differences"]
    apart = paired_errors(rows["profit error"], rows["plain error"])
    assert (found["first"], found["second"]) == ("profit", "plain")
    assert found["difference"] == pytest.approx(apart.difference, rel=1e-3)
    assert found["high"] == pytest.approx(apart.high, rel=1e-3)
    assert found["nearer_first"] == apart.nearer_first
    assert all(name in metrics["verdict"] for name in ("profit", "plain"))


def test_rows_without_a_number_are_left_out_and_counted(
    home: Path, judged: tuple[Path, dict[str, Any]], coterie: Coterie, tmp_path: Path
) -> None:
    out, metrics = judged
    assert (metrics["unlabelled"], metrics["not_numbers"], metrics["set_aside"]) == (3, 2, 0)
    assert {path.name for path in out.iterdir() if not path.name.startswith(".")} == FILES
    assert not {"s0", "s3", "s4"} & set(pd.read_csv(out / "predictions.csv")["id"])
    assert "“profit” is not a number: 2." in page_of(out)
    given = (home / "plain", home / "new.csv", "--concepts", home / "new_notes.csv")
    done = coterie("evaluate", *given, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "without a number: 3 rows" in done.stdout
    assert "than a number: 2 rows" in done.stdout
    assert done.stderr.count("Not in the training data") == 1  # and not for each row that is timed
    head = done.stdout.splitlines()[0]
    for heading in ("median error", "MAE", "RMSE", "R2", "Spearman", "within range"):
        assert heading in head
    assert done.stdout.splitlines()[1].startswith("plain")


def test_the_worst_misses_come_with_what_is_known_of_the_rows(
    judged: tuple[Path, dict[str, Any]],
) -> None:
    out, _ = judged
    rows = pd.read_csv(out / "predictions.csv").set_index("id")
    found = pd.read_csv(out / "mistakes.csv")
    assert list(found.columns) == [
        "model", "id", "truth", "estimate", "error", "low", "high", "status", "visits", "concepts",
    ]  # fmt: skip
    for name in ("profit", "plain"):
        own = found[found["model"] == name]
        assert len(own) == 100
        off = rows[f"{name} error"].abs().sort_values(ascending=False)
        assert own["error"].abs().tolist() == pytest.approx(off.head(100).tolist(), rel=1e-3)
        assert rows.loc[own["id"], f"{name} error"].tolist() == own["error"].tolist()
    assert found["id"].iloc[0] == "s99"
    assert HOSTILE in found["concepts"].iloc[0].split("; ")
    assert found["visits"].between(0, 20).all()


def test_the_page_holds_what_is_said_and_no_text_is_markup(
    judged: tuple[Path, dict[str, Any]],
) -> None:
    out, metrics = judged
    page = Parsed(out / "report.html")
    assert page.headings == [
        "Summary", "Side by side", "Estimate and truth", "Small and large numbers",
        "Ranges", "Largest errors", "How this was made",
    ]  # fmt: skip
    names = page.column("Quality of the estimates", "model")
    assert names[:2] == ["profit", "plain"]
    assert all(name.startswith("(always") for name in names[2:])
    for heading, figure in (("MAE", "mae"), ("median error", "median_error")):
        told = [
            float(each.replace(",", ""))
            for each in page.column("Quality of the estimates", heading)
        ]
        known = [each[figure] for each in (*metrics["models"], *metrics["constants"])]
        assert told == pytest.approx(known, rel=6e-3)
    assert page.column("Is one better than another?", "significant") == ["yes"]
    assert len(page.column("profit, by the number", "rows")) == 10
    assert page.points >= 2 * metrics["rows"]
    misses = pd.read_csv(out / "mistakes.csv")
    worst = misses.loc[misses["model"] == "profit", "id"].head(30).tolist()
    assert page.column("Largest errors", "id") == worst
    html = page_of(out)
    assert html.count("Content-Security-Policy") == 1
    assert HOSTILE not in html
    assert "&lt;script&gt;document" in html
    assert "Of &lt;b&gt;" in html
    assert metrics["verdict"].split(":")[0] in html
    for model in metrics["models"]:
        assert len(model["in_words"]) == 2
        assert all(told.replace("'", "&#39;") in html for told in model["in_words"])


def test_what_knows_nothing_is_the_middle_of_the_training(
    home: Path, judged: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    trained = pd.read_csv(home / "old.csv")
    rows = pd.read_csv(judged[0] / "predictions.csv")
    training, here = judged[1]["constants"]
    assert training["what"] == "the mean of profit's training"
    assert training["number"] == pytest.approx(trained["profit"].mean(), rel=1e-4)
    assert training["mae"] == pytest.approx(
        (rows["truth"] - training["number"]).abs().mean(), rel=1e-4
    )
    assert here["number"] == pytest.approx(rows["truth"].median())
    assert judged[1]["models"][0]["mae"] < here["mae"] <= training["mae"]

    records = read_records(home / "new.csv", id="id", labels=["sales"], context=["visits"])
    result = evaluate_models([home / "sales"], records)
    save_result(result, page_of_evaluation(result), tmp_path / "out", WRITES)
    assert isinstance(result, NumberEvaluation)
    middle = result.to_dict()["constants"][0]
    assert middle["what"] == "the geometric mean of sales's training"
    assert middle["number"] == pytest.approx(np.exp(np.log(trained["sales"]).mean()), rel=1e-4)
    assert isinstance(result.figures[0], NumberFigures)
    assert (result.figures[0].r2_log or 0) > 0.3
    html = page_of(tmp_path / "out")
    assert "The axes are logarithmic" in html
    assert "logarithmic" not in page_of(judged[0])


@pytest.mark.parametrize("rows", [1, 2, 12])
def test_few_rows_and_rows_of_one_number_are_judged(
    home: Path, coterie: Coterie, tmp_path: Path, rows: int
) -> None:
    frame = pd.read_csv(home / "old.csv").head(rows).assign(profit=-70)
    frame.to_csv(tmp_path / "few.csv", index=False)
    given = (home / "profit", home / "plain", tmp_path / "few.csv")
    noted = ("--concepts", home / "old_notes.csv")
    done = coterie("evaluate", *given, *noted, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["report"] == str(tmp_path / "out" / "report.html")
    assert [model["r2"] for model in said["models"]] == [None, None]
    assert [model["rank"] for model in said["models"]] == [None, None]
    assert said["rows"] == rows
    assert ("too few to judge by" in said["verdict"]) is (rows == 1)
    page = Parsed(tmp_path / "out" / "report.html")
    assert page.tables["Quality of the estimates"][1][0] in ("profit", "plain")
    done = coterie("evaluate", *given, *noted, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "None" not in done.stdout
    assert "nan" not in done.stdout


def test_what_cannot_be_judged_is_a_sentence(home: Path, coterie: Coterie, tmp_path: Path) -> None:
    new, out = (home / "new.csv", "--concepts", home / "new_notes.csv"), tmp_path / "out"
    for words, said in (
        ((home / "profit", home / "open", *new), "two calls"),
        ((home / "open", home / "profit", *new), "two calls"),
        ((home / "profit", *new, "--label", "open"), "'open'"),
        ((home / "profit", *new, "--positive", "yes"), "--positive, --learning"),
        ((home / "profit", *new, "--learning"), "--learning"),
        ((home / "profit", *new, "--price", 0), "price"),
    ):
        done = coterie("evaluate", *words, "--out", out)
        assert done.returncode == 2, done.stderr
        assert said in done.stderr
        assert len(done.stderr.replace(str(home), "").strip().splitlines()[-1]) < 200
    assert not out.exists()


def test_models_of_other_numbers_are_pointed_out(
    home: Path, coterie: Coterie, tmp_path: Path
) -> None:
    models = (home / "profit", home / "sales", home / "new.csv")
    noted = ("--concepts", home / "new_notes.csv")
    done = coterie("evaluate", *models, *noted, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "sales learnt 'sales'" in done.stderr


def made_up(name: str, errors: Sequence[float], truth: Sequence[float], off: float) -> Any:
    """A model that is off by these errors, with ranges of half a width."""
    values = np.asarray(truth, dtype=float) + np.asarray(errors, dtype=float)
    statuses = np.full(len(values), "assigned", dtype=object)
    said = Estimates(values, values - off, values + off, statuses)
    return EvaluatedRegressor(name, "ensemble-number", np.asarray(truth, dtype=float), said)


def records_of(rows: int) -> Records:
    ids = np.array([f"r{row}" for row in range(rows)], dtype=object)
    texts, ones = np.full(rows, "", dtype=object), np.ones(rows, dtype=np.int64)
    return Records(ids, texts, ones, np.arange(1, rows + 1), source="made up")


def evaluation(*models: EvaluatedRegressor, **more: Any) -> NumberEvaluation:
    return NumberEvaluation(models=models, records=records_of(len(models[0].truth)), **more)


TRUTH = np.linspace(-100, 106, 80)
WAVE = np.tile([1.0, -1.0, 2.0, -2.0], 20)


@pytest.mark.parametrize(
    ("sizes", "ranked", "beaten", "told"),
    [
        ((1, 2), ["one", "two"], ["two"], ("1.5", "50.0%", "1.39")),
        ((2, 1), ["two", "one"], ["one"], ("1.5", "50.0%")),
        ((1, 1), ["one", "two"], [], ("1.5", "same")),
        ((1, 2, 3), ["one", "two", "three"], ["two", "three"], ("50.0%", "4.5")),
        ((1,), ["one"], [], ("80 rows", "1.5")),
        ((90,), ["one"], [], ("always estimating 3",)),
    ],
)
def test_the_best_beats_others_beyond_chance_only(
    sizes: tuple[float, ...], ranked: list[str], beaten: list[str], told: tuple[str, ...]
) -> None:
    names = ("one", "two", "three")
    models = [made_up(n, WAVE * size, TRUTH, 1) for n, size in zip(names, sizes, strict=False)]
    found = evaluation(*models)
    assert [model.name for model in found.ranked] == ranked
    assert [model.name for model in found.beaten] == beaten
    assert all(each in found.verdict for each in told)
    assert found.best.beats_constant(found.nearest_constant) is (sizes != (90,))
    assert ("always" in found.verdict) is (sizes == (90,))


def test_a_difference_of_chance_is_called_so() -> None:
    rng = np.random.default_rng(0)
    errors = rng.normal(0, 5, (3, 80))
    found = evaluation(*(made_up(f"m{i}", each, TRUTH, 1) for i, each in enumerate(errors)))
    assert not found.beaten
    assert found.tied == found.ranked[1:]
    assert "not significant" in found.verdict


def test_words_on_small_and_large_numbers() -> None:
    truth = np.linspace(10, 1000, 100)
    told = sizes_in_words(made_up("m", (505 - truth) / 2, truth, 1))
    low, high, own = (
        told.index(each) for each in ("(910 and above)", "(up to 100)", "(708 and above, 10 rows)")
    )
    assert low < told.index("225 (24%) too low") < high < told.index("225 (409%) too high") < own
    assert "225 (24%) too low" in told[own:]
    exact = sizes_in_words(made_up("m", np.tile([1.0, -1.0], 50), truth, 1))
    assert exact.count("neither") == 3
    assert "too few" in sizes_in_words(made_up("m", np.zeros(8), truth[:8], 1))


@pytest.mark.parametrize(
    ("off", "said"), [(1.5, "too narrow"), (5, "wider"), (1.9, "as wide as they should be")]
)
def test_words_on_ranges(off: float, said: str) -> None:
    errors = np.tile([0.1, 0.2, 1.0, 1.8, 2.0], 16)[:80]
    assert said in ranges_in_words(made_up("m", errors, TRUTH, off))


def test_ranges_are_told_by_tenths_of_the_estimates() -> None:
    rng = np.random.default_rng(0)
    truth = np.linspace(1000, 100_000, 2000)
    errors = rng.normal(size=2000) * truth / 10
    one_width = made_up("m", errors, truth, 7400)
    said = ranges_in_words(one_width)
    assert one_width.ranges.within == pytest.approx(0.8, abs=0.02)
    bands = one_width.by_estimate
    assert f"{bands['within'].iloc[-1]:.0%} to 100%" in said
    assert format_number(bands["from"].iloc[-1]) in said
    assert f"{bands['within'].iloc[-1]:.0%} of 200 rows" in said
    values = truth + errors
    fair = replace(
        one_width,
        estimates=replace(
            one_width.estimates, lows=values - 0.128 * truth, highs=values + 0.128 * truth
        ),
    )
    assert "too narrow" not in ranges_in_words(fair)
    assert fair.by_estimate["width"].is_monotonic_increasing
    figures = evaluation(one_width).to_dict()["models"][0]["by_estimate"]
    assert len(figures) == 10
    for band in figures:
        assert band["within_low"] <= band["within"] <= band["within_high"]
        assert band["width"] == pytest.approx(2 * 7400)


def test_numbers_are_written_as_people_write_them(tmp_path: Path) -> None:
    truth = np.linspace(-2e4, 9e5, 80)
    speed = Speed(130.2, 1832.4, 40, 7.3, 80, 100.0)
    model = replace(made_up("m", (WAVE + 0.25) * 18_320, truth, 30_000), speed=speed)
    result = evaluation(model, label="pay")
    page = save_result(result, page_of_evaluation(result), tmp_path / "out", WRITES)
    html = page.read_text(encoding="utf-8")
    shown = re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", "", html, flags=re.S))
    assert not re.search(r"\d(\.\d+)?e[+-]?\d", shown)
    assert "130 ms" in shown
    assert model.scores.mae == 27_480
    assert "27,480" in shown


@pytest.mark.parametrize(
    ("in_training", "said"),
    [(9.0, "training rows"), (0.5, "of another kind"), (1.5, None), (None, None)],
)
def test_words_on_what_is_nearer_than_in_training(
    in_training: float | None, said: str | None
) -> None:
    about = RegressorAbout(mae_in_training=in_training)
    told = training_in_words(replace(made_up("m", WAVE, TRUTH, 1), about=about))
    assert told is None if said is None else said in (told or "")


def test_a_smaller_error_on_rows_that_are_none_of_the_training_is_no_leak() -> None:
    about = RegressorAbout(mae_in_training=9.0, seen=1, repeated=0.0)
    model = replace(made_up("m", WAVE, TRUTH, 1), about=about)
    assert "another kind" in (training_in_words(model) or "")
    assert seen_in_words(model) is None
    seen = replace(model, about=replace(about, seen=60))
    assert "60 of the 80" in (seen_in_words(seen) or "")
    assert training_in_words(seen) is None
    common = replace(model, about=replace(about, seen=60, repeated=0.8))
    assert seen_in_words(common) is None  # rows of this kind repeat each other


def test_rows_that_were_learnt_from_are_pointed_out(
    home: Path, coterie: Coterie, tmp_path: Path
) -> None:
    done = coterie("evaluate", home / "luck", home / "old.csv", "--out", tmp_path / "old")
    assert done.returncode == 0, done.stderr
    assert "Warning: " in done.stdout
    assert "Rows from the training" in page_of(tmp_path / "old")
    done = coterie("evaluate", home / "luck", home / "new.csv", "--out", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    assert "Note" not in done.stdout
    assert "Warning" not in done.stdout
    assert "always estimating" in done.stdout


def test_perfect_estimates_make_no_mistakes(tmp_path: Path) -> None:
    ceiling = NumberCeiling(0.9, "Chance <b>.")
    model = made_up("perfect", np.zeros(80), TRUTH, 1)
    result = evaluation(model, label="x", ceiling=ceiling)
    (figures,) = result.figures
    assert (figures.mae, figures.rmse, figures.median_error) == (0, 0, 0)
    assert (figures.r2, figures.rank, figures.within) == (1, 1, 1)
    assert result.mistakes.empty
    report = save_result(result, page_of_evaluation(result), tmp_path / "out", WRITES)
    page = Parsed(report)
    assert page.column("Quality of the estimates", "R2")[-1] == "0.900"
    html = report.read_text(encoding="utf-8")
    assert page.headings[-2] == "Largest errors"
    assert "Chance &lt;b&gt;." in html
    assert "Cost of the answers" not in html


def test_rows_in_another_order_say_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    errors, order = rng.normal(0, 9, 80), rng.permutation(80)
    here = made_up("m", errors, TRUTH, 8)
    there = made_up("m", errors[order], TRUTH[order], 8)
    figures, mixed = (evaluation(model).figures[0].to_dict() for model in (here, there))
    for each in (figures, mixed):
        del each["intervals"]  # other rows are drawn
    assert mixed == pytest.approx(figures)
    assert evaluation(here).verdict == evaluation(there).verdict


def test_models_of_other_rows_or_one_name_are_refused() -> None:
    one, other = made_up("one", WAVE, TRUTH, 1), made_up("two", WAVE, TRUTH[::-1], 1)
    with pytest.raises(InputError, match="two"):
        evaluation(one, other)
    with pytest.raises(InputError, match="one"):
        NumberEvaluation(models=[one], records=records_of(3))
    with pytest.raises(OptionError, match="name"):
        evaluation(one, one)
    with pytest.raises(InputError, match="model"):
        NumberEvaluation(models=[], records=records_of(3))
