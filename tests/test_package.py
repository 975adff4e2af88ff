"""The package as a whole: its names, and what importing it costs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

import coterie

ROOT = Path(__file__).parents[1]
LONGEST = 21  # some 20 modules and __init__
HEAVY = ("torch", "sklearn", "mlflow", "langchain", "ray", "lancedb", "pandas", "numpy", "pyarrow")


def test_every_public_name_is_there_and_is_the_rooms_own() -> None:
    assert sorted(coterie.__all__) == dir(coterie)
    assert len(set(coterie.__all__)) == len(coterie.__all__)
    for name in coterie.__all__:
        assert getattr(coterie, name) is not None
    for room, names in coterie._PLACES.items():
        for name in names:
            assert getattr(coterie, name) is getattr(import_module(f"coterie.{room}"), name)
    listed = {name for names in coterie._PLACES.values() for name in names}
    assert {*listed, "__version__"} == set(coterie.__all__)


def test_no_public_name_hides_a_room() -> None:
    rooms = {path.parent.name for path in (ROOT / "src" / "coterie").glob("*/__init__.py")}
    assert not rooms & set(coterie.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'discovr'"):
        coterie.discovr  # noqa: B018


def _rooms() -> list[str]:
    root = ROOT / "src" / "coterie"
    folders = [path.parent.relative_to(root).parts for path in root.rglob("__init__.py")]
    return [".".join(("coterie", *parts)) for parts in sorted(folders) if parts]


@pytest.mark.parametrize("name", _rooms())
def test_all_of_a_room_is_its_public_namespace(name: str) -> None:
    room = import_module(name)
    listed = getattr(room, "__all__", [])
    assert len(set(listed)) == len(listed)
    assert set(listed) <= set(vars(room))
    own = {
        each
        for each, value in vars(room).items()
        if not each.startswith("_")
        and not isinstance(value, ModuleType)
        and getattr(value, "__module__", name).startswith(name)  # what it imports is another's
    }
    assert own <= set(listed)
    modules = {module.name for module in iter_modules(room.__path__)}
    assert not modules & set(listed), "a name hides a module"


def test_no_module_imports_the_package_root_and_none_in_a_circle() -> None:
    import grimp

    graph = grimp.build_graph("coterie", cache_dir=None)
    assert graph.find_modules_that_directly_import("coterie") == set()
    imports = {m: graph.find_modules_directly_imported_by(m) for m in graph.modules}
    tuple(TopologicalSorter(imports).static_order())  # raises CycleError, lazy imports counted


def test_no_folder_is_long() -> None:
    folders = [path.parent for path in (ROOT / "src" / "coterie").rglob("__init__.py")]
    assert max(len(list(folder.glob("*.py"))) for folder in folders) <= LONGEST


def test_the_version_is_one() -> None:
    assert coterie.__version__ == version("coterie")


@pytest.mark.parametrize(
    "code",
    [
        "import coterie",
        "from coterie.cli import main; main(['--help'])",
        "from coterie.cli import main; main(['--version'])",
    ],
)
def test_importing_and_asking_for_help_loads_no_heavy_library(code: str) -> None:
    check = f"{code}\nimport sys\nprint('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_help_of_a_verb_loads_no_heavy_library() -> None:
    check = (
        "import sys\nfrom coterie.cli import main\nmain(['explore', '--help'])\n"
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize("ci", ["0", "1"])
def test_a_skipped_browser_test_fails_where_everything_is_installed(
    ci: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("conftest.py", "slow.txt"):
        shutil.copy(ROOT / "tests" / name, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  browser: x\n  data: x\n")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.fixture\n"
        "def chromium(): pytest.skip('no Chromium')\n"
        "@pytest.mark.browser\n"
        "def test_page(chromium): pass\n"
        "@pytest.mark.data\n"
        "def test_real(): pytest.skip('no data')\n"
    )
    monkeypatch.setenv("COTERIE_CI", ci)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == int(ci), done.stdout
    assert ("1 skipped, 1 error" if ci == "1" else "2 skipped") in done.stdout


def test_workflows_know_nothing_of_pages() -> None:
    check = (
        "import importlib, pkgutil, sys, coterie.workflows as w\n"
        "for each in pkgutil.walk_packages(w.__path__, 'coterie.workflows.'):\n"
        "    importlib.import_module(each.name)\n"
        "print('PAGES', [m for m in sys.modules if m == 'jinja2'\n"
        "    or m.startswith(('coterie.report', 'coterie.pages', 'coterie.verbs'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines()[-1] == "PAGES []"


def test_the_tests_that_are_listed_as_slow_are_there() -> None:
    listed = (ROOT / "tests" / "slow.txt").read_text(encoding="utf-8").splitlines()
    for line in (each for each in listed if not each.startswith("#")):
        place, _, name = line.partition("::")
        assert (ROOT / place).exists(), line
        assert not name or f"def {name.rpartition('::')[2]}(" in (ROOT / place).read_text("utf-8")
