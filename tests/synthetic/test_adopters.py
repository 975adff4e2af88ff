from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coterie.errors import OptionError
from coterie.synthetic import generate, generate_adopters, iter_adopters
from coterie.synthetic.adopters.causes import CATEGORIES, HIDDEN, SHARES, read_effects
from coterie.synthetic.adopters.data import NOISE
from coterie.synthetic.content import read_content
from coterie.synthetic.draws import Draws

COLUMNS = list(read_content("adopters/columns")["column"])
MISSING = read_content("adopters/causes")["missing"]
WORDS = read_content("adopters/words")
AMOUNTS = read_content("adopters/causes")["amount"]
ORDERED = {
    "tech_proficiency": ["Beginner", "Intermediate", "Advanced", "Expert"],
    "tech_interest": ["Low", "Moderate", "High"],
    "budget": ["Low", "Medium", "High"],
    "company_size": ["1-10", "11-50", "51-200", "201-1000", "1000+"],
}


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return generate_adopters(6000, seed=2, truth=True)


def ranks(people: pd.DataFrame) -> pd.DataFrame:
    """Place the ordered values: 0 for the least; category and causes from first to last."""
    orders = {
        **ORDERED,
        "adopter_category": list(CATEGORIES)[::-1],
        **{name: ["weak", "fair", "strong"] for name in HIDDEN[:3]},
    }
    return pd.DataFrame(
        {name: people[name].map({v: i for i, v in enumerate(o)}) for name, o in orders.items()}
    )


def named(people: pd.DataFrame) -> pd.Series:
    return people["interests"].dropna().str.split("; ")


def test_the_table_has_its_columns(people: pd.DataFrame) -> None:
    assert list(people.columns) == [*COLUMNS, *HIDDEN]
    assert people["id"].tolist() == [f"P{i:05d}" for i in range(1, 6001)]
    for name, values in ORDERED.items():
        assert set(people[name].dropna()) == set(values)
    assert people["sector"].nunique() == 8
    assert set(people["remote"]) == {"true", "false"}
    assert pd.to_datetime(people["joined"], format="%Y-%m-%d").dt.year.between(2021, 2025).all()
    numbers = people[["annual_budget", "age", "years_experience"]]
    assert (numbers.dtypes == "Int64").all()
    assert (numbers.dropna() >= [200, 18, 0]).all(axis=None)
    assert people["age"].max() <= 72
    known = people.dropna(subset=["age", "years_experience"])
    assert (known["years_experience"] <= known["age"] - 17).all()


@pytest.mark.parametrize("rows", [1, 3, 40, 999, 2000])
def test_categories_have_their_shares(rows: int) -> None:
    counts = generate_adopters(rows, seed=1)["adopter_category"].value_counts()
    assert counts.sum() == rows
    for name, share in SHARES.items():
        assert abs(counts.get(name, 0) - share * rows / 100) < 1


def test_interests_are_one_to_four_different_ones(people: pd.DataFrame) -> None:
    sizes = named(people).str.len()
    assert set(sizes) == {1, 2, 3, 4}
    assert all(len(set(interests)) == len(interests) for interests in named(people))
    assert named(people).explode().nunique() == 12


def test_cells_are_missing_as_often_as_the_table_says(people: pd.DataFrame) -> None:
    for name in COLUMNS:
        assert people[name].isna().mean() == pytest.approx(MISSING.get(name, 0), abs=0.008)


def test_causes_make_the_columns_go_together(people: pd.DataFrame) -> None:
    found = ranks(people).corr("spearman")
    assert found.loc["openness", "adopter_category"] > 0.5
    assert found.loc["skill", "tech_proficiency"] > 0.5
    assert found.loc["means", "budget"] > 0.4
    columns = ["adopter_category", "tech_proficiency", "tech_interest", "budget"]
    for one, other in itertools.combinations(columns, 2):
        assert 0.03 < found.loc[one, other] < 0.7, (one, other)
    wanted = people["prefers"].eq("Early access").groupby(people["adopter_category"]).mean()
    assert wanted["Innovator"] > 3 * wanted["Laggard"]
    sizes = named(people).str.len().groupby(people["openness"]).mean()
    assert sizes["strong"] > sizes["fair"] > sizes["weak"]
    learning = people["interests"].str.contains("Machine learning").astype(float)
    artificial = people["interests"].str.contains("AI").astype(float)
    assert artificial.corr(learning) > 0


def test_no_column_follows_from_another(people: pd.DataFrame) -> None:
    columns = ["adopter_category", *ORDERED, "sector", "country", "prefers", "remote"]
    for one, other in itertools.permutations(columns, 2):
        shares = pd.crosstab(people[one], people[other], normalize="index")
        assert shares.to_numpy().max() < 0.93, (one, other)
    roles = people.groupby("role")["sector"].nunique()
    assert roles[people["role"].value_counts() > 100].min() > 1


def test_amounts_fit_the_level_but_for_a_few(people: pd.DataFrame) -> None:
    known = people.dropna(subset=["budget", "annual_budget"])
    low = known["budget"].map({name: span["from"] for name, span in AMOUNTS.items()})
    high = known["budget"].map({name: span["to"] for name, span in AMOUNTS.items()})
    stray = ~known["annual_budget"].between(low, high, inclusive="left").astype(bool)
    assert 0.008 < stray.mean() < 0.025
    amounts = people["annual_budget"].dropna().astype(float)
    assert amounts.mean() > 2 * amounts.median()


def test_texts_hint_and_hold_no_sign_of_the_templates(people: pd.DataFrame) -> None:
    texts = people["about"].dropna()
    assert texts.nunique() > 0.9 * len(texts)
    assert not texts.str.contains(r"[{}|()]|  ").any()
    assert not texts.str.contains(r"innovator|adopter|majority|laggard", case=False).any()
    lengths = texts.str.rstrip(".").str.count(r"[.] ") + 1
    assert set(lengths) == {1, 2, 3}
    own = texts.str.contains(r"\b(?:I|my|me)\b", case=False)
    assert 0.5 < own.mean() < 0.75
    assert texts[~own].str.contains(r"\b(?:their|them|they)\b|s\b", case=False).mean() > 0.95


def test_texts_speak_of_the_sector_and_of_the_causes(people: pd.DataFrame) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    told = people.dropna(subset=["about"])
    seen = TfidfVectorizer(ngram_range=(1, 2), min_df=3).fit_transform(told["about"])
    for name, gain in [("sector", 0.3), ("openness", 0.06), ("skill", 0.06), ("taste", 0.1)]:
        model = LogisticRegression(max_iter=1000).fit(seen[:4000], told[name][:4000])
        share = told[name].value_counts(normalize=True).max()
        assert share + gain < model.score(seen[4000:], told[name][4000:]) < 0.9, name


def test_every_value_has_words() -> None:
    effects = read_effects(NOISE)
    for topic in ("work", "stance", "hands", "spending", "worry"):
        assert set(WORDS[topic]) == set(effects[topic].trait.values)
    assert set(WORDS["wish"]) == set(effects["taste"].trait.values)
    assert set(WORDS["subject_of"]) == set(effects["interest"].trait.values)
    assert set(WORDS["locale"]) == set(effects["country"].trait.values)
    sectors = {"any", *effects["sector"].trait.values}
    assert set(WORDS["sector"]) == set(WORDS["role"]) == sectors
    assert all(set(roles) == set(WORDS["work"]) for roles in WORDS["role"].values())
    first, third = WORDS["person"].values()
    assert set(first) == set(third)
    slots = {"I", "subject", *first, *WORDS["sector"]["any"]}
    topics = ("work", "stance", "hands", "spending", "wish", "subject", "worry", "aside")
    for phrase in (p for topic in topics for texts in WORDS[topic].values() for p in texts):
        assert set(re.findall(r"\{(\w+)\}", phrase)) <= slots, phrase


def test_a_trait_is_as_likely_as_its_tables_say() -> None:
    """Two parents multiply their weights, and noise mixes all causes."""
    effect = read_effects(NOISE)["prefers"]
    tables = read_content("adopters/causes")["trait"]["prefers"]
    of_openness = np.array(list(tables["openness"].values()), dtype=float)
    of_means = np.array(list(tables["means"].values()), dtype=float)
    weights = (of_openness[:, :, None] * of_means[:, None, :]).reshape(5, 9)
    chances = weights / weights.sum(axis=0)
    wanted = (1 - NOISE) * chances + NOISE * chances.mean(axis=1, keepdims=True)
    draws = Draws(0)
    parents = {"openness": 0, "means": 2}
    drawn = [effect.draw(parents, draws) for _ in range(4000)]
    found = np.bincount(drawn, minlength=5) / 4000
    np.testing.assert_allclose(found, wanted[:, 2], atol=0.03)


def test_noise_parts_what_goes_together() -> None:
    def tie(noise: float) -> float:
        found = ranks(generate_adopters(2000, noise=noise, truth=True)).corr("spearman")
        return float(found.loc["openness", "tech_interest"])

    clear, half, nothing = map(tie, (0.0, 0.5, 1.0))
    assert clear > half + 0.1 > nothing + 0.2
    assert abs(nothing) < 0.08


def test_a_category_left_out_has_no_row() -> None:
    kept = generate_adopters(300, leave_out=["Laggard", "Innovator"])["adopter_category"]
    assert set(kept) == {"Early adopter", "Early majority", "Late majority"}
    assert len(kept) == 300


def test_blocks_are_the_table_in_parts(people: pd.DataFrame) -> None:
    blocks = list(iter_adopters(6000, seed=2, truth=True))
    assert [len(block) for block in blocks] == [1000] * 6
    pd.testing.assert_frame_equal(pd.concat(blocks, ignore_index=True), people)


def test_a_seed_gives_the_same_people_whatever_the_hash_seed() -> None:
    code = "from coterie.synthetic import generate_adopters as g; print(g(40, seed=9).to_csv())"
    environment = {**os.environ, "PYTHONHASHSEED": "5", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert run.stdout.strip() == generate_adopters(40, seed=9).to_csv().strip()
    assert not generate_adopters(40, seed=8).equals(generate_adopters(40, seed=9))


def test_files_hold_the_table_and_say_what_it_is(tmp_path: Path) -> None:
    made = generate("adopters", tmp_path, 1200, seed=3, leave_out=["Laggard"])
    people = generate_adopters(1200, seed=3, leave_out=["Laggard"])
    profiles, about = made.files
    read = pd.read_csv(profiles, dtype=str)
    wanted = people.astype("string").astype(object)
    pd.testing.assert_frame_equal(read.fillna(""), wanted.fillna(""), check_dtype=False)
    told = json.loads(about.read_text("utf-8"))
    assert told == made.to_dict()
    assert told["left_out"] == ["Laggard"]
    assert told["rows_per_category"] == people["adopter_category"].value_counts().to_dict()
    assert told["empty_cells"] == {k: v for k, v in people.isna().sum().to_dict().items() if v}
    assert list(told["columns"]) == COLUMNS
    assert told["columns"]["tech_interest"]["values"] == ORDERED["tech_interest"]
    assert told["columns"]["adopter_category"]["values"] == list(CATEGORIES)
    assert set(told["search"]) == {"conditions", "resemblance", "text"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"leave_out": ["Lagard"]}, "'Lagard'.*Laggard"),
        ({"leave_out": list(CATEGORIES)}, "categor"),
        ({"noise": -0.5}, r"noise is -0\.5"),
        ({"seed": -3}, "seed is -3"),
        ({"rows": 0}, "rows is 0"),
    ],
)
def test_what_cannot_be_had_is_told(options: dict[str, object], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        generate_adopters(**{"rows": 10, **options})  # type: ignore[arg-type]
