"""Numbers in the spellings of people: one spelling for each column."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coterie
from coterie.errors import CoterieWarning
from coterie.records import infer_types, read_numbers, read_records

QUICK = settings(max_examples=60, deadline=None)


def read(*columns, **options):
    frame = pd.DataFrame({f"c{at}": pd.Series(c, dtype=object) for at, c in enumerate(columns)})
    return read_numbers(frame, **options)


def values(cells, **options):
    return read(cells, **options).frame["c0"].tolist()


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["5.123,45", "12,5", "7"], [5123.45, 12.5, 7]),
        (["5,123.45", "12.5", "7"], [5123.45, 12.5, 7]),
        (["1 234,5", "1\u00a0234,5", "1\u202f234,5", "1\u2009234,5"], [1234.5] * 4),
        (["1'234.50", "1\u2019234.50"], [1234.5] * 2),
        (["12,34,567.50", "1,000"], [1234567.5, 1000]),
        (["1.234.567", "12"], [1234567, 12]),
        (["$5", "($7.50)", "-$3", "$-3", "3.00-"], [5, -7.5, -3, -3, -3]),
        (["\u20ac 5", "5 \u20ac", "-5\u00a0\u20ac"], [5, 5, -5]),
        (["EUR 5", "1.234,50 eur"], [5, 1234.5]),
        (["US$ 5.50", "US$6"], [5.5, 6]),
        (["45%", "3,5 %"], [45, 3.5]),
        (["\u22125,5", "+3"], [-5.5, 3]),
        (["0,123", "0,5"], [0.123, 0.5]),
        ([",5", "1,25"], [0.5, 1.25]),
    ],
)
def test_spellings_of_numbers(cells, numbers):
    with_gaps = [*cells, None, "  "]
    frame = read(with_gaps).frame
    assert frame["c0"].tolist()[:-2] == numbers
    assert frame["c0"].isna().tolist()[-2:] == [True, True]
    assert infer_types(pd.DataFrame({"c": cells}))["c"].tolist() == numbers


@pytest.mark.parametrize(
    "cells",
    [
        ["007", "1,5"],
        ["10-20", "30-40"],
        ["31.03.2025", "01.04.2025"],
        ["12,34,56"],
        ["192.168.0.1"],
        ["AB 123", "AB 124"],
        ["a,b", "c"],
        ["1,5", "many", "words"],
        ["+49 30 123"],
        ["1,2,3"],
        ["12:30"],
    ],
)
def test_other_cells_stay_as_they_are(cells):
    found = read(cells)
    assert found.frame["c0"].tolist() == cells
    assert (found.decimals, found.notes) == ({}, ())


@pytest.mark.parametrize("cells", [["45%", "3"], ["\u20ac5", "$3"], ["5 EUR", "5 USD"]])
def test_several_units_stay_text_and_are_told(cells):
    found = read(cells)
    assert found.frame["c0"].tolist() == cells
    assert len(found.notes) == 1


def test_plain_numbers_are_read_without_a_word():
    found = read(["1", "2.5", "-3e2"], ["7", None, "8"], ["1.234", "0.5", "2"])
    assert (found.decimals, found.notes) == ({}, ())
    assert found.frame["c0"].tolist() == [1, 2.5, -300]
    assert found.frame["c2"].tolist() == [1.234, 0.5, 2]


def test_what_can_be_read_both_ways_is_told_and_can_be_settled():
    for cells, english, other in ((["1,234"], 1234, 1.234), (["1.234"], 1.234, 1234)):
        found = read(cells)
        assert found.frame["c0"].tolist() == [english]
        assert len(found.notes) == 1
        assert "--decimal ," in found.notes[0]
        assert values(cells, asked=",") == [other]
        assert values(cells, usual={"c0": ","}) == [other]
        beside = read(["5.123,45"], cells)
        assert beside.frame["c1"].tolist() == [other]


def test_words_among_numbers_keep_the_column_text_with_plain_numbers():
    assert values(["1.234,5"] * 19 + ["many"]) == ["1234.5"] * 19 + ["many"]
    assert values(["1.234,5", "n/a", "-"]) == ["1234.5", "n/a", "-"]
    assert values(["1,234", "soon", "later"], usual={"c0": ","}) == ["1.234", "soon", "later"]


def sales(rows, write):
    """Rows whose class depends on two amounts alone."""
    rng = np.random.default_rng(7)
    amounts = np.round(rng.lognormal(8, 1.5, (rows, 2)), 2)
    large = amounts[:, 0] > amounts[:, 1]
    return pd.DataFrame(
        {
            "worth": [write(amount) for amount in amounts[:, 0]],
            "cost": [write(amount) for amount in amounts[:, 1]],
            "won": np.where(large, "yes", "no"),
        }
    )


def german(amount):
    return f"{amount:,.2f} \u20ac".translate(str.maketrans(",.", ".,"))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder, trained = tmp_path_factory.mktemp("numbers"), {}
    for name, write in (("plain", lambda amount: f"{amount:.2f}"), ("german", german)):
        sales(300, write).to_csv(folder / f"{name}.csv", index=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CoterieWarning)
            trained[name] = coterie.train(
                folder / f"{name}.csv", label="won", model="ensemble", preset="speed"
            )
    return trained


def test_a_model_learns_from_written_numbers_what_it_learns_from_plain_ones(models):
    plain, german = (models[name].figures["accuracy"] for name in ("plain", "german"))
    assert plain > 0.8
    assert german == plain


def test_a_model_reads_later_numbers_as_those_it_learnt_from(models, tmp_path):
    table = tmp_path / "three.csv"
    table.write_text('worth,cost\n"1,234","9,500"\n"9.500","1.234"\n"2","1,5"\n')
    models["german"].save(tmp_path / "m")
    model = coterie.load(tmp_path / "m")
    assert model.schema["settled"]["decimals"] == {"worth": ",", "cost": ","}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        written = model.predict(table)
        plain = models["plain"].predict(
            pd.DataFrame({"worth": [1.234, 9500, 2], "cost": [9.5, 1234, 1.5]})
        )
    classes = ["no", "yes"]
    assert np.allclose(written[classes].to_numpy(), plain[classes].to_numpy())


def test_labels_that_are_amounts_are_numbers():
    amounts = [f"{at}.123,45 \u20ac" for at in range(1, 31)]
    frame = pd.DataFrame({"text": [f"t{at}" for at in range(30)], "worth": amounts})
    with pytest.warns(CoterieWarning, match="'worth'"):
        records = read_records(frame, text="text", labels=["worth"])
    assert records.labels["worth"].tolist() == [1000 * at + 123.45 for at in range(1, 31)]
    few = read_records(frame[:5], text="text", labels=["worth"])
    assert few.labels["worth"].tolist() == amounts[:5]


@QUICK
@given(
    numbers=st.lists(
        st.floats(-1e9, 1e9).map(lambda value: round(value, 2)), min_size=1, max_size=20
    ),
    signs=st.sampled_from([",.", ".,", " ,", "\u00a0,", "'.", "\u2009."]),
    before=st.sampled_from(["", "$", "EUR ", "\u20ac\u00a0"]),
    after=st.sampled_from(["", "%", " kr"]),
)
def test_numbers_with_cents_come_back(numbers, signs, before, after):
    marks = str.maketrans(",.", signs)
    cells = [
        f"{before}{number:,.2f}{'' if before else after}".translate(marks) for number in numbers
    ]
    assert values(cells) == numbers


@QUICK
@given(cells=st.lists(st.text(st.sampled_from("019.,'-+%$\u20ac ()eEUR"), max_size=9) | st.none()))
def test_a_cell_is_a_number_or_stays(cells):
    found = read(cells).frame["c0"]
    assert len(found) == len(cells)
    for cell, now in zip(cells, found, strict=True):
        if isinstance(now, str) and now != cell:
            assert np.isfinite(float(now))
        if cell is not None and cell.strip() and now is not cell:
            assert not pd.isna(now)
