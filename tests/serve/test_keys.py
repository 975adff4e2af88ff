"""API keys: who is let in, who is not, and what a damaged file does."""

from __future__ import annotations

import hmac
import json
import logging
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.cli import main
from coterie.cli.service import keys as command
from coterie.errors import OptionError, StoreError, UserError
from coterie.personal import mask
from coterie.serve.access.key_file import (
    KEY_FORM,
    KEYS_FILE,
    SCOPES,
    Key,
    Scope,
    add_key,
    hash_of,
    keys_path,
    list_keys,
    revoke_key,
)
from coterie.serve.access.keys import Grant, KeyRing, check_host, is_loopback, presented_key


@pytest.fixture(autouse=True)
def _no_file_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEYS_FILE, raising=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return keys_path(tmp_path / "service")


@pytest.fixture(scope="module")
def crm() -> Iterator[tuple[str, KeyRing, bytes]]:
    """A key, a ring that has it and another, and the bytes of its file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.json"
        text, _ = add_key(file, "crm", ["predict", "read"])
        add_key(file, "studio", ["edit"])
        ring = KeyRing.open(file)
        assert ring.check(text) is not None
        yield text, ring, file.read_bytes()


def test_a_key_allows_its_scopes_and_no_other(path: Path) -> None:
    text, key = add_key(path, "crm", ["read", "predict", "read"])
    ring = KeyRing.open(path)
    grant = ring.check(text)
    assert grant == Grant(key.id, "crm", frozenset({"predict", "read", "metrics"}))
    assert key.scopes == ("predict", "read")
    allowed = {scope for scope in SCOPES if ring.allows(grant, scope)}
    assert allowed == {"predict", "read", "metrics"}
    assert not ring.allows(grant, "everything")  # type: ignore[arg-type]


def test_admin_allows_all_and_no_other_scope_allows_admin(path: Path) -> None:
    assert set(SCOPES) == set(get_args(Scope))
    ring = KeyRing.open(path)
    for scope in SCOPES:
        text, _ = add_key(path, f"holder of {scope}", [scope])
        grant = ring.check(text)
        assert grant is not None
        assert grant.allows(scope)
        assert grant.allows("admin") is (scope == "admin")
        if scope == "admin":
            assert grant.scopes == set(SCOPES)
        else:
            assert grant.scopes - {scope} <= {"metrics"}


def test_the_file_holds_hashes_alone_and_is_its_owners(path: Path) -> None:
    text, key = add_key(path, "crm", ["predict"])
    content = path.read_text("utf-8")
    secret = text.rpartition("_")[2]
    assert len(bytes.fromhex(secret)) == 32
    assert KEY_FORM.fullmatch(text)
    assert text not in content
    assert secret not in content
    assert hash_of(text).hex() in content
    assert secret not in repr(key) + repr(KeyRing.open(path).check(text))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    add_key(path, "studio", ["read"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_keys_are_never_alike(path: Path) -> None:
    texts = {add_key(path, f"holder {number}", ["read"])[0] for number in range(20)}
    assert len(texts) == len({key.id for key in list_keys(path)}) == 20


def test_a_key_in_a_text_is_masked(path: Path) -> None:
    text, _ = add_key(path, "crm", ["predict"])
    assert text not in mask(f"my key {text} does not work")
    assert text.rpartition("_")[2] not in mask(f"GET /?key={text}")


@given(shown=st.one_of(st.text(), st.text("0123456789abcdef_coterie"), st.none()))
def test_no_other_text_is_a_key(shown: str | None, crm: tuple[str, KeyRing, bytes]) -> None:
    text, ring, _ = crm
    assert ring.check(shown) is None
    assert ring.check(f"{text}{shown or 'x'}") is None
    assert ring.check(f"{shown or 'x'}{text}") is None


@given(data=st.data())
def test_a_key_with_one_letter_changed_is_none(
    data: st.DataObject, crm: tuple[str, KeyRing, bytes]
) -> None:
    text, ring, _ = crm
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.one_of(st.sampled_from("0123456789abcdefABCDEF_"), st.characters()))
    changed = text[:at] + letter + text[at + 1 :]
    assert (ring.check(changed) is None) is (changed != text)
    assert ring.check(text[:at]) is None


@pytest.mark.parametrize(
    "shown",
    [
        "",
        " ",
        "\0",
        "x" * 10_000_000,
        "coterie_" * 100_000,
        "coterie_00000000_" + "0" * 64,
        "\ud800",
        "ключ",
        "coterie_٠٠٠٠٠٠٠٠_" + "٠" * 64,  # digits, yet not those of a key  # noqa: RUF001
    ],
    ids=range(9),
)
def test_odd_texts_are_no_keys(shown: str, crm: tuple[str, KeyRing, bytes]) -> None:
    text, ring, _ = crm
    assert ring.check(shown) is None
    assert ring.check(text + "\n") is None
    assert ring.check(text.upper()) is None
    assert ring.check(text) is not None


def test_an_id_and_a_hash_are_not_a_key(path: Path) -> None:
    _, key = add_key(path, "crm", ["admin"])
    ring = KeyRing.open(path)
    for shown in (key.id, key.sha256, key.name, f"coterie_{key.id}_{key.sha256}"):
        assert ring.check(shown) is None


def test_the_secret_of_one_key_does_not_fit_the_id_of_another(path: Path) -> None:
    one, _ = add_key(path, "one", ["predict"])
    other, _ = add_key(path, "other", ["admin"])
    ring = KeyRing.open(path)
    crossed = other.rpartition("_")[0] + "_" + one.rpartition("_")[2]
    assert ring.check(crossed) is None


def test_hashes_are_compared_in_constant_time_for_any_id(
    crm: tuple[str, KeyRing, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    text, ring, _ = crm
    real, seen = hmac.compare_digest, list[tuple[bytes, bytes]]()

    def compare(a: bytes, b: bytes) -> bool:
        seen.append((a, b))
        return real(a, b)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    for shown in (text, text[:-1] + "x", "coterie_00000000_" + "0" * 64, "", None, "é" * 81):
        ring.check(shown)
    assert len(seen) == 6
    assert all(len(a) == len(b) == 32 for a, b in seen)


def test_a_key_expires_with_its_day(path: Path) -> None:
    day = datetime.now(UTC).date() + timedelta(days=30)
    text, _ = add_key(path, "crm", ["predict"], expires=day)
    now = datetime(day.year, day.month, day.day, tzinfo=UTC)
    ring = KeyRing.open(path, clock=lambda: now)
    assert ring.check(text) is None
    assert ring.usable == 0
    assert not ring.empty
    now -= timedelta(seconds=1)
    assert ring.check(text) is not None
    assert ring.usable == 1
    # the same moment on a clock of another zone, on which the day has begun
    now = now.astimezone(tz=datetime.fromisoformat("2026-01-01T00:00+09:00").tzinfo)
    assert ring.check(text) is not None


def test_what_is_revoked_is_refused_at_once_and_others_stay(path: Path) -> None:
    first, _ = add_key(path, "crm", ["predict"])
    ring = KeyRing.open(path)
    second, other = add_key(path, "studio", ["read"])
    assert ring.check(first) is not None
    assert ring.check(second) is not None
    revoke_key(path, "crm")
    assert ring.check(first) is None
    assert ring.check(second) is not None
    revoke_key(path, other.id)
    assert ring.check(second) is None
    again, _ = add_key(path, "crm", ["predict"])
    assert ring.check(first) is None
    assert ring.check(again) is not None


def test_many_changes_in_a_moment_are_seen(path: Path) -> None:
    ring = KeyRing.open(path, required=True)
    for _ in range(50):
        text, _ = add_key(path, "crm", ["predict"])
        assert ring.check(text) is not None
        revoke_key(path, "crm")
        assert ring.check(text) is None


def test_a_change_that_the_file_system_does_not_tell_is_seen(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that replace one another in a tick can have one inode, one size and one time."""
    text, _ = add_key(path, "crm", ["predict"])
    before = path.stat()
    ring = KeyRing.open(path)
    revoke_key(path, "crm")
    monkeypatch.setattr(Path, "stat", lambda self, **_: before)
    assert ring.check(text) is None


def test_a_settled_file_is_not_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, _ = add_key(path, "crm", ["predict"])
    ring = KeyRing.open(path)
    reads = list[Path]()
    from coterie.serve.access import keys

    real = keys.read_keys
    monkeypatch.setattr(keys, "read_keys", lambda path: (reads.append(path), real(path))[1])
    ahead = datetime.now().timestamp() + 3600
    monkeypatch.setattr("time.time_ns", lambda: int(ahead * 1e9))
    for _ in range(5):
        assert ring.check(text) is not None
    assert len(reads) == 1
    add_key(path, "studio", ["read"])
    assert ring.usable == 2
    assert len(reads) == 2


def test_the_door_is_open_only_where_no_key_was_ever_set(path: Path) -> None:
    ring = KeyRing.open(path)
    assert ring.empty
    add_key(path, "crm", ["predict"])
    assert not ring.empty
    revoke_key(path, "crm")
    for each in (ring, KeyRing.open(path), KeyRing.open(path, required=True)):
        assert not each.empty
        assert each.usable == 0
        assert each.check("coterie_00000000_" + "0" * 64) is None
    path.unlink()
    assert not ring.empty
    assert KeyRing.open(path).empty
    assert not KeyRing.open(path, required=True).empty


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "without a brace": lambda content: content.rstrip()[:-1],
    "not text": lambda content: b"\xff\xfe\x00" + content,
    "null": lambda content: b"null",
    "a list": lambda content: b"[]",
    "no form": lambda content: content.replace(b'"form"', b'"shape"'),
    "another form": lambda content: content.replace(b'"form": 1', b'"form": 2'),
    "a true form": lambda content: content.replace(b'"form": 1', b'"form": true'),
    "a scope that is none": lambda content: content.replace(b'"predict"', b'"everything"'),
    "more in it": lambda content: content.replace(b'"form": 1', b'"form": 1, "open": true'),
    "a short hash": lambda content: re.sub(rb'("sha256": ")\w\w', rb"\1", content),
    "no scope": lambda content: re.sub(rb'"scopes": \[[^]]*\]', b'"scopes": []', content),
    "one id twice": lambda content: re.sub(rb'"id": "\w+"', b'"id": "00000000"', content),
    "one name twice": lambda content: re.sub(rb'"name": "\w+"', b'"name": "crm"', content),
    "deep": lambda content: b"[" * 100_000,
    "huge": lambda content: content + b" " * (1 << 24),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_file_keeps_the_last_good_keys_and_says_so(
    how: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text, _ = add_key(path, "crm", ["predict"])
    gone, _ = add_key(path, "old", ["admin"])
    ring = KeyRing.open(path)
    good = path.read_bytes()
    damaged = DAMAGE[how](good)
    assert damaged != good
    path.write_bytes(damaged)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert ring.check(text) is not None
            assert ring.check(text + "0") is None
            assert ring.check("") is None
            assert not ring.empty
    assert [record.name for record in caplog.records] == ["coterie.serve.access.keys"]
    assert str(path) in ring.fault
    secrets = re.findall(rb"[0-9a-f]{64}", good)
    assert not [each for each in secrets if each.decode() in caplog.text + ring.fault]
    with pytest.raises(StoreError, match=r"keys\.json"):
        KeyRing.open(path)
    with pytest.raises(StoreError):
        add_key(path, "new", ["read"])
    with pytest.raises(StoreError):
        revoke_key(path, "crm")
    assert path.read_bytes() == damaged
    path.write_bytes(good)
    revoke_key(path, "old")
    assert ring.check(gone) is None
    assert ring.check(text) is not None
    assert ring.fault == ""


@given(data=st.data())
def test_no_damage_lets_anyone_in(data: st.DataObject, crm: tuple[str, KeyRing, bytes]) -> None:
    """Bytes cut, changed and put in: a ring opens with the keys that were there, or not at all."""
    text, _, good = crm
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, len(good)))
    damaged = good[:start] + data.draw(st.binary(max_size=20)) + good[end:]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.json"
        file.write_bytes(damaged)
        try:
            ring = KeyRing.open(file)
        except StoreError:
            return
        assert not ring.empty
        assert ring.check("") is None
        assert ring.check(text[:-1] + ("0" if text[-1] != "0" else "1")) is None
        grant = ring.check(text)
        assert grant is None or "admin" not in grant.scopes


@pytest.mark.parametrize("what", ["folder", "pipe", "gone"])
def test_what_stands_where_the_file_was_lets_nobody_in(what: str, path: Path) -> None:
    text, _ = add_key(path, "crm", ["predict"])
    ring = KeyRing.open(path)
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    assert ring.check("x") is None
    assert ring.check(text) is not None
    assert not ring.empty
    assert ring.fault
    if what != "gone":
        with pytest.raises(StoreError):
            KeyRing.open(path)


def test_damage_closes_an_open_door(path: Path) -> None:
    ring = KeyRing.open(path)
    assert ring.empty
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"{")
    assert not ring.empty
    assert ring.check("") is None


def test_a_secret_that_is_mounted_is_followed(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kubernetes changes a mounted secret by changing what a link points to."""
    text, _ = add_key(path, "crm", ["predict"])
    old, new, mount = tmp_path / "old", tmp_path / "new", tmp_path / "mount"
    for folder, content in ((old, path.read_bytes()), (new, b'{"form": 1, "keys": []}')):
        folder.mkdir()
        (folder / "keys.json").write_bytes(content)
    mount.mkdir()
    (mount / "data").symlink_to(old)
    (mount / "keys.json").symlink_to(mount / "data" / "keys.json")
    monkeypatch.setenv(KEYS_FILE, str(mount / "keys.json"))
    named = keys_path(tmp_path / "service")
    assert named == mount / "keys.json"
    ring = KeyRing.open(named)
    assert ring.check(text) is not None
    (mount / "next").symlink_to(new)
    (mount / "next").replace(mount / "data")
    assert ring.check(text) is None
    assert not ring.empty
    monkeypatch.setenv(KEYS_FILE, str(mount / "other.json"))
    with pytest.raises(StoreError, match=KEYS_FILE):
        KeyRing.open(keys_path(tmp_path))


def test_processes_and_threads_that_write_at_once_lose_nothing(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from coterie.serve.access.key_file import *\n"
        "for n in range(8):\n"
        "    add_key(Path(sys.argv[1]), f'{sys.argv[2]} {n}', ['read'])\n"
        "    if n % 2: revoke_key(Path(sys.argv[1]), f'{sys.argv[2]} {n}')\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "abc"]

    def add(number: int) -> str:
        return add_key(path, f"thread {number}", ["predict"])[0]

    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(add, range(12)))
    assert [each.wait(60) for each in started] == [0, 0, 0]
    ring = KeyRing.open(path)
    assert all(ring.check(text) for text in texts)
    wanted = {f"{name} {n}" for name in "abc" for n in (0, 2, 4, 6)}
    assert {key.name for key in list_keys(path)} == wanted | {f"thread {n}" for n in range(12)}
    assert {each.name for each in path.parent.iterdir()} == {"keys.json", ".keys.json.lock"}


def test_threads_that_ask_while_keys_change_never_get_a_wrong_answer(path: Path) -> None:
    stays, _ = add_key(path, "stays", ["predict"])
    gone, _ = add_key(path, "gone", ["admin"])
    ring = KeyRing.open(path)
    revoke_key(path, "gone")

    def ask(_: int) -> bool:
        return ring.check(stays) is not None and ring.check(gone) is None

    def change(number: int) -> None:
        add_key(path, f"more {number}", ["read"])

    with ThreadPoolExecutor(4) as pool:
        changes = [pool.submit(change, number) for number in range(20)]
        assert all(pool.map(ask, range(400)))
        for each in changes:
            each.result()


@pytest.mark.parametrize(
    "given_key",
    [
        {"name": ""},
        {"name": "\x1b[31mred"},
        {"name": "a\nb"},
        {"name": " crm"},
        {"name": "x" * 61},
        {"name": "crm"},
        {"scopes": []},
        {"scopes": ["predct"]},
        {"expires": date(2020, 1, 1)},
    ],
    ids=str,
)
def test_what_cannot_be_a_key_is_one_sentence(given_key: dict[str, Any], path: Path) -> None:
    add_key(path, "crm", ["predict"])
    before = path.read_bytes()
    with pytest.raises(OptionError) as caught:
        add_key(path, **{"name": "new", "scopes": ["read"], **given_key})
    assert "\n" not in str(caught.value).replace("a\nb", "")
    assert path.read_bytes() == before


def test_names_of_people_are_names(path: Path) -> None:
    for name in ("Zoë K.", "日本", "ana@example.com", "crm-2"):
        add_key(path, name, ["read"])
    assert [key.name for key in list_keys(path)] == ["Zoë K.", "日本", "ana@example.com", "crm-2"]


def test_an_id_is_not_mistaken_for_a_name(path: Path) -> None:
    _, first = add_key(path, "crm", ["read"])
    add_key(path, first.id, ["read"])
    assert revoke_key(path, first.id) == first


@pytest.mark.parametrize(
    ("authorization", "x_api_key", "key"),
    [
        ("Bearer k", None, "k"),
        ("bearer  k ", None, "k"),
        (None, "k", "k"),
        ("Basic dXNlcjpw", " k ", "k"),
        ("Bearer other", "k", "k"),
        ("Bearer k", "", "k"),
        ("Bearer k", "  ", "k"),
        ("Bearer", None, None),
        ("Bearer ", None, None),
        ("k", None, None),
        ("Basic k", None, None),
        ("Token k", None, None),
        ("", "", None),
        (None, None, None),
    ],
)
def test_a_key_comes_in_either_header(
    authorization: str | None, x_api_key: str | None, key: str | None
) -> None:
    assert presented_key(authorization, x_api_key) == key


@given(authorization=st.none() | st.text(), x_api_key=st.none() | st.text())
def test_any_headers_are_read(
    authorization: str | None, x_api_key: str | None, crm: tuple[str, KeyRing, bytes]
) -> None:
    text, ring, _ = crm
    assert ring.check(presented_key(authorization, x_api_key)) is None
    assert ring.check(presented_key(authorization, text)) is not None
    assert ring.check(presented_key(f"Bearer {text}", None)) is not None


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("example.com", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_what_others_can_reach_needs_a_key(host: str, loopback: bool, path: Path) -> None:
    assert is_loopback(host) is loopback
    ring = KeyRing.open(path)
    if loopback:
        check_host(host, ring, path.parent)
    else:
        with pytest.raises(OptionError, match="keys add"):
            check_host(host, ring, path.parent)
    add_key(path, "crm", ["predict"])
    check_host(host, ring, path.parent)


def test_a_key_that_is_expired_is_none_to_start_with(path: Path) -> None:
    soon = datetime.now(UTC).date() + timedelta(days=2)
    add_key(path, "crm", ["predict"], expires=soon)
    ring = KeyRing.open(path, clock=lambda: datetime.now(UTC) + timedelta(days=3))
    with pytest.raises(OptionError):
        check_host("0.0.0.0", ring, path.parent)


def typed(*words: str) -> int:
    """Type ``coterie serve keys ...``; without the verb that has it, its command by itself."""
    if find_spec("coterie.cli.service.serve"):
        return main(["serve", "keys", *words])
    from typer.main import get_command

    answer = get_command(command.app)(args=list(words), standalone_mode=False)
    return answer if isinstance(answer, int) else 0


def refused(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Type what cannot be done; give the sentence."""
    capsys.readouterr()
    try:
        assert typed(*words) == 2
    except UserError as error:
        return str(error)
    return capsys.readouterr().err


def test_keys_are_added_listed_and_revoked_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = str(tmp_path / "models" / "service")
    assert typed("add", state, "--name", "crm", "--scope", "predict", "--scope", "read") == 0
    said = capsys.readouterr()
    text = said.out.strip()
    assert text not in said.err
    ring = KeyRing.open(keys_path(state))
    grant = ring.check(text)
    assert grant is not None
    assert grant.scopes == {"predict", "read", "metrics"}

    expires = str(datetime.now(UTC).date() + timedelta(days=9))
    words = ["add", state, "--name", "ops", "--scope", "admin", "--expires", expires, "--json"]
    assert typed(*words) == 0
    told = json.loads(capsys.readouterr().out)
    assert ring.check(told["key"]) is not None
    assert (told["name"], told["scopes"], told["expires"]) == ("ops", ["admin"], expires)

    assert typed("list", state, "--json") == 0
    out = capsys.readouterr().out
    assert [key["name"] for key in json.loads(out)["keys"]] == ["crm", "ops"]
    assert not re.search("[0-9a-f]{64}", out)
    assert typed("list", state) == 0
    out = capsys.readouterr().out
    assert "crm" in out
    assert grant.id in out
    assert not re.search("[0-9a-f]{64}", out)

    assert typed("revoke", state, "ops") == 0
    assert ring.check(told["key"]) is None
    assert typed("revoke", state, grant.id, "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["left"] == 0
    assert ring.check(text) is None
    assert not ring.empty


@pytest.mark.parametrize(
    ("words", "matters"),
    [
        (("add", "S", "--name", "new", "--scope", "predct"), "predict"),
        (("add", "S", "--name", "crm", "--scope", "read"), "crm"),
        (("add", "S", "--name", "new", "--scope", "read", "--expires", "soon"), "soon"),
        (("add", "S", "--name", "new", "--scope", "read", "--expires", "2020-01-01"), "2020"),
        (("revoke", "S", "cmr"), "'crm'"),
        (("revoke", "none", "crm"), "crm"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_what_a_person_mistypes_is_one_sentence(
    words: Sequence[str], matters: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    add_key(keys_path(state), "crm", ["predict"])
    before = (state / "keys.json").read_bytes()
    given_words = [str(state) if word == "S" else word for word in words]
    if "none" in given_words:
        given_words[1] = str(tmp_path / "none")
    said = refused(*given_words, capsys=capsys)
    assert matters in said
    assert "\n" not in said.strip()
    assert (state / "keys.json").read_bytes() == before


def test_what_is_served_has_its_keys_in_its_state_folder(tmp_path: Path) -> None:
    from coterie import store

    models = tmp_path / "models"
    store.save_model(
        models / "intents",
        lambda draft: draft.write_json("model.json", {}),
        kind="test",
        classes=[],
        schema={},
        metrics={},
    )
    for name, folder in (("crm", models), ("studio", models / "intents"), ("ci", tmp_path)):
        assert typed("add", str(folder), "--name", name, "--scope", "read") == 0
    for state in (models / "service", models / "intents" / "service", tmp_path):
        assert (state / "keys.json").is_file()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"keys\.json"):
        add_key(tmp_path / "file" / "keys.json", "crm", ["read"])


def test_importing_the_keys_loads_nothing_heavy() -> None:
    code = (
        "import sys, coterie.serve.access.keys, coterie.serve.access.rates\n"
        "print([m for m in ('numpy', 'pandas', 'fastapi', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_key_is_what_the_file_says() -> None:
    key = Key(
        id="0" * 8,
        name="crm",
        scopes=("read",),
        sha256="0" * 64,
        created=datetime.now(UTC),
        expires=None,
    )
    assert Key.model_validate_json(key.model_dump_json()) == key
