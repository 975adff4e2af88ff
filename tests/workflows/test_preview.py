"""The preview of a table: which column is which, on real tables and on small made-up ones."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coterie.errors import InputError
from coterie.records import Table, read_table
from coterie.records.roles import likely_text
from coterie.workflows.preview import Guess, guess_columns, preview_table

REAL = {
    "support/bitext_27k.csv": Guess("instruction", None, ("category", "intent")),
    "banking77/train.csv": Guess("text", None, ("category",)),
    "banking77/test.csv": Guess("text", None, ("category",)),
    "sales/turns.csv": Guess("text"),
    "sales/outcomes.csv": Guess(None, "conversation_id", ("converted",)),
    "attendees/sessions.csv": Guess("description", "session_id"),
    "attendees/attendance.csv": Guess(person="badge_id"),
    "adopters/new_coder_survey.csv": Guess(None, "id", ("Would you prefer to...",)),
    "leads/Leads.csv": Guess(None, "ProspectID", ("Converted",)),
} | {
    f"discovery/{name}.csv": Guess("text", None, ("label",))
    for name in (
        *("hwu64", "stackoverflow", "natcs_finance", "nlu_small", "hint3_curekart"),
        *("searchsnippets", "nhs_feedback", "anes_problem", "newsgroups20", "trec50"),
        *("wikit_hr_fr", "gnad10"),
    )
}


@pytest.mark.parametrize("name", REAL)
def test_the_columns_of_real_tables_are_found(data: Callable[..., Path], name: str) -> None:
    assert preview_table(data(name)).guess == REAL[name]


GENERATED = {
    ("support", "messages.csv"): Guess("text", "id", ("category", "intent"), "created_at"),
    ("sales", "turns.csv"): Guess("text"),
    ("sales", "conversations.csv"): Guess(None, "conversation_id", ("outcome",)),
    ("attendees", "badges.json"): Guess(
        "SessionInfo", None, ("Topic", "Type"), "Start", person="BadgeId"
    ),
    ("attendees", "labels.csv"): Guess(None, "BadgeId", ("ClusterId",)),
    ("clients", "labels.csv"): Guess(None, "client_id", ("churned", "purchased")),
    ("clients", "note_concepts.csv"): Guess(time="date", person="client_id"),
    ("adopters", "profiles.csv"): Guess("about", "id", ("adopter_category",), "joined"),
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    from coterie import generate

    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind)
            generate(kind, made[kind], rows=300)
        return made[kind]

    return folder


@pytest.mark.parametrize(("kind", "name"), GENERATED)
def test_the_columns_of_generated_tables_are_found(
    generated: Callable[[str], Path], kind: str, name: str
) -> None:
    assert preview_table(generated(kind) / name).guess == GENERATED[kind, name]


# Tables as programs export them. Cells are made up by a kind: see `cells`.

ENGLISH = (
    "my order has not arrived and i want to know where it is now please could you help me with the "
    "refund for a blue jacket that was too small when will you send the new one we are waiting for "
    "an answer to our last message about the invoice it is not right"
)
GERMAN = (
    "meine bestellung ist noch nicht da und ich möchte wissen wo sie ist bitte helfen sie mir mit "
    "der rechnung das ist nicht richtig wann wird es geschickt wir warten auf eine antwort"
)
FRENCH = (
    "ma commande est en retard et je ne sais pas quand elle va arriver merci de me dire ce que "
    "vous pouvez faire pour le remboursement de la veste qui est trop petite"
)
JAPANESE = (
    *("注文した商品がまだ届きません。", "返金はいつになりますか。", "サイズを交換したいです。"),
    *("領収書を送ってください。", "配送先を変更したいのですが。", "電話がつながりません。"),
)
PRODUCTS = ("Blue", "Jacket", "Red", "Shoes", "Large", "Bottle", "Steel", "Lamp", "Desk", "Small")
NAMES = ("Ann", "Bea", "Carl", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jan", "Kim", "Lea")
ROWS = 120


Draw = random.Random


def prose(text: str, least: int, most: int) -> Callable[[Draw, int], str]:
    """Make cells of so many words of a text."""
    words = text.split()
    return lambda draw, at: " ".join(draw.choices(words, k=draw.randint(least, most))) + "."


CELLS: dict[str, Callable[[Draw, int], Any]] = {
    "prose": prose(ENGLISH, 4, 20),
    "long": prose(ENGLISH, 60, 120),
    "short": prose(ENGLISH, 3, 6),
    "german": prose(GERMAN, 4, 20),
    "french": prose(FRENCH, 4, 20),
    "japanese": lambda draw, at: "".join(draw.sample(JAPANESE, 2)) + str(at),
    "product": lambda draw, at: f"{' '.join(draw.sample(PRODUCTS, 4))} {at}",
    "address": lambda draw, at: f"{at} {draw.choice(PRODUCTS)} Street, {20000 + at} Berlin",
    **{
        f"classes {size}": lambda draw, at, size=size: f"class {draw.randrange(size)}"
        for size in range(3, 31)
    },
    "flag": lambda draw, at: draw.choice("01"),
    "scale": lambda draw, at: draw.randint(1, 5),
    "amount": lambda draw, at: round(draw.uniform(1, 900), 2),
    "number": lambda draw, at: 1001 + at,
    "code": lambda draw, at: f"T-{draw.getrandbits(40):010x}0",
    "person": lambda draw, at: f"C{draw.randrange(40):05}",
    "someone": lambda draw, at: f"{draw.choice(NAMES)} {draw.choice(NAMES[:4])}son",
    "email": lambda draw, at: f"{draw.choice(NAMES).lower()}@example.org",
    "date": lambda draw, at: f"2025-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
    "local": lambda draw, at: f"{draw.randint(1, 28)}.{draw.randint(1, 12)}.2025 14:05",
    "epoch": lambda draw, at: 1_740_000_000 + 3600 * at,
    "tags": lambda draw, at: ";".join(draw.sample(NAMES, draw.randint(1, 4))),
    "rare": lambda draw, at: None if at % 20 else prose(ENGLISH, 4, 20)(draw, at),
    "empty": lambda draw, at: None,
}


def cells(kind: str, seed: int) -> list[Any]:
    draw = random.Random(seed)
    return [CELLS[kind](draw, at) for at in range(ROWS)]


EXPORTS: dict[str, tuple[dict[str, str], Guess]] = {
    "a data set of instructions": (
        {
            "flags": "classes 12",
            "instruction": "prose",
            "category": "classes 4",
            "intent": "classes 9",
            "response": "long",
        },
        Guess("instruction", None, ("category", "intent")),
    ),
    "tickets of a help desk": (
        {
            "Ticket ID": "number",
            "Requester email": "email",
            "Subject": "short",
            "Description": "prose",
            "Agent reply": "long",
            "Status": "classes 3",
            "Priority": "classes 4",
            "Updated at": "date",
            "Created at": "date",
        },
        Guess("Description", "Ticket ID", ("Status",), "Created at", "Requester email"),
    ),
    "complaints": (
        {
            "Date received": "date",
            "Product": "classes 5",
            "Sub-issue": "classes 11",
            "Consumer complaint narrative": "long",
            "Company public response": "classes 4",
            "State": "classes 30",
            "Timely response?": "flag",
            "Date sent to company": "date",
            "Complaint ID": "number",
        },
        Guess(
            "Consumer complaint narrative",
            "Complaint ID",
            ("Product", "Sub-issue"),
            "Date received",
        ),
    ),
    "issues of a tracker": (
        {
            "Issue key": "code",
            "Summary": "short",
            "Issue Type": "classes 4",
            "Status": "classes 5",
            "Assignee": "someone",
            "Reporter": "someone",
            "Created": "date",
            "Resolved": "date",
            "Description": "long",
        },
        Guess("Description", "Issue key", ("Status", "Issue Type"), "Created", "Reporter"),
    ),
    "reviews of an app": (
        {
            "reviewId": "code",
            "userName": "someone",
            "content": "prose",
            "score": "scale",
            "thumbsUpCount": "amount",
            "at": "date",
            "replyContent": "long",
            "repliedAt": "date",
        },
        Guess("content", "reviewId", (), "at", "userName"),
    ),
    "posts to companies": (
        {
            "tweet_id": "number",
            "author_id": "person",
            "inbound": "flag",
            "created_at": "date",
            "text": "prose",
            "response_tweet_id": "code",
        },
        Guess("text", "tweet_id", (), "created_at", "author_id"),
    ),
    "stars": ({"review": "prose", "rating": "scale"}, Guess("review", None, ("rating",))),
    "spam": ({"message": "prose", "spam": "flag"}, Guess("message", None, ("spam",))),
    "flags among many columns": (
        {f"q{at}": "flag" for at in range(8)} | {"comment": "prose"},
        Guess("comment"),
    ),
    "names that say nothing": (
        {"a": "number", "b": "product", "c": "prose", "d": "classes 6"},
        Guess("c", "a", ("d",)),
    ),
    "a catalogue": (
        {"sku": "code", "address": "address", "name": "product", "price": "amount"},
        Guess("name", "sku"),
    ),
    "a survey": (
        {
            "Respondent": "number",
            "How satisfied are you?": "scale",
            "What could we do better?": "prose",
            "Anything else?": "rare",
            "interests": "tags",
        },
        Guess("What could we do better?", "Respondent"),
    ),
    "times as numbers": (
        {"messageId": "code", "body": "prose", "timestamp": "epoch", "customerId": "person"},
        Guess("body", "messageId", (), "timestamp", "customerId"),
    ),
    "reviews of a shop": (
        {
            "Unnamed: 0": "number",
            "Clothing ID": "amount",
            "Age": "scale",
            "Title": "short",
            "Review Text": "long",
            "Rating": "scale",
            "Recommended IND": "flag",
            "Class Name": "classes 20",
        },
        Guess("Review Text", "Unnamed: 0", ("Class Name",)),
    ),
    "reviews of places": (
        {
            "review_id": "code",
            "user_id": "person",
            "business_id": "person",
            "ProfileName": "someone",
            "text": "long",
            "date": "date",
        },
        Guess("text", "review_id", (), "date", "user_id"),
    ),
    "a log of chats": (
        {
            "conversation_id": "person",
            "message_id": "code",
            "sender": "classes 3",
            "message": "prose",
            "sent_at": "date",
        },
        Guess("message", "message_id", (), "sent_at"),
    ),
    "notes on customers": (
        {
            "Account Name": "product",
            "Owner": "someone",
            "Note": "prose",
            "Stage": "classes 5",
            "Amount": "amount",
            "Close Date": "date",
            "Created Date": "date",
        },
        Guess("Note", None, ("Stage",), "Created Date"),
    ),
    "mail": (
        {
            "Message-ID": "code",
            "From": "email",
            "To": "email",
            "Date": "date",
            "Subject": "short",
            "Body": "long",
        },
        Guess("Body", "Message-ID", (), "Date"),
    ),
    "questions and answers": ({"question": "prose", "answer": "long"}, Guess("question")),
    "offers of jobs": (
        {
            "job_id": "number",
            "title": "short",
            "location": "classes 20",
            "department": "classes 9",
            "description": "long",
        },
        Guess("description", "job_id", ("department",)),
    ),
    "German": (
        {
            "Vorgangsnummer": "number",
            "Kundennummer": "person",
            "Eingangsdatum": "local",
            "Betreff": "short",
            "Kundennachricht": "german",
            "Antwort": "long",
            "Kategorie": "classes 7",
        },
        Guess("Kundennachricht", "Vorgangsnummer", ("Kategorie",), "Eingangsdatum", "Kundennummer"),
    ),
    "French": (
        {
            "Numéro": "number",
            "Date de création": "date",
            "Client": "person",
            "Réclamation": "french",
            "Réponse": "long",
            "Thème": "classes 6",
        },
        Guess("Réclamation", "Numéro", ("Thème",), "Date de création", "Client"),
    ),
    "Spanish": (
        {"Código": "code", "Fecha": "date", "Mensaje": "prose", "Respuesta": "long"},
        Guess("Mensaje", "Código", (), "Fecha"),
    ),
    "Italian": (
        {"Messaggio": "prose", "Risposta": "long", "Esito": "classes 3", "Cliente": "person"},
        Guess("Messaggio", None, ("Esito",), None, "Cliente"),
    ),
    "Portuguese": (
        {"Descrição": "prose", "Resposta": "long", "Situação": "classes 3"},
        Guess("Descrição", None, ("Situação",)),
    ),
    "Dutch": (
        {"Toelichting": "prose", "Antwoord": "long", "Uitkomst": "classes 3", "Datum": "local"},
        Guess("Toelichting", None, ("Uitkomst",), "Datum"),
    ),
    "Japanese": (
        {
            "番号": "number",
            "ユーザーID": "person",
            "受信日時": "date",
            "お問い合わせ内容": "japanese",
            "カテゴリ": "classes 5",
        },
        Guess("お問い合わせ内容", "番号", ("カテゴリ",), "受信日時", "ユーザーID"),
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_the_columns_of_exports_are_found(name: str, tmp_path: Path) -> None:
    kinds, right = EXPORTS[name]
    frame = pd.DataFrame(
        {column: cells(kind, seed) for seed, (column, kind) in enumerate(kinds.items())}
    )
    path = tmp_path / "export.csv"
    frame.to_csv(path, index=False)
    found = preview_table(path)
    assert found.guess == right
    assert guess_columns(Table.of(frame)) == right  # of typed cells too
    assert likely_text(read_table(path)) == right.text


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        ("prose", "message", "text"),
        ("german", "x", "text"),
        ("japanese", "本文", "text"),
        ("classes 9", "intent", "category"),
        ("flag", "converted", "category"),
        ("scale", "visits", "number"),
        ("amount", "price", "number"),
        ("number", "ticket_id", "id"),
        ("code", "x", "id"),
        ("person", "customer_id", "category"),
        ("date", "x", "date"),
        ("local", "x", "date"),
        ("epoch", "sent", "date"),
        ("epoch", "distance", "number"),
        ("tags", "x", "list"),
        ("email", "x", "category"),
        ("empty", "message", "empty"),
    ],
)
def test_the_kind_of_a_column_is_found(tmp_path: Path, kind: str, name: str, found: str) -> None:
    path = tmp_path / "a.csv"
    pd.DataFrame({"other": cells("classes 3", 0), name: cells(kind, 1)}).to_csv(path, index=False)
    assert preview_table(path).columns[1].kind == found


MESSAGES = pd.DataFrame(
    {"id": range(1, 31), "text": [f"Wo ist mein Paket für Köln {at}?" for at in range(30)]}
)


def write_two_sheets(path: Path) -> None:
    with pd.ExcelWriter(path) as writer:
        MESSAGES.to_excel(writer, sheet_name="Nachrichten", index=False)
        pd.DataFrame({"who": ["a", "b"]}).to_excel(writer, sheet_name="Wer", index=False)


def write_nested(path: Path) -> None:
    rows = [{"id": row.id, "said": {"text": row.text}} for row in MESSAGES.itertuples()]
    path.write_text(json.dumps({"page": 1, "result": {"messages": rows}}), encoding="utf-8")


WRITERS: dict[str, Callable[[Path], object]] = {
    "semicolons.csv": lambda path: MESSAGES.to_csv(path, sep=";", index=False),
    "cp1252.csv": lambda path: MESSAGES.to_csv(path, index=False, encoding="cp1252"),
    "sheets.xlsx": write_two_sheets,
    "lines.jsonl": lambda path: MESSAGES.to_json(path, orient="records", lines=True),
    "nested.json": write_nested,
    "typed.parquet": MESSAGES.to_parquet,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_has_a_preview(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    found = preview_table(path, rows=3)
    text = "said.text" if name == "nested.json" else "text"
    assert found.guess == Guess(text, "id")
    assert found.rows == tuple(
        (str(at + 1), f"Wo ist mein Paket für Köln {at}?") for at in range(3)
    )
    assert found.read == 30
    assert [column.distinct for column in found.columns] == [30, 30]
    assert found.sheets == (("Nachrichten", "Wer") if name == "sheets.xlsx" else ())
    assert any("cp1252" in note for note in found.notes) is (name == "cp1252.csv")


def test_another_sheet_can_be_looked_at(tmp_path: Path) -> None:
    write_two_sheets(tmp_path / "a.xlsx")
    assert preview_table(tmp_path / "a.xlsx", sheet="Wer").rows == (("a",), ("b",))


def test_a_file_without_a_header_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    MESSAGES.to_csv(path, index=False, header=False)
    found = preview_table(path)
    assert any("--no-header" in note for note in found.notes)
    assert found.columns[1].kind == "text"


def test_one_column_without_a_good_name_is_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x\n" + "\n".join(cells("prose", 0)))
    assert preview_table(path).guess == Guess("x")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_error_of_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "empty.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        preview_table(path)
    assert "\n" not in str(error.value)
    assert str(error.value).count(". ") == 0


def test_a_header_alone_has_no_guess(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n")
    found = preview_table(path)
    assert (found.read, found.rows, found.guess) == (0, (), Guess())
    assert [column.kind for column in found.columns] == ["empty", "empty"]
    assert found.notes


def test_three_hundred_columns(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    wide = {f"v{at}": cells("amount" if at % 2 else "classes 5", at) for at in range(299)}
    pd.DataFrame({**wide, "answer_text": cells("prose", 0)}).to_csv(path, index=False)
    found = preview_table(path)
    assert len(found.columns) == len(found.rows[0]) == 300
    assert found.guess.text == "answer_text"
    assert len(found.guess.labels) <= 3


def test_script_in_names_and_cells_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    name, cell = "<script>alert(1)</script>", '<img src=x onerror="alert(1)">'
    pd.DataFrame({name: [cell, "=1+1"], "b": ["x", None]}).to_csv(path, index=False)
    found = preview_table(path)
    assert found.columns[0].name == name
    assert found.rows == ((cell, "x"), ("=1+1", None))


def test_broken_rows_are_counted_and_the_others_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,one\n2,two,and,more\n3,three\n")
    found = preview_table(path)
    assert [row[0] for row in found.rows] == ["1", "3"]
    assert any("row 2" in note for note in found.notes)


def test_a_preview_is_json_whatever_the_cells_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows: list[dict[str, Any]] = [
        {"text": "half \ud83d of one", "n": 1.5, "tags": ["a", "b"], "on": True},
        {"text": "w" * 5000, "n": None, "tags": [], "on": None},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = preview_table(path).to_dict()
    assert json.loads(json.dumps(told, allow_nan=False).encode()) == told
    json.dumps(told, ensure_ascii=False).encode("utf-8")
    assert set(told) == {"columns", "guess", "rows", "read", "sheets", "notes"}
    assert set(told["guess"]) == {"text", "id", "labels", "time", "person"}
    assert all(
        set(column) == {"name", "kind", "distinct", "missing", "examples"}
        for column in told["columns"]
    )
    assert told["rows"][1][1] is None
    assert len(told["rows"][1][0]) < 5000
    assert told["rows"][0][2] == '["a", "b"]'


def test_figures_are_of_the_rows_that_were_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "".join(f"{at},{'x' if at < 4 else ''}\n" for at in range(100)))
    found = preview_table(path, rows=2, looked_at=8)
    assert (found.read, len(found.rows)) == (8, 2)
    assert (found.columns[1].distinct, found.columns[1].missing) == (1, 0.5)
    assert found.columns[1].examples == ("x",)


def test_examples_are_the_most_frequent_values() -> None:
    frame = pd.DataFrame({"a": [*"xyzzyx", *"zzvwu"]})
    [column] = preview_of(frame).columns
    assert column.examples[0] == "z"
    assert len(column.examples) == 5


def preview_of(frame: pd.DataFrame) -> Any:
    return preview_table(frame)  # type: ignore[arg-type]


def test_typed_cells_have_kinds_too() -> None:
    frame = pd.DataFrame(
        {
            "on": pd.date_range("2025-01-01", periods=ROWS),
            "yes": np.tile([True, False], ROWS // 2),
            "level": pd.Categorical(cells("classes 4", 0)),
            "whole": pd.array([1, None] * (ROWS // 2), dtype="Int64"),
            "items": [["a"], ["b", "c"]] * (ROWS // 2),
        }
    )
    kinds = [column.kind for column in preview_of(frame).columns]
    assert kinds == ["date", "category", "category", "category", "list"]
