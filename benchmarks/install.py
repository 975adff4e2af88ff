"""P12: what a plain installation contains, with sizes and licences.

``python benchmarks/install.py`` makes an empty environment, installs this checkout into it, and
writes the installed packages into the table of docs/install.md.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "install.md"
START, END = "<!-- installed: start -->", "<!-- installed: end -->"

PERMISSIVE, WEAK, STRONG, UNKNOWN = "permissive", "weak copyleft", "copyleft", "unknown"
_ORDER = [PERMISSIVE, WEAK, STRONG, UNKNOWN]
_KINDS = {
    STRONG: r"\b(A?GPL|EUPL|SSPL|OSL|CC-BY-(NC-)?SA|CC-BY-NC|GNU (Affero )?General Public)",
    WEAK: r"\b(LGPL|MPL|EPL|CDDL|CPL|GNU (Lesser|Library)|Mozilla|Eclipse)",
    PERMISSIVE: r"\b(MIT|BSD|0BSD|APACHE|ISC|ZLIB|PSF|PYTHON|UNLICENSE|CC0|BSL-1|MIT-0|HPND|ZPL"
    r"|PUBLIC DOMAIN|DUAL LICENSE|COPYRIGHT .* SCIPY)",
}


@dataclass(frozen=True)
class Installed:
    """One package: MiB of its files and of its compiled Python, and its stated licence."""

    name: str
    version: str
    mib: float
    bytecode: float
    licence: str


def judge(licence: str) -> str:
    """Judge a licence: an SPDX expression, a classifier, or a name.

    Of an ``OR`` the most permissive licence counts, of an ``AND`` the least permissive. A GPL with
    the exception for run-time libraries of a compiler does not apply to programs linked to it.
    """
    text = licence.strip()
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1].strip()
    for word, choose in (("OR", min), ("AND", max)):
        parts = _split(text, word)
        if len(parts) > 1:
            return choose((judge(part) for part in parts), key=_ORDER.index)
    if re.search(r"\bWITH\b.*exception", text, re.IGNORECASE):
        return PERMISSIVE
    for kind, pattern in _KINDS.items():
        if re.search(pattern, text, re.IGNORECASE):
            return kind
    return UNKNOWN


def licence_of(package: Distribution) -> str:
    """Read a package's licence: its SPDX expression, else the stricter of field and classifiers.

    Where it states none, as skops, the title of its licence file counts.
    """
    about: Any = package.metadata
    if about.get("License-Expression"):
        return str(about.get("License-Expression"))
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in about.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith(":: OSI Approved")
    ]
    field = str(about.get("License") or "").strip()
    stated = [each for each in (field, " AND ".join(classifiers)) if each and "\n" not in each]
    if not stated:
        for name in about.get_all("License-File") or []:
            text = package.read_text(f"licenses/{name}") or package.read_text(name) or ""
            stated += [line.strip() for line in text.splitlines() if line.strip()][:1]
    strictness = {PERMISSIVE: 1, WEAK: 2, STRONG: 3, UNKNOWN: 0}
    return max(stated, key=lambda each: strictness[judge(each)], default="not stated")


def closure(requirements: Iterable[str]) -> dict[str, Distribution]:
    """Find the installed packages that requirements lead to on this machine, by name.

    Raises
    ------
    PackageNotFoundError
        When one of them is not installed.
    """
    from packaging.requirements import Requirement

    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(line), "") for line in requirements]
    while waiting:
        wanted, extra = waiting.pop()
        if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
            continue
        for asked in ("", *wanted.extras):
            if (wanted.name.lower(), asked) in seen:
                continue
            seen.add((wanted.name.lower(), asked))
            package = distribution(wanted.name)
            found[package.metadata["Name"]] = package
            waiting += [(Requirement(line), asked) for line in package.requires or []]
    return found


def core_requirements() -> list[str]:
    """Read the requirements of a plain installation of this checkout."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [str(line) for line in project["dependencies"]]


def installed_by(packages: Iterable[Distribution]) -> list[Installed]:
    """Measure packages, the largest first."""
    rows = [
        Installed(package.metadata["Name"], package.version, *_mib(package), licence_of(package))
        for package in packages
    ]
    return sorted(rows, key=lambda row: (-row.mib, row.name.lower()))


def as_table(rows: list[Installed]) -> str:
    """Write the table of docs/install.md."""
    mib, bytecode = sum(row.mib for row in rows), sum(row.bytecode for row in rows)
    lines = [
        "| package | version | MiB | and bytecode | licence |",
        "|---|---|---|---|---|",
        *(
            f"| {r.name} | {r.version} | {r.mib:.1f} | {r.bytecode:.1f} | {r.licence} |"
            for r in rows
        ),
        f"| **{len(rows)} packages** | | **{mib:.0f}** | **{bytecode:.0f}** | |",
        "",
        f"Together {_megabytes(mib + bytecode)} as pip leaves it, and {_megabytes(mib)} with "
        "`--no-compile`.",
    ]
    return "\n".join(lines)


def _megabytes(mib: float) -> str:
    return f"{mib * 2**20 / 1e6:,.0f} MB ({mib:,.0f} MiB)"


def _mib(package: Distribution) -> tuple[float, float]:
    """MiB of a package's files, and of their compiled Python."""
    mib = {True: 0.0, False: 0.0}
    for file in package.files or []:
        path = Path(str(file.locate()))
        if path.is_file():
            mib[path.suffix == ".pyc"] += path.stat().st_size / 2**20
    return mib[False], mib[True]


def _split(text: str, word: str) -> list[str]:
    """Split a licence expression at a word outside of brackets."""
    parts, depth = [""], 0
    for token in re.split(r"(\s+|[()])", text):
        depth += (token == "(") - (token == ")")
        if depth == 0 and token.upper() == word:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _closes(text: str) -> int:
    """Place of the bracket that closes the first one."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return place
    return -1


def main() -> None:
    if sys.argv[1:] == ["here"]:  # in the environment that is measured
        tools = {"pip", "setuptools"}
        found = (each for each in distributions() if each.metadata["Name"] not in tools)
        print(as_table(installed_by(found)))
        return
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), str(ROOT)], check=True)
        told = subprocess.run(
            [python, str(Path(__file__)), "here"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
    before, _, rest = PAGE.read_text("utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n{told}{END}{after}", "utf-8")
    print(told)


if __name__ == "__main__":
    main()
