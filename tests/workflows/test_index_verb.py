"""``coterie index`` and ``coterie search`` from the command line, on generated and on real rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from coterie.cli import main
from coterie.encoders.weights import find_minilm
from coterie.errors import EncoderError, OptionError
from coterie.recipes.recipe_files import load_recipe
from coterie.recipes.runner import run_recipe
from coterie.synthetic import generate

FEW = pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")

Run = Callable[..., Any]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command that answers in JSON."""

    def typed(*arguments: object) -> Any:
        assert main([*map(str, arguments), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return typed


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("profiles")
    generate("adopters", home, rows=400)
    return home / "profiles.csv"


@pytest.fixture
def people(profiles: Path, tmp_path: Path, run: Run) -> Path:
    home = tmp_path / "people"
    template = "{about} {adopter_category}. Interested in {interests}."
    run("index", profiles, "--id", "id", "--text", template, "--encoder", "tfidf", "--out", home)
    return home


@FEW
def test_index_tells_what_it_holds(profiles: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "people"
    told = run(
        "index", profiles, "--id", "id", "--text", "about", "--encoder", "tfidf", "--out", out
    )
    frame = pd.read_csv(profiles)
    assert told["rows"] == frame["about"].notna().sum()
    assert told["set_aside"] == frame["about"].isna().sum()
    kinds = {column["name"]: column["kind"] for column in told["columns"]}
    assert kinds["annual_budget"] == "number"
    assert kinds["joined"] == "date"
    assert kinds["remote"] == "truth"
    assert kinds["interests"] == "tags"
    levels = {column["name"]: column["levels"] for column in told["columns"]}
    assert levels["budget"] == ["Low", "Medium", "High"]
    assert levels["adopter_category"][0] == "Laggard"
    assert levels["tech_proficiency"][-1] == "Expert"
    assert levels["company_size"][0] == "1-10"


@FEW
def test_every_hit_passes_the_filter(people: Path, profiles: Path, run: Run) -> None:
    where = "sector IN ('Technology', 'Healthcare') AND budget >= 'Medium' AND age < 60"
    told = run("search", people, "AI assistants", "--where", where, "-k", 1000)
    frame = pd.read_csv(profiles).set_index("id")
    mask = (
        frame["sector"].isin(["Technology", "Healthcare"])
        & frame["budget"].isin(["Medium", "High"])
        & (frame["age"] < 60)
    )
    assert {hit["id"] for hit in told["hits"]} == set(frame.index[mask])
    assert told["plan"]["matches"] == mask.sum()
    assert told["plan"]["recall"] == 1


@FEW
def test_rows_are_changed_by_id(people: Path, profiles: Path, tmp_path: Path, run: Run) -> None:
    frame = pd.read_csv(profiles, dtype=str)
    changed = frame.head(3).assign(sector="Space", about="builds rockets")
    new = frame.tail(2).assign(id=["N1", "N2"], sector="Space", about="counts rockets")
    pd.concat([changed, new]).to_csv(tmp_path / "more.csv", index=False)
    assert (
        main(["index", str(tmp_path / "more.csv"), "--out", str(people), "--mode", "append"]) == 2
    )
    assert run("search", people, "--where", "sector = 'Space'")["hits"] == []
    run("index", tmp_path / "more.csv", "--out", people, "--mode", "update")
    told = run("search", people, "rockets", "--where", "sector = 'Space'")
    assert {hit["id"] for hit in told["hits"]} == {*frame["id"].head(3), "N1", "N2"}
    new.to_csv(tmp_path / "gone.csv", index=False)
    run("index", tmp_path / "gone.csv", "--out", people, "--mode", "delete")
    run("index", "--out", people, "--delete", frame["id"][0])
    told = run("search", people, "rockets", "--where", "sector = 'Space'")
    assert {hit["id"] for hit in told["hits"]} == set(frame["id"][1:3])


@FEW
def test_a_search_writes_its_page(people: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "hits"
    told = run("search", people, "--like", "P00003", "--unlike", "P00004", "--out", out)
    assert sorted(path.name for path in out.iterdir() if path.name[0] != ".") == [
        "hits.csv",
        "hits.json",
        "report.html",
    ]
    assert told["report"] == str(out / "report.html")
    (out / "report.html").write_text("my own notes")
    assert main(["search", str(people), "x", "--out", str(out)]) == 2
    assert (out / "report.html").read_text() == "my own notes"


@FEW
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--where", "sectr = 'x'"], "sector"),
        (["--where", "sector = "], "sector"),
        (["--where", "age > 'old'"], "age"),
        (["--like", "P0001"], "P00"),
        (["--one-per", "sektor"], "sector"),
        (["--by", "sense"], "by"),
    ],
)
def test_errors_are_one_sentence_with_the_mend(
    people: Path, arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["search", str(people), "words", *arguments]) == 2
    said = capsys.readouterr().err.strip()
    assert named in said
    assert "\n" not in said


@FEW
def test_an_index_is_not_written_over(people: Path, profiles: Path, run: Run) -> None:
    again = ["index", str(profiles), "--text", "about", "--encoder", "tfidf", "--out", str(people)]
    assert main(again) == 2
    assert main([*again, "--overwrite"]) == 0
    assert main(["index", str(profiles), "--out", str(people), "--mode", "appendd"]) == 2
    assert main(["index", "--out", str(people), "--mode", "append"]) == 2
    assert main([*again, "--mode", "append", "--overwrite"]) == 2
    assert main(["index", str(profiles), "--out", str(people.parent / "other")]) == 2  # no text
    (people.parent / "other.quarantine.csv").write_text("mine")
    assert main([*again[:-1], str(people.parent / "other")]) == 2  # rows would be set aside there
    assert (people.parent / "other.quarantine.csv").read_text() == "mine"
    assert main([*again, "--mode", "append"]) == 2  # the encoder was settled


@FEW
def test_what_was_found_is_printed(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["search", str(people), "drones", "--where", "age > 30", "--explain"]) == 0
    said = capsys.readouterr().out
    assert "age > 30" in said
    assert "P00" in said
    assert "exact" in said


@pytest.mark.weights
@FEW
def test_the_recipe_runs_its_queries(tmp_path: Path, run: Run) -> None:
    _need_weights()
    result = run_recipe(
        load_recipe("adopters", overrides={"data": {"rows": 300}}), tmp_path / "out"
    )
    assert result.indexed is not None
    assert len(result.searched) == 4
    for number, found in enumerate(result.searched, 1):
        assert found.filters
        assert (tmp_path / "out" / "search" / str(number) / "report.html").is_file()
    html = result.index.read_text(encoding="utf-8")
    assert "{about}" in html  # the template of the description
    hits = result.searched[0].table
    assert hits["adopter_category"].eq("Early adopter").all()
    assert hits["tech_proficiency"].isin(["Advanced", "Expert"]).all()
    run("index", "--out", tmp_path / "out" / "index", "--delete", "P00001")
    settings = load_recipe("adopters", overrides={"data": {"rows": 300}})
    with pytest.raises(OptionError, match="changed since"):  # a person's change would be lost
        run_recipe(settings, tmp_path / "out")


@FEW
def test_a_recipe_whose_filter_cannot_be_read_keeps_all_else(tmp_path: Path) -> None:
    asked = {
        "data": {"rows": 60},
        "embed": {"encoder": "tfidf"},
        "search": {"where": "nothing = 1"},
    }
    result = run_recipe(load_recipe("adopters", overrides=asked), tmp_path / "out")
    assert len(result.searched) == 0
    html = result.index.read_text(encoding="utf-8")
    assert "nothing" in html
    assert (tmp_path / "out" / "run.json").is_file()


@FEW
def test_a_page_of_hits_that_a_person_changed_stops_a_recipe(tmp_path: Path) -> None:
    page = tmp_path / "out" / "search" / "2" / "report.html"
    page.parent.mkdir(parents=True)
    page.write_text("my notes")
    asked = {"data": {"rows": 60}, "embed": {"encoder": "tfidf"}}
    with pytest.raises(OptionError):
        run_recipe(load_recipe("adopters", overrides=asked), tmp_path / "out")
    assert page.read_text() == "my notes"
    assert not (tmp_path / "out" / "index").exists()


ROLE = "Which one of these roles are you most interested in?"
WISH = "Would you prefer to..."
PLACE = "Would you prefer to work..."
HOURS = "About how many hours do you spend learning each week?"
SPENT = (
    "Aside from university tuition, about how much money have you spent on learning to code so far "
    "(in US dollars)?"
)
MOVES = "Are you willing to relocate for a job?"
CAMP = "Have you attended a full-time coding bootcamp?"

QUESTIONS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "data scientists who want to work for a startup and are willing to relocate": lambda t: (
        (t[ROLE] == "Data Scientist / Data Engineer")
        & (t[WISH] == "work for a startup")
        & (t[MOVES] == 1)
    ),
    "learn more than 20 hours a week and spent over $1,000": lambda t: (
        (pd.to_numeric(t[HOURS], errors="coerce") > 20)
        & (pd.to_numeric(t[SPENT], errors="coerce") > 1000)
    ),
    "full-stack web developers who went to hackathons": lambda t: (
        (t[ROLE] == "Full-Stack Web Developer") & t["hackathons"].notna()
    ),
    "attended a bootcamp and prefer to work from home": lambda t: (
        (t[CAMP] == 1) & (t[PLACE] == "from home")
    ),
}


@pytest.mark.data
@pytest.mark.weights
@FEW
def test_questions_about_real_people_are_answered_by_their_columns(
    data: Callable[..., Path], tmp_path: Path, run: Run
) -> None:
    _need_weights()
    source = data("adopters", "new_coder_survey.csv")
    template = (
        f"{{{ROLE}}}. Wants to {{{WISH}}}. Prefers to work {{{PLACE}}}. {{Other.1}}. "
        "{hackathons} {conferences} {Coursera} {EdX} {Free Code Camp} {Codecademy}"
    )
    made = run("index", source, "--id", "id", "--text", template, "--out", tmp_path / "people")
    table = pd.read_csv(source, dtype={"id": str}, low_memory=False).set_index("id")
    table = table.apply(lambda c: c.str.strip() if c.dtype == object else c)
    assert made["rows"] + made["set_aside"] == len(table) == 15_653
    for question, passes in QUESTIONS.items():
        told = run("search", tmp_path / "people", question, "-k", 20_000)
        mask = passes(table)
        expected = set(table.index[mask])
        found = [hit["id"] for hit in told["hits"]]
        assert told["filters"], question
        assert len(found) == len(set(found)) == told["plan"]["matches"]
        assert set(found) <= expected
        aside = made["set_aside"]  # rows in which the template leaves nothing
        assert len(expected) - len(found) <= aside * mask.mean() + 5
        for hit in told["hits"][:20]:
            assert hit["columns"].keys() >= {ROLE, WISH, HOURS}


def _need_weights() -> None:
    try:
        find_minilm(None)
    except EncoderError as error:
        pytest.skip(str(error))
