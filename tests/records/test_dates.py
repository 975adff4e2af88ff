"""Dates of one column are read in one order, which all of its cells settle."""

import datetime as dt
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import CoterieWarning, OptionError
from coterie.options import TrainOptions
from coterie.records import read_records
from coterie.records.dates import parse_times, read_dates

QUICK = settings(max_examples=60, deadline=None)


def column(cells):
    return pd.Series(cells, dtype=object, name="when")


def days(cells, **options):
    return read_dates(column(cells), **options).times.astype("datetime64[D]").astype(str).tolist()


@pytest.mark.parametrize("mark", ["/", "-", "."])
@pytest.mark.parametrize("written", ["{:02}{m}03{m}2025", "{}{m}3{m}2025", "{}{m}3{m}25"])
def test_a_month_written_day_first_is_that_month(mark, written):
    cells = [written.format(day, m=mark) for day in range(1, 32)]
    read = read_dates(column(cells), usual=None)
    assert read.times.astype("datetime64[D]").astype(str).tolist() == [
        f"2025-03-{day:02}" for day in range(1, 32)
    ]
    assert (read.order, read.unread, read.notes) == ("dmy", 0, ())


@pytest.mark.parametrize("times", ["", " 9:57", " 09:57:12", ", 9:57 AM", " 9:57:12\u202fPM"])
def test_the_whole_column_settles_the_order(times):
    assert days([f"03/04/2025{times}", f"31/03/2025{times}"]) == ["2025-04-03", "2025-03-31"]
    assert days([f"03/04/2025{times}", f"3/31/2025{times}"]) == ["2025-03-04", "2025-03-31"]


def test_an_ambiguous_column_is_told_and_can_be_settled():
    cells = ["03/04/2025", "05/06/2025", None]
    with pytest.warns(CoterieWarning, match=r"'when'.*03/04/2025.*--dates mdy"):
        records = read_records(frame(cells), text="text", time="when")
    assert records.time is not None
    assert records.time.astype("datetime64[D]").astype(str)[0] == "2025-04-03"
    assert any("'when'" in note for note in records.notes)
    assert records.settled.dates == {"when": "dmy"}
    asked = read_records(frame(cells), text="text", time="when", dates="mdy")
    assert asked.time is not None
    assert asked.time.astype("datetime64[D]").astype(str)[0] == "2025-03-04"
    with pytest.raises(OptionError, match="ymd"):
        read_records(frame(cells), text="text", time="when", dates="dym")  # type: ignore[arg-type]


def frame(cells):
    return pd.DataFrame({"text": [f"t{at}" for at in range(len(cells))], "when": cells})


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2025", "05/06/2025"], "dmy"),
        (["3/4/2025 9:57 AM", "5/6/2025 1:02 PM"], "mdy"),
        (["25/03/01", "25/03/02", "25/03/31"], "ymd"),
        (["2025-03-04", "4 Mar 2025"], None),
        (["13/01/2025", "01/13/2025", "14/01/2025"], "dmy"),
    ],
)
def test_the_rule_for_columns_that_do_not_tell(cells, order):
    assert read_dates(column(cells)).order == order


def test_earlier_rows_settle_what_later_ones_leave_open():
    assert days(["03/04/2025"], usual="mdy") == ["2025-03-04"]
    assert read_dates(column(["03/04/2025"]), usual="mdy").notes == ()
    assert days(["03/04/2025", "31/03/2025"], usual="mdy") == ["2025-04-03", "2025-03-31"]


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("9/30/2025 9:57 AM", "2025-09-30T09:57:00"),
        ("9/30/2025 12:07 am", "2025-09-30T00:07:00"),
        ("30 Sep 2025", "2025-09-30T00:00:00"),
        ("Sep 30, 2025", "2025-09-30T00:00:00"),
        ("September 30th, 2025 at 2:05 p.m.", "2025-09-30T14:05:00"),
        ("30-SEP-25 02.05.06.000000 PM", "2025-09-30T14:05:06"),
        ("2025-Sep-30", "2025-09-30T00:00:00"),
        ("Tue, 30 Sep 2025 14:05:00 +0200", "2025-09-30T12:05:00"),
        ("Tue Sep 30 2025 14:05:00 GMT+0200 (CEST)", "2025-09-30T12:05:00"),
        ("Tue Sep 30 14:05:06 UTC 2025", "2025-09-30T14:05:06"),
        ("2025-09-30 14:05:00 EST", "2025-09-30T19:05:00"),
        ("2025\u5e749\u670830\u65e5", "2025-09-30T00:00:00"),
        ("30. 9. 2025", "2025-09-30T00:00:00"),
        ("2025/9/30 14:05", "2025-09-30T14:05:00"),
        ("2025-09-30T14:05:06.5+02:00", "2025-09-30T12:05:06"),
        ("30.02.2025", "NaT"),
        ("30/13/2025", "NaT"),
        ("9999-12-31", "NaT"),
        ("30 Foo 2025", "NaT"),
        ("now", "NaT"),
        ("9/30/2025 25:00", "NaT"),
        ("1/2", "NaT"),
    ],
)
def test_spellings_of_one_time(cell, time):
    read = read_dates(column([cell]))
    assert read.times.astype("datetime64[s]").astype(str).tolist() == [time]
    assert read.unread == (time == "NaT")


def test_what_is_no_date_is_missing_and_counted():
    with pytest.warns(CoterieWarning, match="2 values of 'when'"):
        records = read_records(
            frame(["31/03/2025", "soon", "32/03/2025", "", None]), text="text", time="when"
        )
    assert records.time is not None
    assert np.isnat(records.time).tolist() == [False, True, True, True, True]


def test_numbers_of_eight_digits_are_days():
    times = parse_times(pd.Series([20250331, 20250401])).times
    assert times.astype("datetime64[D]").astype(str).tolist() == ["2025-03-31", "2025-04-01"]
    seconds = parse_times(pd.Series([20250399, 20250401])).times
    assert seconds.astype("datetime64[Y]").astype(str).tolist() == ["1970", "1970"]


def conversations(cells):
    """60 conversations of two turns each, whose rows are mixed."""
    rows = [(f"c{at % 60}", cells[at], f"turn {at // 60}") for at in range(120)]
    order = np.random.default_rng(0).permutation(120)
    return pd.DataFrame([rows[at] for at in order], columns=["who", "at", "text"])


def test_the_turns_of_conversations_are_in_the_order_of_their_times():
    start = dt.datetime(2025, 9, 25, 9, 30)
    times = [start + dt.timedelta(hours=7 * at) for at in range(120)]
    cells = [f"{t.month}/{t.day}/{t.year} {t.hour % 12 or 12}:{t:%M %p}" for t in times]
    records = read_records(conversations(cells), text="text", group="who", order="at")
    assert set(records.texts) == {"turn 0\nturn 1"}
    assert records.settled.dates == {"at": "mdy"}


@pytest.mark.parametrize("unread", ["", "n/a"])
def test_numbers_and_texts_with_numbers_are_ordered_as_numbers(unread):
    table = pd.DataFrame(
        {"who": ["a"] * 4, "at": ["10", "9", "1,5", unread], "text": ["x", "y", "w", "z"]}
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        records = read_records(table, text="text", group="who", order="at")
    assert records.texts.tolist() == ["w\ny\nx\nz"]
    assert [str(each.message) for each in told if "'n/a'" in str(each.message)] or not unread
    table["at"] = ["turn 10", "turn 9", "turn 1", "turn 11"]
    with pytest.warns(CoterieWarning, match="'at'"):
        records = read_records(table, text="text", group="who", order="at")
    assert records.texts.tolist() == ["w\ny\nx\nz"]


def test_a_model_keeps_the_order_that_was_asked_for():
    assert TrainOptions(text="t", dates="mdy").kept()["dates"] == "mdy"


DATES = st.lists(st.dates(dt.date(1970, 1, 1), dt.date(2060, 12, 31)), min_size=1, max_size=20)


@QUICK
@given(
    dates=DATES,
    order=st.sampled_from(["dmy", "mdy", "ymd"]),
    mark=st.sampled_from("/.-"),
    padded=st.booleans(),
    time=st.sampled_from(["", " 14:05", " 2:05 pm", "T14:05:06"]),
)
def test_dates_come_back_in_the_order_they_are_written_in(dates, order, mark, padded, time):
    parts = {"d": "{:02}" if padded else "{}", "m": "{:02}" if padded else "{}", "y": "{}"}
    cells = [
        mark.join(parts[p].format({"d": d.day, "m": d.month, "y": d.year}[p]) for p in order) + time
        for d in dates
    ]
    assert days(cells, asked=order) == [d.isoformat() for d in dates]
    if order != "ymd" and any(d.day > 12 for d in dates):
        assert days(cells) == [d.isoformat() for d in dates]


@QUICK
@given(cells=st.lists(st.text(st.sampled_from("0123/-.: aMPpTZ+"), max_size=20) | st.none()))
def test_any_cells_are_read_or_counted(cells):
    read = read_dates(column(cells))
    present = [cell is not None and bool(cell.strip()) for cell in cells]
    assert read.times.dtype == "datetime64[ns]"
    assert int(np.isnat(read.times[np.array(present, dtype=bool)]).sum()) == read.unread
