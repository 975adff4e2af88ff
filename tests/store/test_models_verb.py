"""``coterie models``, as typed."""

import json

import pytest

from coterie.cli import main

from .models import number_of, save


@pytest.fixture
def home(tmp_path):
    for number in (1, 2):
        save(tmp_path / "models" / "support", number, note=f"round {number}")
    return tmp_path / "models" / "support"


@pytest.fixture
def typed(home, capsys):
    """Type ``coterie models VERB MODEL ...``; exit code, standard output and error."""

    def type_in(verb, *words, of=home):
        code = main(["models", verb, str(of), *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return type_in


def test_list_names_every_model(typed, home):
    code, out, _ = typed("list", of=home.parent)
    assert code == 0
    row = next(line for line in out.splitlines() if "support" in line).split()
    assert row[:4] == ["support", "few-shot", "2", "2"]
    assert row[-2:] == ["2", "0.520"]
    code, out, _ = typed("list", "--json", of=home.parent)
    [model] = json.loads(out)["models"]
    assert (model["name"], model["kind"], model["active"]) == ("support", "few-shot", 2)
    assert (model["versions"], model["classes"]) == ([1, 2], 2)
    assert model["metrics"] == {"accuracy": 0.52}
    assert model["path"] == str(home)


def test_list_shows_what_is_wrong_with_a_model(typed, home):
    (home / "model.json").write_text("{")
    code, out, _ = typed("list", of=home.parent)
    assert code == 0
    assert "damaged" in out
    code, out, _ = typed("list", of=home)
    assert (code, out) == (0, f"There are no models in {home}.\n")
    code, _, err = typed("list", of=home / "none")
    assert code == 2
    assert "name a folder of models" in err


def test_show_tells_what_a_version_is_and_what_was_used(typed, home):
    code, out, _ = typed("show")
    assert code == 0
    assert "support  version 2" in out
    assert "2: yes, no" in out
    assert "accuracy 0.520" in out
    assert "round 1" in out
    assert "save" in out
    code, out, _ = typed("show", "--json", "--version", "1")
    shown = json.loads(out)
    assert shown["manifest"]["version"] == 1
    assert shown["manifest"]["files"]["model.txt"]["bytes"] > 0
    assert [each["active"] for each in shown["versions"]] == [False, True]
    assert [each["version"] for each in shown["history"]] == [1, 2]
    code, _, err = typed("show", "--version", "7")
    assert (code, err.count("\n")) == (2, 1)
    assert "has no version 7: name one of 1, 2" in err


def test_show_still_shows_the_versions_when_the_active_one_is_damaged(typed, home):
    (home / "versions/0002/manifest.json").write_text("{}")
    code, out, _ = typed("show")
    assert code == 0
    assert "round 1" in out
    assert "models rollback" in " ".join(out.split())


def test_activate_and_roll_back(typed, home):
    assert typed("rollback")[:2] == (0, f"Version 1 of {home} is used from now on.\n")
    assert number_of(home) == 1
    code, _, err = typed("rollback")
    assert code == 2
    assert "models activate" in err
    code, out, _ = typed("activate", "2", "--json")
    assert code == 0
    assert json.loads(out)["active"] == number_of(home) == 2
    assert json.loads(typed("rollback", "--json")[1])["manifest"]["note"] == "round 1"
    assert typed("activate", "9")[0] == 2
    assert number_of(home) == 1


def test_verify_ends_with_2_and_names_what_is_wrong(typed, home):
    code, out, _ = typed("verify")
    assert (code, out) == (0, "12 files in 2 versions: all as saved.\n")
    assert json.loads(typed("verify", "--json")[1])["ok"] is True
    (home / "versions/0001/model.txt").write_text("tree")
    code, out, err = typed("verify")
    assert code == 2
    assert "versions/0001/model.txt" in out
    assert "altered" in out
    assert "versions/0001/model.txt is not the file that was saved" in err
    (home / "versions/0002/settings.json").unlink()
    code, out, err = typed("verify", "--json")
    assert code == 2
    answer = json.loads(out)
    assert answer["ok"] is False
    assert {each["file"]: each["state"] for each in answer["findings"] if each["detail"]} == {
        "versions/0001/model.txt": "altered",
        "versions/0002/settings.json": "missing",
    }
    assert "2 of 12 files" in err
    assert "versions/0002/settings.json is missing" in err
    assert f"models rollback {home}" in err


def test_every_verb_says_where_there_is_no_model(typed, tmp_path):
    for verb in (["show"], ["activate", "1"], ["rollback"], ["verify"]):
        code, out, err = typed(verb[0], *verb[1:], of=tmp_path / "none")
        assert (code, out) == (2, "")
        assert (
            err == f"There is no model at {tmp_path / 'none'}: name the folder it was saved to.\n"
        )
    assert not (tmp_path / "none").exists()
