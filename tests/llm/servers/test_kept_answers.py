"""Answers kept on disk: asked for once, whatever ends a process and however many there are."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coterie.errors import CoterieWarning
from coterie.llm import KeptAnswers, NoAnswers, Prompt, Reply, load_model, schema_of
from tests.llm.servers.conftest import KEY
from tests.llm.servers.playing import (
    NAMES,
    Act,
    Label,
    Request,
    Room,
    Server,
    hosted,
    question,
    questions,
)

Serve = Callable[..., Server]
PROVIDERS = list(NAMES)
JSON = '{"label": "refund"}'
PROMPT = Prompt("Name its label.", "Where is my money?", schema_of(Label), 64)

ASK = """
import sys
from coterie.llm import Asker, KeptAnswers, load_model
from tests.llm.servers.playing import questions, question

def answered(number):  # an answer is checked once it is kept
    print(number, flush=True)
    return ""

def ask(number):
    return question(f"message {number}", check=lambda _: answered(number))

name, folder, count = sys.argv[1:]
asker = Asker(load_model(name), KeptAnswers(folder), None)
found = asker.ask([ask(number) for number in range(int(count))], "Labels")
print("asked", asker.ledger.calls, "failed", sum(each.answer is None for each in found))
"""


def start(name: str, folder: Path, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ASK, name, str(folder), str(count)],
        env={**os.environ, "ANTHROPIC_API_KEY": KEY},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_second_run_asks_nothing(provider: str, serve: Serve, room: Room) -> None:
    """Not even for answers that were put right, or that never could be used."""
    server = serve(*[Act(JSON)] * 3, Act("Refund."), Act(JSON), Act('{"label": "x"}'))
    model = hosted(provider, server.url)
    model.at_once = 1  # so that the script meets the questions in their order
    first = room.asker(model)
    before = first.ask(questions(5), "Labels")
    asked = len(server.requests)
    assert (asked, first.ledger.refused) == (7, 1)
    room.kept.close()
    again = room.asker(hosted(provider, server.url))
    after = again.ask(questions(5), "Labels")
    assert len(server.requests) == asked
    assert [each.answer for each in after] == [each.answer for each in before]
    ledger = again.ledger
    assert (ledger.calls, ledger.kept, ledger.tokens_in) == (0, 7, 0)
    assert (ledger.repaired, ledger.refused) == (1, 1)


def test_what_was_not_answered_is_asked_for_again(serve: Serve, room: Room) -> None:
    server = serve(Act(JSON), *[Act(status=500)] * 5, Act(JSON))
    asker = room.asker(hosted("ollama", server.url))
    assert [each.failed for each in asker.ask(questions(2), "Labels")] == [False, True]
    assert [each.failed for each in asker.ask(questions(2), "Labels")] == [False, False]


def test_answers_differ_by_model_window_and_prompt(serve: Serve, room: Room) -> None:
    server, other = serve(), serve()
    for name in (
        f"ollama:small?url={server.url}",
        f"ollama:small?url={server.url}&window=8192",
        f"ollama:small?url={server.url}&thinking=yes",
        f"ollama:large?url={server.url}",
        f"ollama:small?url={other.url}",
    ):
        model = load_model(name)
        assert room.kept.find(model, PROMPT) is None
        room.kept.keep(model, PROMPT, Reply(name, 1, 1, 0.1))
        kept = room.kept.find(model, PROMPT)
        assert kept is not None
        assert kept.text == name


@pytest.mark.parametrize(
    "change",
    [
        {"system": "Name it."},
        {"user": "Where is my card?"},
        {"longest": 65},
        {"constrained": False},
        {"schema": None},
        {"turns": (("No.", "Yes."),)},
    ],
)
def test_answers_differ_by_all_that_is_asked(
    change: dict[str, Any], serve: Serve, room: Room
) -> None:
    model = hosted("ollama", serve().url)
    room.kept.keep(model, PROMPT, Reply("kept", 1, 1, 0.1))
    assert room.kept.find(model, replace(PROMPT)) is not None
    assert room.kept.find(model, replace(PROMPT, **change)) is None


def test_prompts_are_not_written_down(serve: Serve, room: Room) -> None:
    secret = "the cat is called Mirabelle"
    room.asker(hosted("ollama", serve().url)).ask([question(secret)], "Labels")
    room.kept.close()
    files = list(room.kept.folder.iterdir())
    assert files
    assert all(b"Mirabelle" not in file.read_bytes() for file in files)
    assert room.kept.folder.stat().st_mode & 0o077 == 0


def test_a_killed_process_loses_no_answer(serve: Serve, tmp_path: Path) -> None:
    """What a process has reported as answered before it is killed is never asked for again."""
    server, reached = serve(), threading.Event()

    def play(request: Request) -> Act:
        if len(server.requests) >= 12:
            reached.set()
            return Act(held=True)
        return Act(JSON)

    server.script = (play,)
    name = NAMES["openai"].format(url=server.url)
    with start(name, tmp_path, 40) as process:
        assert reached.wait(60)
        process.kill()
        assert process.stdout is not None
        answered = {f"message {line.strip()}" for line in process.stdout}
    assert process.returncode < 0
    assert len(answered) >= 5
    before = len(server.requests)
    server.script = (Act(JSON),)
    with start(name, tmp_path, 40) as process:
        told, _ = process.communicate(timeout=60)
    assert "failed 0" in told
    later = [request.asked for request in server.requests[before:]]
    assert answered.isdisjoint(later)
    assert max(Counter(later).values()) == 1


def test_two_processes_share_their_answers(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    name = NAMES["openai"].format(url=server.url)
    both = [start(name, tmp_path, 60) for _ in range(2)]
    for process in both:
        with process:
            told, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "failed 0" in told
    assert len(server.requests) <= 120
    before = len(server.requests)
    room = Room(KeptAnswers(tmp_path))
    again = room.asker(hosted("openai", server.url))
    assert all(each.answer for each in again.ask(questions(60), "Labels"))
    room.kept.close()
    assert (again.ledger.kept, len(server.requests)) == (60, before)


def test_many_may_open_a_new_folder_at_once(serve: Serve, tmp_path: Path) -> None:
    """As processes do that start together; each has a connection of its own."""
    model = hosted("ollama", serve().url)
    for number in range(20):
        folder, meeting = tmp_path / str(number), threading.Barrier(8)

        def work(who: int, folder: Path = folder, meeting: threading.Barrier = meeting) -> None:
            kept = KeptAnswers(folder)
            meeting.wait(20)
            kept.keep(model, replace(PROMPT, user=str(who)), Reply("kept", 1, 1, 0.1))
            assert kept.find(model, replace(PROMPT, user=str(who))) is not None
            kept.close()

        threads = [threading.Thread(target=work, args=(who,)) for who in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = KeptAnswers(folder)
        assert kept.speed(model).calls == 8
        kept.close()


def _not_a_folder(folder: Path) -> None:
    folder.write_text("in the way")


def _not_a_database(folder: Path) -> None:
    folder.mkdir()
    (folder / "answers.sqlite").write_bytes(b"no database at all " * 100)


def _another_table(folder: Path) -> None:
    import sqlite3

    folder.mkdir()
    with sqlite3.connect(folder / "answers.sqlite") as database:
        database.execute("CREATE TABLE answers (key BLOB)")
    database.close()


def _read_only(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere")


@pytest.mark.parametrize("spoil", [_not_a_folder, _not_a_database, _another_table, _read_only])
def test_a_folder_that_cannot_be_used_costs_a_warning_only(
    spoil: Callable[[Path], None], serve: Serve, tmp_path: Path
) -> None:
    server, folder = serve(), tmp_path / "kept"
    spoil(folder)
    room = Room(KeptAnswers(folder))
    asker = room.asker(hosted("openai", server.url))
    with pytest.warns(CoterieWarning, match="COTERIE_CACHE") as warned:
        found = asker.ask(questions(6), "Labels")
    room.kept.close()
    assert all(each.answer is not None for each in found)
    assert len(server.requests) == 6
    assert len(warned) == 1


def test_nothing_is_kept_where_nothing_is_to_be(serve: Serve) -> None:
    server = serve()
    room = Room(NoAnswers())
    for _ in range(2):
        room.asker(hosted("ollama", server.url)).ask(questions(2), "Labels")
    assert len(server.requests) == 4
