"""``coterie tune``: from labelled rows to an encoder and the proof, with a tiny random model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coterie.encoders import load_encoder
from coterie.metrics import Difference, purity_per_label, score_clusters
from coterie.profile.near import near_duplicates
from coterie.records import read_records, write_csv
from coterie.workflows.tuning.comparison import (
    FewShotAccuracy,
    JudgedEncoder,
    compare_encoders,
)
from coterie.workflows.tuning.corrections import read_corrections
from coterie.workflows.tuning.tune import TuneResult

from .conftest import Coterie

torch = pytest.importorskip("torch", reason="needs coterie[torch]")

ABOUT = {"lost": ("card", "lost"), "refund": ("refund", "payment"), "cancel": ("cancel", "order")}
OTHER = ("my", "please", "the", "a", "was", "where", "is", "it", "top", "up")
FAST = ("--epochs", 1, "--batch", 16, "--learning-rate", 0.005)


def labelled(rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    wants = [list(ABOUT)[row % 3] for row in range(rows)]
    texts = [
        " ".join(rng.permutation([*ABOUT[want], *rng.choice(OTHER, rng.integers(2, 8))]))
        for want in wants
    ]
    ids = [f"m{row}" for row in range(rows)]
    return pd.DataFrame({"id": ids, "text": texts, "want": wants})


@pytest.fixture
def tiny(st_folder: Callable[..., Path]) -> Path:
    return st_folder("bert")


@pytest.fixture
def tune(coterie: Coterie, tiny: Path, tmp_path: Path) -> Callable[..., object]:
    """Type ``coterie tune`` on a frame."""

    def run(frame: pd.DataFrame, *words: object) -> object:
        path = tmp_path / "messages.csv"
        frame.to_csv(path, index=False)
        given = ("--text", "text", "--id", "id", "--label", "want", "--encoder", tiny)
        return coterie("tune", path, *given, *FAST, "--out", tmp_path / "out", *words)

    return run


def test_labelled_rows_lead_to_an_encoder_and_a_page(
    tune: Callable[..., object], tiny: Path, tmp_path: Path
) -> None:
    done = tune(labelled(240), "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    out = tmp_path / "out"
    assert said == {
        **json.loads((out / "metrics.json").read_text(encoding="utf-8")),
        "report": str(out / "report.html"),
    }
    assert said["learnt_from"] + said["kept_back"] + said["judged_on"] == said["rows"] == 240
    assert said["base"]["ari"] is not None
    assert said["tuned"]["few_shot"]["5"]["mean"] > said["base"]["few_shot"]["1"]["mean"] - 0.2
    assert said["training"]["epochs"][1]["loss"] > 0
    encoder = load_encoder(str(out))
    assert encoder.fingerprint == said["tuned"]["fingerprint"] != said["base"]["fingerprint"]
    assert not (out / ".training").exists()
    assert said["form"] == TuneResult.form
    assert said["verdict"] in (out / "report.html").read_text(encoding="utf-8")
    shown = tune(labelled(240))
    assert said["verdict"].split(":")[0] in " ".join(shown.stdout.split())
    assert f"{said['tuned']['ari']:z.3f}" in shown.stdout
    assert str(out / "report.html") in shown.stdout


def test_no_near_duplicate_is_on_both_sides(tune: Callable[..., object], tmp_path: Path) -> None:
    frame = labelled(200)
    rng = np.random.default_rng(1)
    copies = frame.sample(60, random_state=1)
    slightly = [f"{text}{rng.choice(['!', ' ?', '.'])}".upper() for text in copies["text"]]
    copies = copies.assign(id=[f"c{i}" for i in range(60)], text=slightly)
    done = tune(pd.concat([frame, copies]))
    assert done.returncode == 0, done.stderr
    used = pd.read_csv(tmp_path / "out" / "split.csv").set_index("id")["used"]
    table = pd.concat([frame, copies]).set_index("id")
    texts = table["text"].tolist()
    side = used.loc[table.index].replace("validation", "train").to_numpy()
    assert set(side) == {"train", "test"}
    near = near_duplicates(texts, threshold=0.8)
    for members in pd.Series(np.arange(len(texts))).groupby(near.chain).groups.values():
        assert len(set(side[members])) == 1
    sides = pd.Series(side).groupby([text.lower().strip("!?. ") for text in texts]).nunique()
    assert (sides == 1).all()


def test_wrong_labels_are_listed_and_answers_are_taken(
    tune: Callable[..., object], tmp_path: Path
) -> None:
    frame = labelled(240)
    wrong = ["m0", "m30", "m60", "m90"]  # all of them lost
    frame.loc[frame["id"].isin(wrong), "want"] = "refund"
    assert tune(frame).returncode == 0
    path = tmp_path / "out" / "suspects.csv"
    listed = pd.read_csv(path, keep_default_na=False)
    caught = set(listed["id"]) & set(wrong)
    assert len(caught) >= 2  # the encoder's vectors are random: it cannot see all
    listed["action"] = np.where(listed["id"].isin(wrong), "fix", "drop")
    listed.to_csv(tmp_path / "answers.csv", index=False)
    done = tune(frame, "--corrections", tmp_path / "answers.csv", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)["suspects"]
    assert said["fixed"] == len(caught)
    assert said["dropped"] == len(listed) - len(caught)
    split = pd.read_csv(tmp_path / "out" / "split.csv").set_index("id")
    assert all(split.loc[name, "label"] == "lost" for name in caught)
    listed["action"] = "perhaps"
    listed.to_csv(tmp_path / "answers.csv", index=False)
    if len(listed):
        refused = tune(frame, "--corrections", tmp_path / "answers.csv")
        assert refused.returncode == 2
        assert "'perhaps'" in refused.stderr


def test_answers_about_test_rows_are_taken_too(tune: Callable[..., object], tmp_path: Path) -> None:
    frame = labelled(240)
    assert tune(frame).returncode == 0
    split = pd.read_csv(tmp_path / "out" / "split.csv").set_index("id")
    one, other = split.index[split["used"] == "test"][:2]
    answers = pd.DataFrame(
        {"id": [one, other], "suggested": ["refund", ""], "action": ["fix", "drop"]}
    )
    answers.to_csv(tmp_path / "answers.csv", index=False)
    done = tune(frame, "--corrections", tmp_path / "answers.csv", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["judged_on"] == (split["used"] == "test").sum() - 1
    again = pd.read_csv(tmp_path / "out" / "split.csv").set_index("id")
    assert again.loc[one, "label"] == "refund"
    assert again.loc[other, "used"] != "test"
    assert (again["used"] == "train").sum() == (split["used"] == "train").sum()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(want="one"), "label"),
        (lambda t: t.assign(want=t["id"]), "label"),
        (lambda t: t.assign(text="always the same card"), "label"),
        (lambda t: t.assign(want=""), "label"),
    ],
    ids=["one label", "labels with one row each", "one text with all labels", "no label"],
)
def test_labels_that_teach_nothing_are_one_sentence(
    change: Callable[[pd.DataFrame], pd.DataFrame],
    said: str,
    tune: Callable[..., object],
    tmp_path: Path,
) -> None:
    done = tune(change(labelled(60)))
    assert done.returncode == 2
    assert said in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.count(". ") == 0
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_conflicting_labels_and_rare_ones_are_reported(
    tune: Callable[..., object], tmp_path: Path
) -> None:
    frame = labelled(150)
    twice = frame.head(20).assign(id=[f"d{i}" for i in range(20)], want="cancel")
    rare = pd.DataFrame({"id": ["r1"], "text": ["where is it top up a card"], "want": ["rare"]})
    done = tune(pd.concat([frame, twice, rare]), "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["train_only_labels"] == ["rare"]
    listed = pd.read_csv(tmp_path / "out" / "suspects.csv", keep_default_na=False)
    assert listed["reason"].str.contains("same text").any()


def test_the_encoder_itself_is_never_written_over(
    coterie: Coterie, tiny: Path, tmp_path: Path
) -> None:
    path = tmp_path / "messages.csv"
    labelled(60).to_csv(path, index=False)
    before = (tiny / "model.safetensors").read_bytes()
    words = ("--text", "text", "--label", "want", "--encoder", tiny, "--out", tiny)
    done = coterie("tune", path, *words)
    assert done.returncode == 2
    assert str(tiny) in done.stderr
    assert (tiny / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("encoder", ["tfidf", "static"])
def test_an_encoder_without_weights_to_tune_is_refused(
    encoder: str, coterie: Coterie, tmp_path: Path
) -> None:
    path = tmp_path / "messages.csv"
    labelled(30).to_csv(path, index=False)
    words = ("--text", "text", "--label", "want", "--encoder", encoder)
    done = coterie("tune", path, *words, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert encoder in done.stderr


def test_the_label_column_must_be_named(coterie: Coterie, tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    labelled(30).to_csv(path, index=False)
    words = ("--text", "text", "--encoder", tiny, "--out", tmp_path / "out")
    done = coterie("tune", path, *words)
    assert done.returncode == 2
    assert "label" in done.stderr


def test_a_recipe_tunes_or_says_why_not(coterie: Coterie, tiny: Path, tmp_path: Path) -> None:
    path, recipe = tmp_path / "messages.csv", tmp_path / "mine.toml"
    labelled(150).to_csv(path, index=False)
    recipe.write_text(
        '[data]\ntext = "text"\nlabels = "want"\n[tune]\nepochs = 1\nlearning_rate = 0.005\n',
        encoding="utf-8",
    )
    for encoder, expected in ((tiny, "tune/report.html"), ("tfidf", "cannot be tuned")):
        out = tmp_path / Path(encoder).name
        done = coterie("run", recipe, "--data", path, "--encoder", encoder, "--out", out)
        assert done.returncode == 0, done.stderr
        assert expected in (out / "index.html").read_text(encoding="utf-8")
    run = json.loads((tmp_path / tiny.name / "run.json").read_text(encoding="utf-8"))
    assert run["tune"]["rows"] == 150


def test_labels_that_teach_nothing_leave_a_recipe_its_other_stages(
    coterie: Coterie, tiny: Path, tmp_path: Path
) -> None:
    path, recipe = tmp_path / "messages.csv", tmp_path / "mine.toml"
    labelled(60).assign(want="one").to_csv(path, index=False)
    recipe.write_text(
        '[data]\ntext = "text"\nlabels = "want"\n[explore]\n[tune]\n', encoding="utf-8"
    )
    done = coterie("run", recipe, "--data", path, "--encoder", tiny, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "explore/explore.html" in html
    assert "Left out:" in html
    missing = recipe.with_name("other.toml")
    missing.write_text(
        '[data]\ntext = "text"\nlabels = "want"\n[tune]\nlabel = "wnat"\n', encoding="utf-8"
    )
    done = coterie("run", missing, "--data", path, "--encoder", tiny, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "wnat" in done.stderr


def test_answers_find_ids_and_labels_that_look_like_formulas(tmp_path: Path) -> None:
    frame = labelled(9).assign(id=[f"=id{i}" for i in range(9)])
    frame["want"] = "=" + frame["want"]
    frame.to_csv(tmp_path / "t.csv", index=False)
    records = read_records(tmp_path / "t.csv", text="text", id="id", labels=["want"])
    answers = pd.DataFrame({"id": ["=id3"], "suggested": ["=refund"], "action": ["fix"]})
    write_csv(answers, tmp_path / "answers.csv")
    assert "'=id3" in (tmp_path / "answers.csv").read_text(encoding="utf-8")
    found = read_corrections(tmp_path / "answers.csv", records)
    assert found == {3: "=refund"}


def side(
    labels: np.ndarray, wrong: float, missed: float, *, seed: int, out: tuple[str, float] = ("", 0)
) -> JudgedEncoder:
    """Make the figures of an encoder: shares of rows in a wrong group, and of wrong answers.

    ``out`` names a label, and the share of its rows that are outside.
    """
    from types import SimpleNamespace

    rng = np.random.default_rng(seed)
    n = len(labels)
    groups = np.where(rng.random(n) < wrong, rng.choice(np.unique(labels), n), labels)
    groups = groups.astype(object)
    groups[(labels == out[0]) & (rng.random(n) < out[1])] = None
    right = (rng.random((n, 5)) >= missed).mean(axis=1)
    return JudgedEncoder(
        encoder="made up",
        fingerprint="",
        discovery=SimpleNamespace(),  # type: ignore[arg-type]
        scores=score_clusters(groups, labels),
        purity=purity_per_label(groups, labels),
        cosines=SimpleNamespace(),  # type: ignore[arg-type]
        few_shot={5: FewShotAccuracy(float(right.mean()), 0.0)},
        groups=groups,
        right=right,
    )


LABELS = np.repeat([*"abcdefgh"], 50).astype(object)


@pytest.mark.parametrize(
    ("wrong", "missed", "outcome", "much"),
    [
        (0.3, 0.2, "same", False),
        (0.05, 0.05, "better", True),
        (0.24, 0.2, "better groups", False),
        (0.3, 0.05, "better few-shot", True),
        (0.6, 0.2, "worse", False),
        (0.05, 0.4, "mixed", True),
    ],
)
def test_the_verdict_says_what_the_figures_say(
    wrong: float, missed: float, outcome: str, much: bool
) -> None:
    base, tuned = side(LABELS, 0.3, 0.2, seed=0), side(LABELS, wrong, missed, seed=0)
    found = compare_encoders(base, tuned, LABELS)
    assert found.outcome == outcome
    told = found.verdict
    assert ("much better" in told) is (much and outcome != "mixed")
    for each in (base, tuned):
        for figure in ("400", f"{each.scores.ari:.2f}", f"{each.few_shot[5].mean:.1%}"):
            assert figure in told


def test_equal_encoders_seldom_seem_to_differ() -> None:
    alarms = 0
    for seed in range(0, 80, 2):
        pair = [side(LABELS, 0.3, 0.2, seed=seed + place) for place in (0, 1)]
        alarms += compare_encoders(*pair, LABELS).outcome != "same"
    assert alarms <= 4  # of 40, where at most 2 are expected


def test_figures_that_round_to_the_same_digits_are_never_better() -> None:
    base = side(LABELS, 0.3, 0.2, seed=0)
    far = replace(base, scores=replace(base.scores, ari=base.scores.ari + 0.001))
    found = compare_encoders(base, far, LABELS)
    sure = replace(found, ari=Difference(0.03, 0.02, 0.04, 0.0, 400))  # if the test were that sure
    assert f"{far.scores.ari:.2f}" == f"{base.scores.ari:.2f}"
    assert sure.outcome == "same"


def test_the_verdict_names_a_fall_in_coverage_and_in_purity() -> None:
    base = side(LABELS, 0.0, 0.2, seed=0)
    tuned = side(LABELS, 0.0, 0.05, seed=0, out=("b", 0.5))
    found = compare_encoders(base, tuned, LABELS)
    assert tuned.scores.coverage < 0.97
    assert "100.0%" in found.verdict
    assert f"{tuned.scores.coverage:.1%}" in found.verdict
    mixed = np.where(LABELS == "c", np.where(np.arange(400) % 2, "d", "c"), LABELS).astype(object)
    worse = replace(
        base,
        groups=mixed,
        purity=purity_per_label(mixed, LABELS),
        scores=score_clusters(mixed, LABELS),
    )
    found = compare_encoders(base, worse, LABELS)
    assert found.purity.set_index("label").loc["d", "significant"]
    assert "d (100% to 67%)" in found.verdict
    lost = np.where(LABELS == "e", None, LABELS)
    gone = replace(base, groups=lost, purity=purity_per_label(lost, LABELS))
    assert "No row of e" in compare_encoders(base, gone, LABELS).verdict


def test_a_fall_of_few_rows_is_named_and_not_significant() -> None:
    labels = np.repeat([*"ab"], [6, 40]).astype(object)
    base = side(labels, 0.0, 0.2, seed=0)
    groups = labels.copy()
    groups[6] = "a"
    tuned = replace(base, groups=groups, purity=purity_per_label(groups, labels))
    found = compare_encoders(base, tuned, labels)
    assert not found.purity["significant"].any()
    assert "a (100% to 86%)" in found.verdict
    assert "significant" in found.verdict.partition("a (100% to 86%)")[2]
