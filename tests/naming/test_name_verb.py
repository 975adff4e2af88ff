"""``coterie name`` with a server on loopback, from the command line to the files."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from coterie.llm.quoting import spoken
from coterie.segments import load_rows, load_segmentation
from tests.llm.servers.playing import Act, Request, Server
from tests.naming.conftest import GROUPS, MAIL, PERSON, PHONE
from tests.naming.namer import Namer, answer, begin, instead, kind_of, texts_of
from tests.workflows.conftest import Coterie, Done

Serve = Callable[..., Server]


def local(server: Server) -> str:
    return f"ollama:small?url={server.url}"


def remote(server: Server) -> str:
    return f"anthropic:claude-haiku-4-5?url={server.url}"


def name(coterie: Coterie, folder: Path, llm: str, *more: object) -> Done:
    done = coterie("name", folder, "--llm", llm, *more)
    assert done.returncode == 0, done.stderr
    return done


def table(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "names.csv", keep_default_na=False)


def audit(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "language-model.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def figures(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return found["naming"]


def names_of(folder: Path) -> dict[str, str]:
    return {segment.id: segment.name for segment in load_segmentation(folder).segments}


def state(folder: Path) -> dict[str, str]:
    """Give what each file holds."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def families_of(folder: Path) -> set[str]:
    return {segment.parent for segment in load_segmentation(folder).segments if segment.parent}


# What is named, and where it is written.


def test_every_file_has_the_names(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    server = serve(namer)
    before, families = names_of(found), families_of(found)
    done = name(coterie, found, local(server), "--by", "Zoe")
    names, listed = names_of(found), table(found)
    assert len(names) == GROUPS
    assert set(names.values()) | families_of(found) == set(namer.named.values())

    groups = listed[listed["segment"] != ""].set_index("segment")
    assert groups["name"].to_dict() == names
    assert groups["before"].to_dict() == before
    assert set(listed["status"]) == {"named"}
    assert set(listed["why"]) == {""}
    assert list(listed) == [
        *("segment", "name", "before", "description", "status", "why", "told_apart")
    ]
    segments = load_segmentation(found).segments
    assert {s.id: s.description for s in segments} == groups["description"].to_dict()
    above = listed[listed["segment"] == ""]
    assert set(above["before"]) == families
    assert set(above["name"]) == families_of(found)

    rows = pd.read_csv(found / "assignments.csv")
    assert dict(zip(rows["segment"], rows["name"], strict=True)) == names
    crossed = pd.read_csv(found / "groups.csv")
    assert set(crossed["name"]) == set(names.values())
    page = (found / "report.html").read_text(encoding="utf-8")
    assert all(each in page for each in names.values())
    assert "small" in page

    ledger = figures(found)["ledger"]
    assert figures(found)["statuses"] == {"named": GROUPS}
    assert figures(found)["families_named"] == len(families) > 1
    assert ledger["calls"] == len(server.requests) == len(audit(found))
    assert ledger["refused"] == 0
    for line in audit(found):
        assert line["about"]
        assert [each["role"] for each in line["prompt"]] == ["system", "user"]
        assert json.loads(line["answer"])
    history = coterie("segments", "history", found).stdout
    assert all(each in history for each in names.values())
    assert "Zoe" in history
    assert all(each in done.stdout for each in names.values())


def test_json_is_all_that_stdout_carries(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    said = json.loads(name(coterie, found, local(serve(namer)), "--json").stdout)
    listed = table(found)
    assert [each["name"] for each in said["names"]] == listed["name"].tolist()
    assert said["names"][-1]["told_apart"] is None  # of a family
    assert said["statuses"] == {"named": GROUPS}
    assert said["told_apart"] == figures(found)["told_apart"] == 1.0
    assert said["ledger"]["remote"] is False


def test_names_of_another_run_are_kept_answers(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    server = serve(namer)
    name(coterie, found, local(server))
    names, asked = names_of(found), len(server.requests)
    name(coterie, found, local(server))
    assert names_of(found) == names
    assert len(server.requests) == asked
    assert figures(found)["ledger"]["calls"] == 0
    assert figures(found)["ledger"]["kept"] == asked


def test_families_are_named_by_their_groups(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    server = serve(namer)
    kin = {
        family: {s.id for s in load_segmentation(found).segments if s.parent == family}
        for family in families_of(found)
    }
    name(coterie, found, local(server), "--no-look")
    names = names_of(found)
    wanted = [{names[i] for i in ids} for ids in kin.values() if len(ids) > 1]
    asked = [
        {text.split(":")[0] for text in texts_of(request)} for request in server.requests[GROUPS:]
    ]
    assert sorted(map(sorted, asked)) == sorted(map(sorted, wanted))
    after = load_segmentation(found)
    for ids in kin.values():
        assert len({after[i].parent for i in ids}) == 1
    assert len(families_of(found)) == len(kin)


def test_language_and_business_reach_the_model(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    server = serve(namer)
    business = "We sell <lamps> and\nchairs"
    name(coterie, found, local(server), "--language", "Klingon", "--business", business)
    asked = [request for request in server.requests if kind_of(request) == "name"]
    assert len(asked) > GROUPS
    assert all("Klingon" in request.asked for request in asked)
    assert all(spoken(business) in request.asked for request in asked)
    assert figures(found)["language"] == "Klingon"


def test_an_answer_in_another_language_is_asked_for_again(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    german = "Die Kunden schreiben über verlorene Karten und fragen, was sie jetzt tun sollen."

    def play(request: Request) -> Act:
        if len(request.turns) > 2:
            assert "German" in request.turns[-1][1]
            return namer(request)
        return answer("Lost bank cards", german)

    server = serve(instead(namer, play))
    name(coterie, found, local(server), "--no-look")
    assert figures(found)["ledger"]["repaired"] > GROUPS
    assert "Lost bank cards" not in names_of(found).values()


# The second look.


def test_names_that_tell_nothing_apart_are_not_used(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    def nothing(request: Request) -> Act:
        return Act('{"numbers": []}') if kind_of(request) == "look" else namer(request)

    server, before = serve(nothing), names_of(found)
    name(coterie, found, local(server))
    looks = [request for request in server.requests if kind_of(request) == "look"]
    assert 0 < len(looks) <= GROUPS
    looked = {
        key for key, why in zip(table(found)["segment"], table(found)["why"], strict=True) if why
    }
    assert len(looked) == len(looks)
    assert {key: names_of(found)[key] for key in looked} == {key: before[key] for key in looked}
    for request in looks:
        texts = texts_of(request)[1:]
        assert len(texts) == len(set(texts)) > 1


def test_it_can_be_left_out(coterie: Coterie, found: Path, namer: Namer, serve: Serve) -> None:
    server = serve(namer)
    name(coterie, found, local(server), "--no-look")
    assert {kind_of(request) for request in server.requests} == {"name"}
    assert figures(found)["told_apart"] is None
    assert set(table(found)["told_apart"]) == {""}


# Answers that cannot be used.


def test_no_two_groups_get_the_same_name(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    before, families = names_of(found), families_of(found)
    server = serve(instead(namer, lambda _: answer("Lost bank cards")))
    namer.groups["Lost bank cards"] = "s01"
    name(coterie, found, local(server))
    names = names_of(found)
    assert len(set(names.values())) == GROUPS
    assert list(names.values()).count("Lost bank cards") == 1
    assert sum(names[i] == before[i] for i in names) == GROUPS - 1
    assert families_of(found) == families
    listed = table(found)
    assert (listed["why"] != "").tolist() == (listed["status"] == "refused").tolist()
    assert (listed["status"] == "named").sum() == 1


@pytest.mark.parametrize(
    "given",
    [
        answer("Customer support queries"),
        answer("refund, card, order, phone"),
        answer(""),
        answer("A name that has far too many words to be one"),
        answer(f"Refunds of {MAIL}"),
        answer("Good name", f"Write to {MAIL}."),
        answer("Good name", " "),
        Act("I cannot do that."),
        Act('{"name": "Lost cards"}'),
        Act('{"name": "Lost cards", "description": "Cards", "more": 1}'),
        Act(""),
    ],
)
def test_groups_without_a_usable_answer_keep_their_names(
    given: Act, coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    before, families = names_of(found), families_of(found)
    server = serve(instead(namer, lambda _: given))
    name(coterie, found, local(server))
    assert names_of(found) == before
    assert families_of(found) == families
    assert set(table(found)["status"]) == {"refused"}
    assert (table(found)["why"] != "").all()
    assert figures(found)["ledger"]["refused"] == len(table(found))
    assert len(audit(found)) == len(server.requests) == 2 * len(table(found))
    assert len(load_segmentation(found).history) == len(load_segmentation(found).edits) == 0


@pytest.mark.parametrize("given", ["s02", "S05"])
def test_an_id_is_no_name(
    given: str, coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    before = names_of(found)
    name(coterie, found, local(serve(instead(namer, lambda _: answer(given)))))
    assert names_of(found) == before
    assert set(table(found)["status"]) == {"refused"}


def test_bad_answers_of_some_leave_the_others_alone(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    bad = {"s03": 2, "s05": 1}  # how often

    def play(request: Request) -> Act | None:
        own = namer.truth.get(begin(texts_of(request)[0]), "")
        bad[own] = bad.get(own, 0) - 1
        return Act("No JSON here.") if bad[own] >= 0 else None

    before = names_of(found)
    name(coterie, found, local(serve(instead(namer, play))))
    names, status = names_of(found), table(found).set_index("segment")["status"]
    assert {i for i in names if names[i] == before[i]} == {"s03"}
    assert {i for i in names if status[i] == "refused"} == {"s03"}
    assert figures(found)["ledger"]["repaired"] == 1


def test_groups_may_exchange_names(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    """The name of another group is free once that one has a new name."""
    before = names_of(found)
    other = next(i for i in reversed(before) if len(before[i].split()) > 1)
    first = next(iter(before))

    def play(request: Request) -> Act | None:
        own = namer.truth.get(begin(texts_of(request)[0]), "")
        return answer(before[other]) if own == first else None

    namer.groups[before[other]] = first
    name(coterie, found, local(serve(instead(namer, play))))
    assert names_of(found)[first] == before[other]
    assert len(set(names_of(found).values())) == GROUPS


# Names that a person gave.


def test_names_given_by_hand_stay_and_are_not_asked_for(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    family = load_segmentation(found)["s04"].parent
    for words in (
        ("rename", found, "s01", "My very own name"),
        ("merge", found, "s02", "s03", "--name", "One of two"),
        ("parent", found, "s04", "A family of mine"),
        ("parent", found, "s05", "A family of mine"),
    ):
        done = coterie("segments", *words)
        assert done.returncode == 0, done.stderr
    server = serve(namer)
    name(coterie, found, local(server))
    names = names_of(found)
    assert (names["s01"], names["s02"]) == ("My very own name", "One of two")
    assert "A family of mine" in families_of(found)
    assert family not in families_of(found) or family == "A family of mine"
    status = table(found).set_index("segment")["status"]
    assert status["s01"] == status["s02"] == "by hand"
    abouts = {line["about"] for line in audit(found)}
    assert not {each for each in abouts if each.endswith((" s01", " s02", "A family of mine"))}
    assert len([each for each in abouts if each.startswith("group ")]) == GROUPS - 3
    name(coterie, found, local(server), "--language", "Dutch")
    assert names_of(found)["s01"] == "My very own name"


def test_no_group_gets_a_name_that_a_person_gave_to_another(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    assert coterie("segments", "rename", found, "s01", "Lost bank card").returncode == 0
    server = serve(instead(namer, lambda _: answer("Bank cards lost")))
    name(coterie, found, local(server))
    assert set(table(found)["status"]) == {"by hand", "refused"}


# A model elsewhere.


def test_small_groups_and_personal_data_stay_here(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    rows, segmentation = load_rows(found), load_segmentation(found)
    ids = segmentation.predict(rows.vectors, readable=rows.readable).segments
    sizes = pd.Series(ids).value_counts()
    least = int(sizes.sort_values().iloc[4])
    hidden = set(sizes[sizes < least].index)
    assert 1 < len(hidden) < GROUPS - 1
    assert any(MAIL in text and i not in hidden for text, i in zip(rows.shown, ids, strict=True))

    personal = cycle([("Refunds of [e-mail 1]", "Mail."), ("Money of [name 1]", "Money.")])

    def play(request: Request) -> Act:
        if "e-mail 1" in request.asked and kind_of(request) != "look" and len(request.turns) == 2:
            return answer(*next(personal))
        return namer(request)

    server = serve(play)
    name(coterie, found, remote(server), "--smallest-group", least)
    sent = "\n".join(words for request in server.requests for _, words in request.turns)
    open_texts = "\n".join(t for t, i in zip(rows.shown, ids, strict=True) if i not in hidden)
    for text in (t for t, i in zip(rows.shown, ids, strict=True) if i in hidden):
        pieces = [text[at : at + 25] for at in range(0, max(len(text) - 25, 1), 5)]
        assert not [each for each in pieces if each in sent and each not in open_texts]
    for secret in (MAIL, PHONE, PERSON, "Schmidt", "170 1234567"):
        assert secret in open_texts
        assert secret not in "".join(request.everything for request in server.requests)
        given = table(found).query("status == 'named'")
        assert len(given)
        assert not [each for each in given["name"] if secret in each]
        assert not [each for each in given["description"] if secret in each]
        assert secret not in (found / "language-model.jsonl").read_text(encoding="utf-8")
    assert "[e-mail 1]" in sent
    status = table(found).set_index("segment")["status"]
    assert {i for i in names_of(found) if status[i] == "too small"} == hidden
    assert {"too small", "named"} <= set(status)
    assert figures(found)["ledger"]["masked"]
    assert figures(found)["ledger"]["repaired"] > 0
    assert figures(found)["ledger"]["cost"] > 0


def test_a_name_of_a_person_is_no_name_of_a_group(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    """Masks are taken off an answer: the names behind them must not stay in it."""
    before = names_of(found)
    server = serve(instead(namer, lambda _: answer("Money of [name 1]", "Customers want money.")))
    name(coterie, found, remote(server), "--no-look", "--smallest-group", 1)
    status = table(found).set_index("segment")
    with_person = [r for r in server.requests if "[name 1]" in r.asked]
    assert with_person
    assert not [
        each for each in names_of(found).values() if PERSON in each and each not in before.values()
    ]
    assert PERSON not in "".join(request.everything for request in server.requests)
    assert set(status["status"]) == {"refused"}


def test_a_model_here_is_shown_small_groups_too(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    name(coterie, found, local(serve(namer)), "--smallest-group", 1000)
    assert set(table(found)["status"]) == {"named"}


def test_the_limit_of_money_is_kept(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    def play(request: Request) -> Act:
        act = Act('{"numbers": [1]}') if kind_of(request) == "look" else namer(request)
        return Act(act.text, used=(1000, 100))

    server = serve(play)
    before = names_of(found)
    more = ("--llm-price", "3/15", "--max-cost", 0.03)
    name(coterie, found, remote(server), "--smallest-group", 1, *more)
    spent = figures(found)["ledger"]["cost"]
    assert 0 < spent <= 0.03
    assert spent == pytest.approx(len(server.requests) * 0.0045)
    statuses = figures(found)["statuses"]
    assert statuses["named"] + statuses["refused"] == GROUPS
    assert min(statuses.values()) > 0
    kept = table(found).set_index("segment")
    assert all(names_of(found)[i] == before[i] for i in before if kept["status"][i] == "refused")


# What goes wrong on the way.


def test_a_server_that_dies_leaves_the_rest_their_names(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    server = serve(*[namer] * 4, Act(cut="before"))
    before = names_of(found)
    name(coterie, found, local(server))
    names = names_of(found)
    assert sum(names[i] != before[i] for i in names) == 4
    assert figures(found)["statuses"] == {"named": 4, "refused": GROUPS - 4}
    assert len(server.requests) == 4 + 5 * 5  # five times five, and nothing after that
    assert all(each in (found / "report.html").read_text("utf-8") for each in names.values())
    name(coterie, found, local(serve(namer)))


def test_what_was_answered_before_is_not_asked_again(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    """One group without an answer changes no question about another."""
    down = {"s03"}

    def play(request: Request) -> Act:
        own = namer.truth.get(begin(texts_of(request)[0]), "")
        return Act(status=500) if own in down else namer(request)

    server = serve(play)
    name(coterie, found, local(server))
    answered = {line["prompt"][1]["content"] for line in audit(found) if "answer" in line}
    first = len(server.requests)
    down.clear()
    name(coterie, found, local(server))
    asked = [request.asked for request in server.requests[first:]]
    assert 0 < len(asked) <= 3  # the group, its second look, and its family
    assert not answered & set(asked)


def test_a_killed_run_asks_nothing_again_that_was_answered(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve, tmp_path: Path
) -> None:
    server = serve(*[namer] * 5, Act(held=True), namer)
    before = state(found)
    with subprocess.Popen(
        [sys.executable, "-m", "coterie", "name", str(found), "--llm", local(server)],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"COTERIE_CACHE": str(tmp_path / "cache")},
    ) as first:
        while len(server.requests) < 6:
            assert first.poll() is None
            time.sleep(0.02)
        first.send_signal(signal.SIGKILL)
    assert {k: v for k, v in state(found).items() if not k.startswith(".")} == {
        k: v for k, v in before.items() if not k.startswith(".")
    }
    answered = {request.asked for request in server.requests[:5]}
    name(coterie, found, local(server))
    assert set(table(found)["status"]) == {"named"}
    again = [request.asked for request in server.requests[6:]]
    assert not answered & set(again)
    assert len(again) == len(set(again))
    assert figures(found)["ledger"]["kept"] == 5


def test_an_estimate_asks_nothing_and_writes_nothing(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    server, before = serve(namer), state(found)
    said = json.loads(name(coterie, found, local(server), "--estimate", "--json").stdout)
    assert name(coterie, found, local(server), "--estimate").stdout.strip()
    assert not server.requests
    assert state(found) == before
    name(coterie, found, local(server))
    assert said["calls"] == len(server.requests)
    assert said["most"] >= said["calls"]
    assert said["remote"] is False
    after = json.loads(name(coterie, found, local(server), "--estimate", "--json").stdout)
    assert after["kept"] >= GROUPS


def test_a_frozen_discovery_is_refused_before_any_question(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    assert coterie("segments", "freeze", found).returncode == 0
    server, before = serve(namer), state(found)
    for more in ((), ("--estimate",)):
        done = coterie("name", found, "--llm", local(server), *more)
        assert done.returncode == 2
        assert "thaw" in done.stderr
    assert not server.requests
    assert state(found) == before


def test_a_folder_that_holds_no_discovery_is_refused(
    coterie: Coterie, tmp_path: Path, namer: Namer, serve: Serve
) -> None:
    server = serve(namer)
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "absent"):
        done = coterie("name", folder, "--llm", local(server))
        assert done.returncode == 2
        assert str(folder) in done.stderr
    assert not server.requests
    assert not (tmp_path / "absent").exists()
    assert not list((tmp_path / "empty").iterdir())


def test_a_server_that_is_down_changes_nothing(coterie: Coterie, found: Path, serve: Serve) -> None:
    server = serve()
    server.stop()
    before = state(found)
    done = coterie("name", found, "--llm", local(server))
    assert done.returncode == 2
    assert server.url in done.stderr
    assert state(found) == before


def test_names_stay_when_groups_are_edited_later(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    name(coterie, found, local(serve(namer)))
    names, listed, naming = names_of(found), table(found), figures(found)
    assert coterie("segments", "rename", found, "s01", "Mine").returncode == 0
    assert names_of(found) == names | {"s01": "Mine"}
    assert table(found).equals(listed)
    assert figures(found) == naming


def test_no_family_gets_the_name_of_a_group(
    coterie: Coterie, found: Path, namer: Namer, serve: Serve
) -> None:
    refused = set(names_of(found).values())
    taken = cycle(sorted(refused))

    def play(request: Request) -> Act:
        if "Groups of the family" in request.asked:
            return answer(next(taken), "These texts are about a matter.")
        return Act("no JSON")  # so that every group keeps the name made of words

    server = serve(play)
    name(coterie, found, local(server), "--no-look")
    assert any("Groups of the family" in request.asked for request in server.requests)
    parents = {segment.parent for segment in load_segmentation(found).segments}
    assert set(names_of(found).values()) == refused
    assert not parents & refused
