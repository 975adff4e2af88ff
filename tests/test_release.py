"""What a release says of itself is the same everywhere, and its workflows do what they say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from coterie import __version__

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def test_the_citation_and_the_changelog_are_of_this_version() -> None:
    cited = read(ROOT / "CITATION.cff")
    assert cited["version"] == __version__
    assert cited["cff-version"] == "1.2.0"
    released = re.findall(
        r"^## (\d\S*) - (\S+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert released[0] == (__version__, str(cited["date-released"]))


def test_the_pythons_that_are_tried_are_those_that_are_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {c.rpartition(" ")[2] for c in project["classifiers"] if "Python :: 3." in c}
    script = (ROOT / "deploy" / "release.py").read_text("utf-8")
    tried = re.search(r"^PYTHONS = \((.*)\)$", script, re.MULTILINE)
    assert tried is not None
    assert set(re.findall(r"3\.\d+", tried[1])) == named
    (setup,) = (
        step["with"]["python-version"]
        for step in read(ROOT / ".github/workflows/release.yml")["jobs"]["build"]["steps"]
        if "setup-python" in step.get("uses", "")
    )
    assert set(setup.split()) == named


def test_the_workflow_runs_what_is_checked_here() -> None:
    (job,) = read(ROOT / ".github/workflows/ci.yml")["jobs"].values()
    assert job["steps"][-1]["run"] == ".ci/run"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_only_read_unless_a_job_says_why(path: Path) -> None:
    assert read(path)["permissions"] == {"contents": "read"}
    for job in read(path)["jobs"].values():
        assert job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[\w./-]+", step.get("uses", "a/b@c"))


def test_the_forms_for_issues_are_as_they_must_be() -> None:
    forms = [p for p in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if p.stem != "config"]
    assert len(forms) >= 2
    for path in forms:
        form = read(path)
        assert {"name", "description", "body"} <= form.keys()
        ids = [field["id"] for field in form["body"]]
        assert len(set(ids)) == len(ids)
        assert all(field["attributes"]["label"] for field in form["body"])
