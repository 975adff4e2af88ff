"""``coterie run``: whole recipes from the command line, on invented data."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coterie.encoders import load_encoder
from coterie.errors import InputError, OptionError
from coterie.recipes.data import read_dataset
from coterie.recipes.recipe_files import load_recipe
from coterie.recipes.result import RunResult
from coterie.recipes.runner import run_recipe
from coterie.recipes.settings import DataSettings
from coterie.synthetic import generate

from .conftest import Coterie

TFIDF = ("--encoder", "tfidf")


def test_support_leads_from_invented_messages_to_pages(coterie: Coterie, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = coterie("run", "support", "--rows", 200, *TFIDF, "--out", out)
    assert done.returncode == 0, done.stderr
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["form"] == RunResult.form
    assert run["rows_in"] == 200
    assert {"intent", "category"} == set(run["discover"]["labels"])
    html = (out / "index.html").read_text(encoding="utf-8")
    for page in ("explore/explore.html", "discover/report.html"):
        assert f'href="{page}"' in html
        assert (out / page).is_file()
    assert str(out / "index.html") in done.stdout
    assert run["rows"] + run["set_aside"] == 200


def test_five_classes_work_and_the_absent_one_is_named(coterie: Coterie, tmp_path: Path) -> None:
    made = generate("attendees", tmp_path / "data", 60, 1, ["Sourcing: Deciding"])
    badges, labels, _ = made.files
    out = tmp_path / "out"
    done = coterie(
        "run", "attendees", "--data", badges, "--join", labels, *TFIDF, "--out", out, "--json"
    )
    assert done.returncode == 0, done.stderr
    assert "Sourcing: Deciding" in done.stderr
    said = json.loads(done.stdout)
    assert said["assign"]["label"] == "ClusterId"
    scores = said["assign"]["encoders"]["tfidf"]
    assert scores["labelled"] == said["rows"]
    assert 0 <= scores["accuracy"] <= 1
    assert sum(row["assigned"] for row in said["assign"]["classes"]["tfidf"]) == said["rows"]
    rows = pd.read_csv(out / "assign" / "assignments.csv")
    assert len(rows) == said["rows"]
    assert rows["id"].str.startswith("BadgeId_").all()
    segments = json.loads((out / "assign" / "segments.json").read_text(encoding="utf-8"))
    assert sum(segment["size"] for segment in segments["segments"]) == said["rows"]


def test_badges_that_have_a_summary_and_no_sessions_run_as_they_are(
    coterie: Coterie, tmp_path: Path
) -> None:
    topics = {"Learning": "training in statistics", "Networking": "lunch with peers"}
    badges = [
        {"BadgeId": f"BadgeId_{n}", "AggregatedInfo": f"{topics[name]}, a talk on day {n}"}
        for n, name in enumerate([*topics] * 25)
    ]
    badges += [{"BadgeId": "BadgeId_3", "AggregatedInfo": "a second record of the same badge"}]
    badges += [{"BadgeId": "BadgeId_900", "AggregatedInfo": None}]
    table, labels = tmp_path / "badge_id_aggregated_results.json", tmp_path / "labels.csv"
    table.write_text(json.dumps(badges))
    pairs = [f"BadgeId_{n},{name}" for n, name in enumerate([*topics] * 25)]
    pairs += ["BadgeId_900,Learning"]
    labels.write_text("\n".join(["BadgeId,ClusterId", *pairs]) + "\n")
    out = tmp_path / "out"
    words = ["run", "attendees", "--data", table, "--join", labels, *TFIDF, "--out", out]
    (tmp_path / "quick.toml").write_text('[train]\nmodels = ["linear"]\nmembers = []\n')
    done = coterie(*words, "--settings", tmp_path / "quick.toml", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["rows"], said["rows_in"], said["set_aside"]) == (50, 52, 1)
    assert "AggregatedInfo" in " ".join(said["choices"])
    aside = pd.read_csv(out / "quarantine.csv")
    assert aside["id"].tolist() == ["BadgeId_900"]
    predictions = pd.read_csv(out / "train" / "predictions.csv")
    assert {"BadgeId", "ClusterId", "confidence"} <= set(predictions.columns)


def test_the_older_settings_compare_encoders_and_keep_the_token(
    coterie: Coterie, tmp_path: Path
) -> None:
    generate("attendees", tmp_path / "data", 50, 0)
    encoder = load_encoder("tfidf", fit_on=["a show of new machines", "talks and stands"] * 3)
    encoder.save(tmp_path / "other")  # type: ignore[attr-defined]
    old = tmp_path / "config.yaml"
    old.write_text(
        "clustering_config:\n  access_token: hf_secret_of_mine\n"
        f"  model_name: [tfidf, {tmp_path / 'other'}]\n"
        "  backend_type: transformers\n  clustering_algorithm: kmeans\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    done = coterie("run", "--config", old, "--rows", 50, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["discover"]["method"] == "kmeans"
    assert list(said["assign"]["encoders"]) == ["tfidf", str(tmp_path / "other")]
    assert 0 <= said["assign"]["agreement"][0]["share"] <= 1
    written = [path.read_bytes() for path in out.rglob("*") if path.is_file()]
    shown = [done.stdout.encode(), done.stderr.encode()]
    assert not any(b"hf_secret" in content for content in written + shown)


def test_a_file_of_settings_is_a_recipe_of_its_own_or_that_of_the_older_form(
    tmp_path: Path,
) -> None:
    old = tmp_path / "old.yaml"
    old.write_text("clustering_config: {model_name: [tfidf], clustering_algorithm: kmeans}\n")
    read = load_recipe(None, settings=old)
    over = load_recipe("attendees", settings=old)
    assert read == over
    own = tmp_path / "own.toml"
    own.write_text('[data]\nsource = "some.csv"\ntext = ["said"]\n')
    assert load_recipe(None, settings=own) == load_recipe(own)
    with pytest.raises(OptionError):
        load_recipe(None)
    with pytest.raises(InputError):
        load_recipe(None, settings=tmp_path / "absent.toml")


def test_nothing_to_run_is_said(coterie: Coterie, tmp_path: Path) -> None:
    done = coterie("run", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "attendees" in done.stderr


def test_an_encoder_that_cannot_be_loaded_is_named_and_the_others_go_on(
    coterie: Coterie, tmp_path: Path
) -> None:
    generate("attendees", tmp_path / "data", 60, 0)
    recipe, out = tmp_path / "mine.yaml", tmp_path / "out"
    recipe.write_text(
        "clustering_config:\n"
        "  backend_type: transformers\n"
        f"  model_name: [{tmp_path}/first, tfidf, {tmp_path}/second, static]\n"
        f"data: {{source: {tmp_path}/data, group: BadgeId, text: [SessionInfo, AggregatedInfo]}}\n"
        "assign: {nomenclature: attendees}\n",
        encoding="utf-8",
    )
    done = coterie("run", recipe, "--out", out)
    assert done.returncode == 0, done.stderr
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert list(run["assign"]["encoders"]) == ["tfidf", "static"]
    assert list(run["assign"]["unreachable"]) == [f"{tmp_path}/second"]
    assert "/first" in run["left_out"][0]
    page = (out / "index.html").read_text(encoding="utf-8")
    for missing in ("/first", "/second"):
        assert missing in done.stderr
        assert missing in done.stdout.replace("\n", "")
        assert missing in page


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
def test_a_recipe_embeds_each_text_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for a few that are timed."""
    from coterie.encoders import MemoryCache, Vectors, memory

    generate("attendees", tmp_path / "data", 60, 0)
    embedded: Counter[str] = Counter()
    write = memory._MemoryShelf.write

    def counted(shelf: memory._MemoryShelf, texts: Sequence[str], vectors: Vectors) -> None:
        embedded.update(texts)
        write(shelf, texts, vectors)

    monkeypatch.setattr(memory._MemoryShelf, "write", counted)
    wanted = {
        "data": {"source": str(tmp_path / "data")},
        "explore": {},
        "discover": {},
        "assign": {"nomenclature": "attendees"},
        "train": {"models": ["few-shot", "linear", "voting"], "members": ["few-shot", "linear"]},
    }
    settings = load_recipe("attendees", overrides=wanted)
    run_recipe(settings, tmp_path / "out", cache=MemoryCache())
    assert len(embedded) > 100
    assert set(embedded.values()) == {1}


def test_a_table_without_the_columns_names_the_candidates(coterie: Coterie, tmp_path: Path) -> None:
    table = tmp_path / "other.csv"
    table.write_text("person,said\na,hello\n", encoding="utf-8")
    done = coterie("run", "attendees", "--data", table, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "no text column such as 'SessionInfo'" in done.stderr
    assert "--text" in done.stderr


def test_a_record_of_rows_is_the_mean_of_its_rows(tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("who,said\na,red car\nb,blue boat\na,green car\nb,\n,lost\n", encoding="utf-8")
    settings = DataSettings(source=str(table), text=("nothing", "said"), group=("who",))
    dataset = read_dataset(settings, level="row", seed=0, generate_into=tmp_path)
    encoder = load_encoder("tfidf", fit_on=dataset.texts, dim=2)
    vectors = dataset.embed(encoder, None)
    one, other = encoder.encode(["red car", "green car"])
    mean = (one + other) / np.linalg.norm(one + other)
    assert dataset.records.ids.tolist() == ["a", "b"]
    np.testing.assert_allclose(vectors[0], mean, atol=1e-5)
    np.testing.assert_allclose(vectors[1], encoder.encode(["blue boat"])[0], atol=1e-5)
    assert vectors.dtype == np.float32
    assert "The text is 'said'." in dataset.choices


def test_a_label_that_is_not_there_is_refused(coterie: Coterie, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("text,intent\nhello there,greet\n", encoding="utf-8")
    done = coterie(
        "run", "support", "--data", table, "--label", "intnet", "--out", tmp_path / "out"
    )
    assert done.returncode == 2
    assert "'intent'" in done.stderr


def test_a_generated_folder_is_data_as_it_is(coterie: Coterie, tmp_path: Path) -> None:
    made, out = tmp_path / "made", tmp_path / "out"
    assert coterie("generate", "attendees", "--rows", 60, "--out", made).returncode == 0
    done = coterie("run", "attendees", "--data", made, *TFIDF, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["assign"]["label"] == "ClusterId"
    assert said["rows"] + said["set_aside"] >= 60


def test_pages_of_a_recipe_show_personal_data_only_where_asked(
    coterie: Coterie, tmp_path: Path
) -> None:
    wants = ("refund my lamp", "track my parcel", "unlock my account")
    rows = [f"{wants[i % 3]} {i}; jo{i}@example.com, +44 20 7946 {1000 + i}" for i in range(60)]
    pd.DataFrame({"text": rows}).to_csv(tmp_path / "t.csv", index=False)
    recipe = tmp_path / "own.toml"
    said = '[data]\nsource = "t.csv"\ntext = "text"\n[embed]\nencoder = "tfidf"\n[discover]\n'
    recipe.write_text(said + "groups = 3\n", encoding="utf-8")
    asking = tmp_path / "asking.toml"
    asking.write_text("show_personal = true\n" + said + "groups = 3\n", encoding="utf-8")
    masked, typed, written = (tmp_path / name for name in ("masked", "typed", "written"))
    given = ("--data", tmp_path / "t.csv")
    assert coterie("run", recipe, *given, "--out", masked).returncode == 0
    assert coterie("run", recipe, *given, "--show-personal", "--out", typed).returncode == 0
    assert coterie("run", asking, *given, "--out", written).returncode == 0
    for out, there in ((masked, False), (typed, True), (written, True)):
        for name in ("report.html", "segments.json"):
            file = (out / "discover" / name).read_text(encoding="utf-8")
            assert ("@example.com" in file) == there
            assert ("+44 20 7946" in file) == there


DIE_IN = """
import os, sys
from coterie import cli
from coterie.classifiers import linear
from coterie.tuning import train
where = sys.argv.pop(1)
def die(*_, **__):
    os.kill(os.getpid(), 9)
if where == "linear":
    linear.LinearClassifier.fit = die
else:
    train._Run._step = die
sys.exit(cli.main())
"""


def test_a_killed_run_goes_on_and_repeats_no_tuning(
    st_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="needs coterie[torch]")
    scratch, out, recipe = tmp_path / "tmp", tmp_path / "out", tmp_path / "recipe.toml"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setenv("COTERIE_CACHE", str(tmp_path / "cache"))
    recipe.write_text(
        f"""
        [data]
        generate = "sales"
        rows = 40
        group = ["conversation_id"]
        order = ["turn"]
        text = ["text"]
        first = 2
        labels = ["outcome"]
        split = ["split"]
        [embed]
        encoder = {str(st_folder("bert"))!r}
        [train]
        models = ["few-shot", "contrastive", "linear"]
        epochs = 1
        """,
        encoding="utf-8",
    )

    def run(where: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-c", DIE_IN, where, "run", str(recipe), "--out", str(out))
        return subprocess.run(command, capture_output=True, text=True, check=False)

    killed = run("linear")
    assert killed.returncode == -9, killed.stderr
    trainings = tmp_path / "cache" / "trainings"
    assert any(trainings.iterdir())
    models = out / "models"
    assert sorted(path.name for path in models.iterdir()) == ["contrastive", "few-shot"]
    assert not (out / "index.html").exists()
    again = run("tuning")
    assert again.returncode == 0, again.stderr  # no step of tuning was done
    assert (out / "index.html").is_file()
    for model in ("few-shot", "contrastive", "linear"):
        assert len([*(models / model / "versions").iterdir()]) == 1
    left = [path for path in scratch.rglob("*") if path.is_file() and path.name != ".lock"]
    assert left == []
    assert not any(trainings.iterdir())  # the states went with the run that ended
