"""No package that a plain installation brings is under a licence that cannot be passed on."""

from __future__ import annotations

from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from benchmarks.install import (
    PERMISSIVE,
    STRONG,
    UNKNOWN,
    WEAK,
    closure,
    core_requirements,
    judge,
    licence_of,
)

PAGE = Path(__file__).parents[1] / "docs" / "install.md"


def test_what_the_core_installs_can_be_passed_on() -> None:
    packages = closure(core_requirements())
    kinds = {name: judge(licence_of(package)) for name, package in packages.items()}
    assert len(kinds) > 20
    assert {name: kind for name, kind in kinds.items() if kind not in (PERMISSIVE, WEAK)} == {}
    page = PAGE.read_text("utf-8")
    unexplained = [name for name, kind in kinds.items() if kind == WEAK and f"`{name}`" not in page]
    assert unexplained == []


def test_what_is_under_a_weak_copyleft_in_the_extra_sftp_is_named_and_not_in_the_core() -> None:
    pytest.importorskip("asyncssh", reason="needs coterie[sftp]")
    packages = closure(["asyncssh[bcrypt]"])
    kinds = {name: judge(licence_of(package)) for name, package in packages.items()}
    assert {name for name, kind in kinds.items() if kind != PERMISSIVE} == {"asyncssh"}
    assert kinds["asyncssh"] == WEAK
    assert "`asyncssh`" in PAGE.read_text("utf-8")
    assert "asyncssh" not in closure(core_requirements())


@pytest.mark.parametrize(
    ("licence", "kind"),
    [
        ("GNU General Public License (GPL)", STRONG),
        ("GPL-2.0-or-later", STRONG),
        ("GNU General Public License v2 (GPLv2)", STRONG),
        ("AGPL-3.0-only", STRONG),
        ("MIT AND GPL-3.0-only", STRONG),
        ("(MIT OR Apache-2.0) AND (GPL-2.0-only OR AGPL-3.0-only)", STRONG),
        ("GPL-2.0-only OR MIT", PERMISSIVE),
        ("(GPL-2.0-only OR MIT) AND LGPL-3.0-only", WEAK),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", PERMISSIVE),
        ("GNU Lesser General Public License v3 (LGPLv3)", WEAK),
        ("MPL-2.0 AND MIT", WEAK),
        ("EPL-2.0 OR GPL-2.0-or-later", WEAK),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", PERMISSIVE),
        ("Apache Software License", PERMISSIVE),
        ("PSF-2.0", PERMISSIVE),
        ("not stated", UNKNOWN),
        ("Proprietary", UNKNOWN),
    ],
)
def test_licences_are_judged(licence: str, kind: str) -> None:
    assert judge(licence) == kind


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"License": "GNU General Public License (GPL)"}, STRONG),  # as igraph 1.0 says it
        ({"License": "MIT", "Classifier": "License :: OSI Approved :: GPL v3"}, STRONG),
        ({"License": "GPL", "License-Expression": "MIT"}, PERMISSIVE),
        ({"License": "A text\nof many lines", "Classifier": "License :: BSD License"}, PERMISSIVE),
        ({"Classifier": "License :: OSI Approved"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_licences_are_read(fields: dict[str, str], kind: str) -> None:
    assert judge(licence_of(_Package(fields))) == kind


def test_requirements_are_followed() -> None:
    found = closure(["scikit-learn", "no-such-package; python_version < '3'"])
    assert {"scikit-learn", "numpy", "scipy", "joblib"} <= set(found)
    assert "pytest" not in found  # of an extra that nobody asked for


class _Package(Distribution):
    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    @property
    def metadata(self) -> Message:  # type: ignore[override]
        message = Message()
        for name, value in self._fields.items():
            message[name] = value
        return message

    def read_text(self, filename: str) -> str | None:
        return None

    def locate_file(self, path: object) -> Path:  # type: ignore[override]
        return Path(str(path))
