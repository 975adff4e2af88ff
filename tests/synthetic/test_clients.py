from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coterie.errors import OptionError
from coterie.synthetic import ClientData, generate, generate_clients, iter_clients
from coterie.synthetic.ceilings import best_r2
from coterie.synthetic.clients.concepts import read_signs
from coterie.synthetic.clients.data import NOISE
from coterie.synthetic.clients.motives import LEVELS, read_motives

CLASSES = ["purchased", "churned"]
PHRASES = [sign.phrases for sign in read_signs().values()]
SIGN_OF = {phrase: place for place, phrases in enumerate(PHRASES) for phrase in phrases}


@pytest.fixture(scope="module")
def usual() -> ClientData:
    return generate_clients(seed=3)


@pytest.fixture(scope="module")
def many() -> ClientData:
    return generate_clients(20_000, seed=4)


def bags(clients: ClientData) -> pd.Series:
    """What the notes on each client mention; an empty list where there is no note."""
    held = clients.concepts.groupby("client_id")["concept"].agg(list)
    return pd.Series([held.get(name, []) for name in clients.labels["client_id"]])


def mentions(clients: ClientData, concept: str) -> np.ndarray:
    found = clients.concepts.loc[clients.concepts["concept"] == concept, "client_id"]
    return clients.labels["client_id"].isin(found).to_numpy()


def test_the_tables_have_their_columns(usual: ClientData) -> None:
    assert list(usual.concepts.columns) == ["client_id", "note", "date", "concept"]
    assert list(usual.labels.columns) == ["client_id", *CLASSES, "lifetime_value"]
    assert len(usual.labels) == len(usual.posterior) == 2000
    assert usual.labels["client_id"].is_unique
    assert set(usual.labels["purchased"]) == set(usual.labels["churned"]) == {0, 1}
    assert not usual.concepts.isna().any(axis=None)


def test_notes_follow_each_other_on_working_days(usual: ClientData) -> None:
    dates = pd.to_datetime(usual.concepts["date"], format="%Y-%m-%d")
    assert dates.dt.dayofweek.max() == 4
    assert set(dates.dt.year) == {2024, 2025}
    notes = usual.concepts.assign(date=dates).groupby(["client_id", "note"], sort=False)
    assert (notes["date"].nunique() == 1).all()
    assert not notes["concept"].agg(lambda said: said.duplicated().any()).any()
    by_client = notes["date"].first().reset_index().groupby("client_id", sort=False)
    assert by_client["note"].agg(lambda note: note.tolist() == [*range(1, len(note) + 1)]).all()
    assert by_client["date"].agg(lambda date: date.is_monotonic_increasing).all()
    assert by_client.size().index.is_monotonic_increasing


def test_a_few_clients_have_no_note_and_none_has_notes_alone(many: ClientData) -> None:
    noted = many.concepts["client_id"].unique()
    assert set(noted) < set(many.labels["client_id"])
    assert 1 - len(noted) / len(many.labels) == pytest.approx(0.01, abs=0.003)
    without = ~many.labels["client_id"].isin(noted).to_numpy()
    np.testing.assert_allclose(many.posterior.loc[without, CLASSES], 0.5)


def test_clients_have_few_concepts_or_many(usual: ClientData) -> None:
    sizes = usual.concepts.groupby("client_id").size()
    low, middle, high = np.percentile(sizes, [10, 50, 90])
    assert 10 <= low <= 17
    assert 22 <= middle <= 28
    assert 36 <= high <= 44


def test_concepts_have_a_long_tail() -> None:
    for seed in (0, 1):
        counts = generate_clients(seed=seed).concepts["concept"].value_counts()
        assert 1200 < len(counts) < 1340
        assert 200 < (counts >= 20).sum() < 400
        assert (counts <= 5).sum() > 500


@pytest.mark.parametrize("rows", [2000, 1, 2, 3, 7, 999, 1001])
def test_classes_are_exact_halves(rows: int) -> None:
    labels = generate_clients(rows).labels
    assert len(labels) == rows
    assert labels["purchased"].sum() == (rows + 1) // 2
    assert labels["churned"].sum() == rows // 2


def test_lifetime_value_is_positive_and_skewed(usual: ClientData) -> None:
    value = usual.labels["lifetime_value"]
    assert value.min() > 0
    assert (value == value.round(2)).all()
    assert value.skew() > 2
    assert abs(np.log(value).skew()) < 0.5


def test_concepts_are_short_phrases_of_one_sign_each() -> None:
    phrases = [phrase for sign in read_signs().values() for phrase in sign.phrases]
    assert len(phrases) == len(set(phrases)) == len(SIGN_OF)
    for phrase in phrases:
        assert not set(phrase) & set('{}|(),;"'), phrase
        assert phrase == phrase.strip()
        assert "  " not in phrase
        assert 1 <= len(phrase.split()) <= 8, phrase
        for word in ("purchas", "churn", "lifetime"):
            assert word not in phrase.lower()


def test_every_trait_shows_itself_at_every_level() -> None:
    telling = {trait: set() for trait in read_motives(NOISE).states}
    for sign in read_signs().values():
        if sign.trait == "other":
            assert len(set(sign.levels)) == 1
        else:
            telling[sign.trait].add(LEVELS[int(np.argmax(sign.levels))])
    assert all(levels == set(LEVELS) for levels in telling.values())


@pytest.mark.parametrize("noise", [0.0, NOISE, 1.0])
def test_the_chances_of_a_state_are_chances(noise: float) -> None:
    known = read_motives(noise)
    assert len(known.share) == 3 ** len(known.states)
    for chances in (known.share[None], known.signs, known.notes):
        assert (chances > 0).all()
        np.testing.assert_allclose(chances.sum(axis=1), 1)
    for target in CLASSES:
        assert known.share @ getattr(known, target) == pytest.approx(0.5)


def test_a_sign_is_as_likely_as_its_table_says() -> None:
    known = read_motives(NOISE)
    names = list(read_signs())
    quoted = names.index("rivalry.quoted")
    rivalry = [place for place, name in enumerate(names) if name.startswith("rivalry.")]
    levels = np.array([read_signs()[names[place]].levels for place in rivalry])
    shares = levels[rivalry.index(quoted)] / levels.sum(axis=0)
    blurred = (1 - NOISE) * shares + NOISE * shares.mean()
    among = known.signs[:, quoted] / known.signs[:, rivalry].sum(axis=1)
    np.testing.assert_allclose(among, blurred[known.states["rivalry"]])


def test_the_posterior_is_that_of_bayes_rule_over_all_states(usual: ClientData) -> None:
    """Sum over the states, client by client, from nothing but the table of concepts."""
    known = read_motives(NOISE)
    notes = usual.concepts.groupby("client_id")["note"].max()
    squares = np.exp(2 * known.log_value + 2 * known.spread**2)
    for place, bag in enumerate(bags(usual).head(100)):
        joint = known.share * known.notes[:, notes.get(f"C{place + 1:06d}", 0)]
        for concept in bag:
            joint = joint * known.signs[:, SIGN_OF[concept]]
        chance = joint / joint.sum()
        told = usual.posterior.iloc[place]
        assert told["purchased"] == pytest.approx(chance @ known.purchased)
        assert told["churned"] == pytest.approx(chance @ known.churned)
        assert told["log_value"] == pytest.approx(chance @ known.log_value)
        spread = chance @ (known.log_value - told["log_value"]) ** 2 + known.spread**2
        assert told["log_value_variance"] == pytest.approx(spread)
        value = chance @ np.exp(known.log_value + known.spread**2 / 2)
        assert told["value"] == pytest.approx(value)
        assert told["value_variance"] == pytest.approx(chance @ squares - value**2)


def test_what_is_drawn_is_as_common_as_the_tables_say(many: ClientData) -> None:
    """The halves are fixed before the states are drawn, and must not shift them."""
    known = read_motives(NOISE)
    notes = many.concepts.groupby("client_id")["note"].max()
    counts = np.bincount(notes.reindex(many.labels["client_id"], fill_value=0).to_numpy())
    expected = known.share @ known.notes
    error = np.sqrt(expected * (1 - expected) / len(many.labels))
    assert (np.abs(counts / len(many.labels) - expected) < 4 * error).all()
    seen = np.bincount(many.concepts["concept"].map(SIGN_OF), minlength=len(read_signs()))
    sizes = np.arange(known.notes.shape[1])
    wanted = (known.share * (known.notes @ sizes)) @ known.signs
    np.testing.assert_allclose(seen / seen.sum(), wanted / wanted.sum(), rtol=0.07)


@pytest.mark.parametrize("target", CLASSES)
def test_the_chance_of_a_class_is_calibrated(many: ClientData, target: str) -> None:
    chance = many.posterior[target].to_numpy()
    happened = (many.labels[target] == 1).to_numpy()
    bins = np.minimum((chance * 10).astype(int), 9)
    assert set(bins) == set(range(10))
    for number in range(10):
        inside = bins == number
        error = np.sqrt((chance * (1 - chance))[inside].mean() / inside.sum())
        assert happened[inside].mean() == pytest.approx(chance[inside].mean(), abs=4 * error)


@pytest.mark.parametrize("target", CLASSES)
def test_guessing_by_the_posterior_reaches_the_ceiling(many: ClientData, target: str) -> None:
    from sklearn.metrics import roc_auc_score

    chance, happened = many.posterior[target], many.labels[target] == 1
    ceiling = many.ceilings[target]
    assert ((chance > 0.5) == happened).mean() == pytest.approx(ceiling["accuracy"], abs=0.01)
    assert ceiling["auc"] == pytest.approx(roc_auc_score(happened, chance))
    assert 0.80 < (ceiling["accuracy"] or 0) < 0.88
    assert 0.88 < (ceiling["auc"] or 0) < 0.95


@pytest.mark.parametrize("name", ["value", "log_value"])
def test_guessing_by_the_mean_reaches_the_ceiling(many: ClientData, name: str) -> None:
    from sklearn.metrics import r2_score

    value = many.labels["lifetime_value"]
    truth = value if name == "value" else np.log(value)
    mean, variance = many.posterior[name], many.posterior[f"{name}_variance"]
    ceiling = many.ceilings["lifetime_value"]["r2" if name == "value" else "r2_log"]
    assert r2_score(truth, mean) == pytest.approx(ceiling, abs=0.02)
    assert 0.6 < (ceiling or 0) < 0.75
    surprise = (truth - mean) ** 2 / variance
    assert surprise.mean() == pytest.approx(1, abs=0.05)
    assert (truth - mean).mean() == pytest.approx(0, abs=4 * np.sqrt(variance.mean() / len(mean)))
    assert best_r2(mean.to_numpy()[:1], variance.to_numpy()[:1]) is None


def test_a_pair_says_more_than_its_parts_together(many: ClientData) -> None:
    quoted, due = mentions(many, "competitor quoted"), mentions(many, "renewal due")
    churned = many.labels["churned"].to_numpy()
    rate = {
        (a, b): churned[(quoted == a) & (due == b)].mean()
        for a in (True, False)
        for b in (True, False)
    }
    alone = rate[True, False] + rate[False, True] - 2 * rate[False, False]
    assert rate[True, True] - rate[False, False] > alone + 0.05


def test_noise_lowers_the_ceilings_down_to_chance() -> None:
    ceilings = [generate_clients(1000, noise=noise).ceilings for noise in (0.0, 0.5, 1.0)]
    for target, score in [("purchased", "accuracy"), ("churned", "auc"), ("lifetime_value", "r2")]:
        none, half, full = (ceiling[target][score] for ceiling in ceilings)
        assert none > half + 0.05 > full + 0.1
        assert full == pytest.approx(0.0 if score == "r2" else 0.5)


def test_a_model_of_the_concepts_stays_under_the_ceiling_and_above_chance(
    usual: ClientData,
) -> None:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.model_selection import cross_val_score

    seen = CountVectorizer(analyzer=list, binary=True).fit_transform(bags(usual))
    for target in CLASSES:
        model = LogisticRegression(C=0.1, max_iter=500)
        score = cross_val_score(model, seen, usual.labels[target]).mean()
        assert 0.68 < score < (usual.ceilings[target]["accuracy"] or 0) - 0.03
    value = np.log(usual.labels["lifetime_value"])
    score = cross_val_score(Ridge(30), seen, value).mean()
    assert 0.4 < score < (usual.ceilings["lifetime_value"]["r2_log"] or 0) - 0.1


def test_blocks_together_are_the_tables() -> None:
    whole = generate_clients(1100, seed=5)
    blocks = list(iter_clients(1100, seed=5))
    assert [len(block.labels) for block in blocks] == [1000, 100]
    for name in ("concepts", "labels", "posterior"):
        parts = pd.concat([getattr(block, name) for block in blocks], ignore_index=True)
        pd.testing.assert_frame_equal(parts, getattr(whole, name))


def test_a_seed_gives_the_same_clients_whatever_the_hash_seed() -> None:
    code = (
        "import json; from coterie.synthetic import generate_clients as g; d = g(30, seed=9);"
        "print(json.dumps([d.concepts.values.tolist(), d.labels.values.tolist()]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    made = generate_clients(30, seed=9)
    tables = [made.concepts.to_numpy().tolist(), made.labels.to_numpy().tolist()]
    assert json.loads(run.stdout) == tables
    assert generate_clients(30, seed=8).concepts.to_numpy().tolist() != tables[0]


def test_the_files_hold_the_tables(tmp_path: Path) -> None:
    made = generate("clients", tmp_path, 1200, seed=4)
    clients = generate_clients(1200, seed=4)
    concepts, labels, about = made.files
    assert [path.name for path in made.files] == ["note_concepts.csv", "labels.csv", "about.json"]
    pd.testing.assert_frame_equal(pd.read_csv(concepts), clients.concepts, check_dtype=False)
    pd.testing.assert_frame_equal(pd.read_csv(labels), clients.labels, check_dtype=False)
    assert json.loads(about.read_text("utf-8")) == made.to_dict()


def test_about_tells_the_ceilings(tmp_path: Path) -> None:
    about = generate("clients", tmp_path, seed=3).to_dict()
    clients = generate_clients(2000, seed=3)
    assert about["rows"] == 2000
    assert about["mentions"] == len(clients.concepts)
    assert about["concepts"] == clients.concepts["concept"].nunique()
    assert about["clients_without_notes"] == 2000 - clients.concepts["client_id"].nunique()
    assert about["rows_per_class"] == {target: {"0": 1000, "1": 1000} for target in CLASSES}
    assert about["targets"] == [*CLASSES, "lifetime_value"]
    for target, best in clients.ceilings.items():
        assert about["ceilings"][target] == pytest.approx(best, abs=1e-4)
    tiny = generate("clients", tmp_path, 1).details
    assert tiny["ceilings"]["purchased"]["auc"] is None
    assert tiny["ceilings"]["lifetime_value"] == {"r2": None, "r2_log": None}


def test_what_cannot_be_had_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="outcome"):
        generate("clients", tmp_path, leave_out=["churned"])
    with pytest.raises(OptionError, match="rows is 0"):
        generate_clients(0)
    with pytest.raises(OptionError, match="seed is -1"):
        generate_clients(5, seed=-1)
    with pytest.raises(OptionError, match="noise is"):
        generate_clients(5, noise=1.5)
    assert not list(tmp_path.iterdir())
