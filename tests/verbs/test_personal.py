"""What is shown to anyone holds no personal data; the files of the user's own rows stay exact."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import coterie
from coterie.encoders import EmbeddingCache
from coterie.errors import CoterieWarning
from coterie.personal import has_mask
from coterie.segments.taxonomy.edits import rename, split_stored
from coterie.segments.taxonomy.files import load_segmentation, save_segmentation
from coterie.segments.taxonomy.rows import load_rows
from coterie.verbs.discovery import Found
from coterie.verbs.edits import edit_saved

from .conftest import THINGS, TOPICS

IBAN, CARD = "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111"
COLUMNS = {"text": "message", "id": "key"}


@pytest.fixture
def private() -> pd.DataFrame:
    """54 messages, each with an e-mail address and a phone number of its own."""
    rows = []
    for topic, openings in TOPICS.items():
        for opening in openings:
            for thing in THINGS:
                at = len(rows)
                mail, phone = f"jo.doe{at}@mail{at}.example.com", f"+44 20 7946 {1000 + at}"
                text = f"{opening} {thing}. My mail is {mail}, {phone}, IBAN {IBAN}, card {CARD}"
                rows.append((f"k{at}", text, topic, mail, phone))
    return pd.DataFrame(rows, columns=["key", "message", "intent", "mail", "phone"])


@pytest.fixture
def pieces(private: pd.DataFrame) -> list[str]:
    return [*private["mail"], *private["phone"], IBAN, CARD]


def leaks(path: Path, pieces: list[str]) -> int:
    """How many pieces of personal data a file holds."""
    written = path.read_text(encoding="utf-8")
    return sum(piece in written for piece in pieces)


def shown(folder: Path) -> list[Path]:
    """The files of a folder that are not rows of the user's."""
    return [*folder.rglob("*.html"), *folder.rglob("*.json")]


Discover = Callable[..., Path]


@pytest.fixture
def found(private: pd.DataFrame, cache: EmbeddingCache, tmp_path: Path) -> Discover:
    def discover(**options: Any) -> Path:
        folder = tmp_path / f"found {len(options)}"
        columns = {**COLUMNS, "labels": "intent", "encoder": "tfidf", "groups": 3, "cache": cache}
        coterie.discover(private, **columns, **options).save(folder)
        return folder

    return discover


def test_a_discovery_is_masked(found: Discover, private: pd.DataFrame, pieces: list[str]) -> None:
    folder = found()
    assert [leaks(path, pieces) for path in shown(folder)] == [0] * len(shown(folder))
    assert "--show-personal" in (folder / "report.html").read_text(encoding="utf-8")
    for segment in load_segmentation(folder).segments:
        assert any(map(has_mask, segment.exemplars))
        assert has_mask(segment.description)
        named = [segment.name, segment.parent, *segment.terms]
        assert not any(has_mask(each) or "@" in each or IBAN[:4] in each for each in named)
    assert load_rows(folder).texts.tolist() == private["message"].tolist()
    rows = pd.read_csv(folder / "assignments.csv")
    assert rows["id"].tolist() == private["key"].tolist()


def test_a_discovery_shows_personal_data_where_asked(
    found: Discover, private: pd.DataFrame, pieces: list[str]
) -> None:
    folder = found(show_personal=True)
    assert leaks(folder / "report.html", pieces) == len(pieces)
    assert leaks(folder / "segments.json", pieces) > 10
    assert "--show-personal" not in (folder / "report.html").read_text(encoding="utf-8")
    for segment in load_segmentation(folder).segments:
        named = [segment.name, *segment.terms]
        assert not any("@" in each or IBAN[:4] in each for each in named)


def test_edits_mask_as_the_discovery_did(found: Discover, pieces: list[str]) -> None:
    for options in ({}, {"show_personal": True}):
        folder = found(**options)
        ids = [segment.id for segment in load_segmentation(folder).segments]
        edit_saved(folder, lambda s, _: rename(s, ids[0], "Mine"))  # noqa: B023
        edit_saved(folder, lambda s, rows: split_stored(s, ids[1], rows))  # noqa: B023
        for name in ("report.html", "segments.json", "metrics.json"):
            assert (leaks(folder / name, pieces) > 0) == bool(options and name != "metrics.json")
        again = coterie.load(folder)
        assert isinstance(again, Found)
        again.split(ids[2])
        page = again.save(folder.with_name(f"again {len(options)}"))
        assert (leaks(page, pieces) > 0) == bool(options)
        assert (leaks(page.with_name("segments.json"), pieces) > 0) == bool(options)


def test_a_folder_of_an_earlier_version_is_masked_when_it_is_edited(
    found: Discover, private: pd.DataFrame, pieces: list[str]
) -> None:
    folder = found()
    before = load_segmentation(folder)
    quoted = tuple(
        replace(s, description=private["message"][0], exemplars=tuple(private["message"][:3]))
        for s in before.segments
    )
    save_segmentation(replace(before, segments=quoted), folder)
    (folder / ".coterie.json").unlink()  # or the file was changed by a person
    assert leaks(folder / "segments.json", pieces)
    edit_saved(folder, lambda s, _: rename(s, s.segments[0].id, f"Write to {pieces[0]}"))
    assert leaks(folder / "report.html", pieces) == 0
    after = load_segmentation(folder)
    assert any(s.name == f"Write to {pieces[0]}" for s in after.segments)  # a person's own word
    assert all(map(has_mask, (s.description for s in after.segments)))


def test_names_are_never_made_of_addresses(cache: EmbeddingCache) -> None:
    mails = [f"{a}.{b}@example.com" for a in "abcdef" for b in "uvwxyz"]
    table = pd.DataFrame({"message": [f"{mail} {IBAN}" for mail in mails]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        made = coterie.discover(
            table, text="message", encoder="tfidf", groups=2, cache=cache, show_personal=True
        )
    for segment in made.segmentation.segments:
        assert not has_mask(segment.name)
        assert not any(part in segment.name for part in ("@", "example", "DE89"))


@pytest.mark.parametrize("show", [False, True])
def test_assigned_rows(
    *, show: bool, found: Discover, private: pd.DataFrame, pieces: list[str], tmp_path: Path
) -> None:
    kinds = tmp_path / "kinds.toml"
    told = "\n".join(
        f'[[segment]]\nname = "{t}"\ndescription = "{o[0]}"' for t, o in TOPICS.items()
    )
    kinds.write_text(told, encoding="utf-8")
    own = found(show_personal=True)
    for segments, encoders in ((kinds, "tfidf"), (own, ())):
        out = tmp_path / f"assigned {segments.name}"
        given = {**COLUMNS, "segments": segments, "encoders": encoders, "show_personal": show}
        coterie.assign(private, **given).save(out)
        assert (leaks(out / "report.html", pieces) > 0) == show
        assert leaks(out / "metrics.json", pieces) == 0
        assert (leaks(out / "segments.json", pieces) > 0) == (show and segments == own)
        assert len(pd.read_csv(out / "assignments.csv")) == len(private)


@pytest.mark.parametrize("show", [False, True])
def test_evaluated_models(
    *,
    show: bool,
    private: pd.DataFrame,
    pieces: list[str],
    cache: EmbeddingCache,
    tmp_path: Path,
) -> None:
    model = coterie.train(private, **COLUMNS, label="intent", encoder="tfidf", cache=cache)
    model.save(tmp_path / "model")
    manifests = (tmp_path / "model").rglob("manifest.json")
    assert [leaks(path, pieces) for path in manifests] == [0]
    wrong = private.assign(intent=private["intent"].to_numpy()[::-1])
    page = coterie.evaluate(model, wrong, cache=cache, show_personal=show).save(tmp_path / "seen")
    assert leaks(page, pieces) == (len(pieces) if show else 0)
    assert leaks(page.with_name("metrics.json"), pieces) == 0
    mistakes = pd.read_csv(page.with_name("mistakes.csv"))
    assert set(mistakes["text"]) <= set(private["message"])


@pytest.mark.parametrize("show", [False, True])
def test_estimated_numbers(
    *,
    show: bool,
    private: pd.DataFrame,
    pieces: list[str],
    cache: EmbeddingCache,
    tmp_path: Path,
) -> None:
    table = private.assign(worth=[float(place % 9) + place / 7 for place in range(len(private))])
    columns = {**COLUMNS, "label": "worth", "context": ["mail"], "cache": cache}
    few = {"members": "random-forest", "draws": 1, "preset": "speed"}
    model = coterie.train(table, **columns, model="ensemble", numbers=True, **few)
    page = coterie.evaluate(model, table, cache=cache, show_personal=show).save(tmp_path / "seen")
    assert (leaks(page, pieces) > 0) == show
    assert leaks(page.with_name("metrics.json"), pieces) == 0


@pytest.mark.parametrize("show", [False, True])
def test_explored_tables(
    *, show: bool, private: pd.DataFrame, pieces: list[str], tmp_path: Path
) -> None:
    table = pd.concat([private, private], ignore_index=True)  # examples are of copies
    table["key"] = [f"k{place}" for place in range(len(table))]
    explored = coterie.explore(table, **COLUMNS, labels="intent", show_personal=show)
    page = explored.save(tmp_path / "explored")
    for path in (page, page.with_name("explore.json")):
        assert (leaks(path, pieces) > 0) == show
    masked = "--show-personal" in page.read_text(encoding="utf-8")
    assert masked != show


@pytest.mark.parametrize("show", [False, True])
def test_tuned_encoders(
    *,
    show: bool,
    private: pd.DataFrame,
    pieces: list[str],
    cache: EmbeddingCache,
    st_folder: Callable[..., Path],
    tmp_path: Path,
) -> None:
    pytest.importorskip("torch", reason="needs coterie[torch]")
    table = pd.concat([private] * 3, ignore_index=True)
    table["key"] = [f"k{place}" for place in range(len(table))]
    table["message"] = table["message"] + [f", lamp {place}" for place in range(len(table))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        tuned = coterie.tune(
            table,
            **COLUMNS,
            label="intent",
            encoder=str(st_folder("bert")),
            cache=cache,
            epochs=1,
            batch=16,
            near=1.0,
            show_personal=show,
        )
    page = tuned.save(tmp_path / "tuned")
    assert (leaks(page, pieces) > 0) == show
    assert leaks(page.with_name("metrics.json"), pieces) == 0
    suspects = pd.read_csv(page.with_name("suspects.csv"))
    assert set(suspects["text"]) <= set(table["message"])


def test_labels_that_are_addresses_are_named_alike_on_a_page(
    private: pd.DataFrame, cache: EmbeddingCache, tmp_path: Path
) -> None:
    agents = [f"agent{place % 3}@shop.example.com" for place in range(len(private))]
    table = private.assign(agent=agents)
    columns = {**COLUMNS, "labels": "agent", "encoder": "tfidf", "groups": 3, "cache": cache}
    page = coterie.discover(table, **columns).save(tmp_path / "found")
    html = page.read_text(encoding="utf-8")
    assert "shop.example.com" not in html
    assert all(f"[e-mail {number}]" in html for number in (1, 2, 3))
    figures = json.loads(page.with_name("metrics.json").read_text(encoding="utf-8"))
    assert list(figures["labels"]) == ["agent"]


def test_a_page_without_personal_data_has_no_mask(
    frame: pd.DataFrame, cache: EmbeddingCache, tmp_path: Path
) -> None:
    columns = {"text": "message", "id": "key", "cache": cache, "encoder": "tfidf"}
    found = coterie.discover(frame, **columns, labels="intent", groups=3)
    model = coterie.train(frame, **columns, label="intent")
    explored = coterie.explore(frame, text="message", id="key", labels="intent")
    judged = coterie.evaluate(model, frame, cache=cache, learning=True)
    for number, result in enumerate((found, judged, explored)):
        html = result.save(tmp_path / f"page {number}").read_text(encoding="utf-8")
        assert not has_mask(html)
        assert "--show-personal" not in html
