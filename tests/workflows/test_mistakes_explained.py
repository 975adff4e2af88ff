"""What the wrong answers have in common: columns without a text, lines of long texts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from .conftest import Coterie


def leads(rows: int, seed: int) -> pd.DataFrame:
    """Leads that are won by the hours spent, but those by mail are won whatever the hours."""
    rng = np.random.default_rng(seed)
    hours, mail = rng.uniform(0, 10, rows), rng.random(rows) < 0.1
    won = np.where(mail, rng.random(rows) < 0.5, hours > 5)
    return pd.DataFrame(
        {
            "lead": [f"L{seed}{i}" for i in range(rows)],
            "noise": rng.choice(["p", "q", "r"], rows),
            "hours": hours.round(1),
            "source": np.where(mail, "mail", "phone"),
            "won": np.where(won, "yes", "no"),
        }
    )


@pytest.fixture
def columns_judged(coterie: Coterie, tmp_path: Path) -> tuple[Path, dict, str]:
    """An ensemble on columns alone, its figures and what the command said."""
    leads(300, 0).to_csv(tmp_path / "train.csv", index=False)
    leads(400, 1).to_csv(tmp_path / "test.csv", index=False)
    model, out = tmp_path / "model", tmp_path / "out"
    given = ("--model", "ensemble", "--label", "won", "--id", "lead")
    words = ("--member", "gradient-boosting", "--out", model)
    trained = coterie("train", tmp_path / "train.csv", *given, *words)
    assert trained.returncode == 0, trained.stderr
    done = coterie("evaluate", model, tmp_path / "test.csv", "--out", out)
    assert done.returncode == 0, done.stderr
    return out, json.loads((out / "metrics.json").read_text(encoding="utf-8")), done.stdout


def test_mistakes_without_a_text_have_the_columns_that_matter_first(columns_judged) -> None:
    out, metrics, _ = columns_judged
    table = pd.read_csv(out / "mistakes.csv")
    assert "text" not in table
    own = table.columns[7:].tolist()
    assert own[0] == "hours"
    assert set(own) == {"hours", "source", "noise"}
    assert table[own].notna().all(axis=None)
    (model,) = metrics["models"]
    assert [each["column"] for each in model["columns"]] == own
    common = [value for kind in model["mistakes"] for value in kind["common"]]
    assert {("source", "mail")} <= {(each["column"], each["value"]) for each in common}
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "source: mail (" in page


def test_figures_of_few_rows_have_intervals_on_page_terminal_and_in_json(columns_judged) -> None:
    out, metrics, said = columns_judged
    (model,) = metrics["models"]
    for name in ("accuracy", "auc", "f1", "macro_f1", "precision", "recall", "ece"):
        low, high = model["intervals"][name]
        assert low <= model[name] <= high
    low, high = (f"{end:.3f}" for end in model["intervals"]["auc"])
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"{low}\N{NO-BREAK SPACE}to {high}" in page
    low, high = (f"{end:.0%}" for end in model["intervals"]["accuracy"])
    assert f"{low[:-1]}\N{EN DASH}{high}" in said


def test_many_rows_need_no_intervals_but_of_the_accuracy(coterie: Coterie, tmp_path: Path) -> None:
    leads(700, 0).to_csv(tmp_path / "train.csv", index=False)
    given = (
        "--model",
        "ensemble",
        "--label",
        "won",
        "--id",
        "lead",
        "--member",
        "gradient-boosting",
    )
    done = coterie("train", tmp_path / "train.csv", *given, "--out", tmp_path / "m", "--json")
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "m").rglob("manifest.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert "intervals" not in manifest["metrics"]


TALK = {
    "yes": "buyer: this is exactly what we need, send me the contract",
    "no": "buyer: it is far too expensive, please do not call again",
}


def talks(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    made = []
    for i in range(rows):
        won = "yes" if i % 2 else "no"
        lines = [f"agent: line {n} of small talk about the weather {rng.integers(99)}"
                 for n in range(8)]  # fmt: skip
        lines[int(rng.integers(8))] = TALK[won]
        made.append({"text": "\n".join(lines), "won": won})
    return pd.DataFrame(made)


def test_a_wrong_answer_on_a_conversation_shows_the_lines_that_speak_for_it(
    coterie: Coterie, tmp_path: Path
) -> None:
    talks(60, 0).to_csv(tmp_path / "train.csv", index=False)
    test = talks(24, 1)
    test.loc[:3, "won"] = ["yes", "no", "yes", "no"]  # against what the text says
    test.to_csv(tmp_path / "test.csv", index=False)
    model, out = tmp_path / "model", tmp_path / "out"
    given = ("--model", "linear:tfidf", "--text", "text", "--label", "won", "--out", model)
    trained = coterie("train", tmp_path / "train.csv", *given)
    assert trained.returncode == 0, trained.stderr
    done = coterie("evaluate", model, tmp_path / "test.csv", "--out", out)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(out / "mistakes.csv")
    assert table["text"].str.count("\n").eq(7).all()
    page = (out / "report.html").read_text(encoding="utf-8")
    shown = [part.partition("</summary>")[0] for part in page.split("<summary>")[1:]]
    assert len(shown) >= 4
    assert all(any(line[:30] in part for line in TALK.values()) for part in shown)
    whole = [part.partition("</details>")[0] for part in page.split('<details class="whole">')[1:]]
    assert all(part.count("small talk") >= 7 for part in whole)


def test_of_concepts_those_that_speak_for_the_wrong_answer_are_shown(
    coterie: Coterie, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    pairs, labels = [], []
    for i in range(160):
        won = "yes" if i % 2 else "no"
        told = "budget approved" if (won == "yes") != (i >= 150) else "sees no need"
        labels.append({"client": f"C{i}", "won": won})
        noise = [f"talk {n}" for n in rng.choice(6, 3, replace=False)]
        pairs += [{"client": f"C{i}", "concept": each} for each in (*noise, told)]
    frame, concepts = pd.DataFrame(labels), tmp_path / "concepts.csv"
    pd.DataFrame(pairs).to_csv(concepts, index=False)
    frame[:120].to_csv(tmp_path / "train.csv", index=False)
    frame[120:].to_csv(tmp_path / "test.csv", index=False)
    given = ("--model", "ensemble", "--label", "won", "--id", "client", "--concepts", concepts)
    words = ("--preset", "speed", "--member", "gradient-boosting", "--out", tmp_path / "model")
    trained = coterie("train", tmp_path / "train.csv", *given, *words)
    assert trained.returncode == 0, trained.stderr
    source = ("--concepts", concepts, "--out", tmp_path / "out")
    done = coterie("evaluate", tmp_path / "model", tmp_path / "test.csv", *source)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "out" / "mistakes.csv")
    assert len(table) >= 10
    assert table["concepts"].str.count(";").eq(3).all()
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    shown = [part.partition("</summary>")[0] for part in page.split("<summary>")[1:]]
    assert len(shown) >= 10
    assert all(part.startswith(("budget approved", "sees no need")) for part in shown)
