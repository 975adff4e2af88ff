"""Ensembles in model directories: the same, bit for bit, or one error of the store."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coterie.classifiers import (
    EnsembleClassifier,
    EnsembleRegressor,
    load_classifier,
    load_regressor,
    save_classifier,
)
from coterie.classifiers.saved.models import read_model
from coterie.classifiers.trees.learner import Learner
from coterie.classifiers.trees.learners import LEARNERS
from coterie.encoders import load_encoder
from coterie.errors import (
    CoterieWarning,
    EncoderError,
    IntegrityError,
    MissingExtraError,
    StoreError,
)
from coterie.store import open_model, save_model

from .test_saved_files import CHANGES, GONE, INF, NAN, VALUES, alter, first, put

for library in ("xgboost", "lightgbm", "catboost", "skops"):
    pytest.importorskip(library, reason="needs coterie[boost]")

STATE, FEATURES, STACK = "model.json", "features.json", "stack.safetensors"
NUMBERS = "numbers.safetensors"
PLAIN = (STACK, NUMBERS)
WORDS = ("card", "lost", "refund", "payment", "cancel", "order")


def rows_of(n=150, seed=0):
    """Rows of concepts, a text and context; what class they are of; and a number above 0."""
    rng = np.random.default_rng(seed)
    held = rng.random((n, 6)) < 0.4
    held[::17] = False
    rows = pd.DataFrame(
        {
            "concepts": [[WORDS[each] for each in np.flatnonzero(row)] or None for row in held],
            "said": [" ".join(rng.choice(WORDS, 3)) for _ in range(n)],
            "visits": rng.integers(0, 9, n).astype(float),
            "source": rng.choice(["google", "friend"], n),
        }
    )
    rows.loc[rows.index[::11], "visits"] = np.nan
    classes = np.array(["leaves", "stays", "wavers"])[
        held[:, 0].astype(int) + (rows["source"] == "friend")
    ]
    spent = np.exp(held[:, 0] + rng.normal(0, 0.3, n))
    return rows, classes, spent


ROWS = rows_of(25, seed=9)[0]
KINDS = ("one-hot", "tfidf", "pairs", "statistics")
QUICK = {"concepts": "concepts", "context": ("visits", "source"), "kinds": KINDS, "draws": 1}
ALL = tuple(LEARNERS)
MADE = {
    "all that vote": lambda _: EnsembleClassifier(ALL, **QUICK, mix="vote"),
    "stack": lambda _: EnsembleClassifier(
        ("lightgbm", "random-forest"),
        **{**QUICK, "context": ()},
        mix="stack",
        class_names={"stays": "A client that stays"},
    ),
    "embeds": lambda bert: EnsembleClassifier(
        ("catboost",),
        **{**QUICK, "kinds": ("one-hot", "embeddings")},
        text="said",
        encoder=str(bert),
    ),
    "reads words": lambda bert: EnsembleClassifier(
        ("linear", "lightgbm"), **QUICK, text="said", mix="stack", encoder=str(bert)
    ),
    "number that reads words": lambda bert: EnsembleRegressor(
        ("linear", "lightgbm"), **QUICK, text="said", mix="vote", encoder=str(bert)
    ),
    "number": lambda _: EnsembleRegressor(ALL, **QUICK, mix="vote"),
    "number of a stack": lambda _: EnsembleRegressor(
        ("lightgbm", "xgboost"), **{**QUICK, "context": ()}, mix="stack"
    ),
}


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(Learner, "trees", 10)


@pytest.fixture(scope="module")
def models(bert, tmp_path_factory):
    """Each of them fitted, and its model directory."""
    rows, classes, spent = rows_of()
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "trees", 10)
        for name, make in MADE.items():
            model = make(bert)
            model.fit(rows, spent if name.startswith("number") else classes)
            home = tmp_path_factory.mktemp("models") / name.replace(" ", "-")
            save_classifier(model, home, metrics={"rows": len(rows)})
            found[name] = model, home
    return found


def said(model, rows=ROWS):
    """All that a model says of rows."""
    found = model.decide(rows)
    if isinstance(model, EnsembleRegressor):
        return [found.values, found.lows, found.highs, found.statuses, model.predict(rows)]
    return [found.probabilities, found.labels, found.statuses, model.predict_proba(rows)]


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", MADE)
def test_what_was_saved_says_the_same(models, name, tmp_path):
    model, home = models[name]
    number = isinstance(model, EnsembleRegressor)
    loaded = (load_regressor if number else load_classifier)(home)
    assert type(loaded) is type(model)
    assert equal(said(loaded), said(model))
    assert loaded.held_ is None
    order = np.random.default_rng(0).permutation(len(ROWS))
    for each in (model, loaded):
        whole = each.predict(ROWS) if number else each.predict_proba(ROWS)
        ask = each.predict if number else each.predict_proba
        assert np.array_equal(ask(ROWS.iloc[order])[np.argsort(order)], whole)
        alone = [ask(ROWS.iloc[[row]]) for row in range(len(ROWS))]
        assert np.array_equal(np.concatenate(alone), whole)
        assert len(ask(ROWS[:0])) == 0
    # saved once more, by who did not train it
    save_classifier(loaded, tmp_path / "again")
    assert equal(said(read_model(open_model(tmp_path / "again"))), said(model))
    for each in ("width_", "mixed_by_", "columns"):
        assert getattr(loaded, each) == getattr(model, each)
    assert [member.settings for member in loaded.trained_] == [
        member.settings for member in model.trained_
    ]
    assert loaded.sources_.equals(model.sources_)
    if not number:
        assert loaded.classes_.tolist() == model.classes_.tolist()
        assert loaded.counts_.tolist() == model.counts_.tolist()
        assert loaded.class_names == model.class_names


def test_a_loaded_model_can_be_trained_again(models):
    rows, classes, _ = rows_of(90, seed=4)
    loaded = load_classifier(models["stack"][1]).fit(rows, classes)
    assert loaded.held_ is not None
    assert loaded.mixed_by_ == "stack"


def test_a_model_of_the_other_kind_is_told(models):
    with pytest.raises(StoreError, match="load_regressor"):
        load_classifier(models["number"][1])
    with pytest.raises(StoreError, match="load_classifier"):
        load_regressor(models["stack"][1])


LOADS = """
    import builtins, json, pickle, sys
    plain = builtins.__import__
    def without_torch(name, *rest, **named):
        if name.split(".")[0] in ("torch", "transformers", "sentence_transformers"):
            raise ImportError(f"{name} is not here")
        return plain(name, *rest, **named)
    builtins.__import__ = without_torch
    import joblib
    import pandas as pd
    import skops.io, catboost, lightgbm, xgboost
    def refuse(*_, **__):
        raise AssertionError("something was unpickled")
    pickle.load = pickle.loads = joblib.load = refuse
    sys.addaudithook(lambda event, _: refuse() if event == "pickle.find_class" else None)
    from coterie.classifiers.saved.models import read_model
    from coterie.store import open_model
    homes, rows = json.load(sys.stdin)
    rows = pd.DataFrame(rows)
    rows["visits"] = rows["visits"].astype(float)
    told = {}
    for name, home in homes.items():
        model = read_model(open_model(home))
        ask = model.predict if hasattr(model, "shifts_") else model.predict_proba
        told[name] = [value.hex() for value in ask(rows).ravel().tolist()]
    json.dump(told, sys.stdout)
"""


def test_another_process_without_torch_says_the_same(models, tmp_path):
    plain = ROWS.astype(object).where(ROWS.notna(), None).to_dict("list")
    program = tmp_path / "loads.py"
    program.write_text(textwrap.dedent(LOADS))
    done = subprocess.run(
        [sys.executable, str(program)],
        input=json.dumps([{name: str(home) for name, (_, home) in models.items()}, plain]),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for name, (model, _) in models.items():
        ask = model.predict if isinstance(model, EnsembleRegressor) else model.predict_proba
        assert told[name] == [value.hex() for value in ask(ROWS).ravel().tolist()], name


def test_nothing_in_the_directory_is_a_pickle(models):
    seen = set()
    for _, home in models.values():
        for path in home.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                content = path.read_bytes()
                seen.add(path.suffix)
                assert content[:1] != b"\x80" or path.suffix == ".safetensors", path
                if path.suffix == ".skops":
                    with zipfile.ZipFile(path) as archive:
                        inside = [name.rpartition(".")[2] for name in archive.namelist()]
                    assert {*inside} <= {"json", "npy", "npz"}
    assert {".json", ".skops", ".txt", ".cbm", ".safetensors"} <= seen


def test_the_form_of_the_directory(models):
    names = set(open_model(models["all that vote"][1]).names)
    suffixes = [LEARNERS[each.learner.name].suffix for each in models["all that vote"][0].trained_]
    trees = {f"trees/{place}{suffix}" for place, suffix in enumerate(suffixes)}
    assert names == {STATE, FEATURES, "features.safetensors", "rows.safetensors", *trees}
    assert STACK in open_model(models["stack"][1]).names
    assert any(name.startswith("encoder/") for name in open_model(models["embeds"][1]).names)


# Whatever happens to the files


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
@pytest.mark.parametrize("name", ["all that vote", "number"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(CHANGES, min_size=1, max_size=2))
def test_altered_files_say_the_same_or_nothing(name, models, tmp_path_factory, changes):
    model, source = models[name]
    home = tmp_path_factory.mktemp("altered") / "model"
    shutil.copytree(source, home)
    found = sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())
    for change in changes:
        alter(home, [each for each in found if not each.startswith(".")], *change)
    try:
        loaded = read_model(open_model(home))
    except StoreError:
        return
    finally:
        shutil.rmtree(home.parent)
    assert equal(said(loaded), said(model))


@pytest.mark.parametrize("learner", ALL)
def test_no_parser_sees_a_tree_that_was_altered(models, tmp_path, monkeypatch, learner):
    """Parsers of other libraries crash on altered trees: hashes are compared before them."""
    model, source = models["all that vote"]
    shutil.copytree(source, tmp_path / "model")
    place = [member.learner.name for member in model.trained_].index(learner)
    (path,) = (tmp_path / "model").rglob(f"trees/{place}.*")
    whole = path.read_bytes()

    def never(*_):
        pytest.fail("an altered tree was parsed")

    monkeypatch.setattr(type(LEARNERS[learner]), "load", never)
    rng = np.random.default_rng(0)
    for at in [0, len(whole) - 1, *rng.integers(0, len(whole), 10).tolist()]:
        altered = bytearray(whole)
        altered[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(altered))
        with pytest.raises(IntegrityError):
            load_classifier(tmp_path / "model")
    for other in (whole[: len(whole) // 2], b"", pickle.dumps(model.columns)):
        path.write_bytes(other)
        with pytest.raises(IntegrityError):
            load_classifier(tmp_path / "model")


def rewritten(source, home, change):
    """Write a model anew, with sound hashes, after ``change`` had its JSON and its bytes."""
    files = open_model(source)
    content = {}
    for name in files.names:
        if name in (STATE, FEATURES):
            content[name] = json.loads(files.bytes(name))
        else:
            content[name] = dict(files.arrays(name)) if name in PLAIN else files.bytes(name)
    change(content)

    def write(draft):
        for name, each in content.items():
            if isinstance(each, bytes):
                draft.write_bytes(name, each)
            elif name in PLAIN:
                draft.write_arrays(name, each)
            else:
                draft.write_bytes(name, json.dumps(each).encode())  # NaN too

    manifest = files.manifest
    save_model(home, write, kind=manifest.kind, classes=manifest.classes, schema={}, metrics={})


def test_what_is_rewritten_unchanged_says_the_same(models, tmp_path):
    for name, (model, source) in models.items():
        rewritten(source, tmp_path / name, lambda _: None)
        assert equal(said(read_model(open_model(tmp_path / name))), said(model))


@pytest.mark.parametrize("logarithm", [True, False])
def test_a_number_that_an_earlier_version_saved_is_read(models, tmp_path, logarithm):
    """Form 1 had one width of all intervals, and one factor of all estimates of a logarithm."""
    model, source = models["number"]
    earlier = {"log": logarithm, "mean": 1.5, "scale": 0.5, "off": 0.8, "smear": 1.25}

    def change(content):
        content.pop(NUMBERS)
        content[STATE] |= {"form": 1, **(earlier if logarithm else earlier | {"smear": 1})}

    rewritten(source, tmp_path / "model", change)
    found = load_regressor(tmp_path / "model").decide(ROWS)
    answers = model._answers(model.transform(ROWS))
    low, middle, high = (1.5 + 0.5 * (answers + off) for off in (-0.8, 0, 0.8))
    if logarithm:
        low, middle, high = np.exp(low), 1.25 * np.exp(middle), np.exp(high)
    for one, known in ((found.lows, low), (found.values, middle), (found.highs, high)):
        np.testing.assert_allclose(one, known, rtol=1e-12)


def swapped(content):
    """Give the two models of scikit-learn each other's trees."""
    one, two = (name for name in content if name.endswith(".skops"))
    content[one], content[two] = content[two], content[one]


def of_other_weights(content):
    content[STATE]["encoder"] |= {"fingerprint": "0" * 64, "weights": "0" * 64}


SENSELESS = {
    "another form": ("stack", put(STATE, "form", 3)),
    "another estimator": ("stack", put(STATE, "estimator", "ensembles")),
    "a number's estimator": ("stack", put(STATE, "estimator", "ensemble-number")),
    "a classifier's estimator": ("number", put(STATE, "estimator", "ensemble")),
    "unknown parameter": ("stack", put(STATE, "params", "nonsense", 1)),
    "encoder as a parameter": ("stack", put(STATE, "params", "encoder", "minilm")),
    "cache as a parameter": ("stack", put(STATE, "params", "cache", "/tmp")),
    "another column of concepts": ("stack", put(STATE, "params", "concepts", "source")),
    "no column of concepts": ("stack", put(STATE, "params", "concepts", None)),
    "a text that none learnt from": ("stack", put(STATE, "params", "text", "said")),
    "context that none learnt from": ("stack", put(STATE, "params", "context", ["visits"])),
    "context that is text": ("number", put(STATE, "params", "context", "visits")),
    "context that is less": ("number", put(STATE, "params", "context", ["visits"])),
    "no text": ("embeds", put(STATE, "params", "text", None)),
    "no encoder": ("embeds", put(STATE, "encoder", None)),
    "another encoder": ("embeds", of_other_weights),
    "an encoder where none is": ("stack", put(STATE, "encoder", {"asked": "minilm"})),
    "width of another": ("stack", put(STATE, "width", lambda width: width + 1)),
    "width none": ("stack", put(STATE, "width", NAN)),
    "width without end": ("stack", put(STATE, "width", INF)),
    "no members": ("stack", put(STATE, "members", [])),
    "members in their thousands": ("stack", put(STATE, "members", lambda given: given * 99)),
    "a member fewer": ("stack", put(STATE, "members", lambda given: given[:1])),
    "a member more": ("stack", put(STATE, "members", lambda given: [*given, given[0]])),
    "members are a number": ("stack", put(STATE, "members", 2)),
    "a learner that is none": ("stack", put(STATE, "members", 0, "learner", "os.system")),
    "a learner that is a list": ("stack", put(STATE, "members", 0, "learner", [])),
    "settings that are none": ("stack", put(STATE, "members", 0, "settings", 7)),
    "members in another order": ("stack", put(STATE, "members", lambda given: given[::-1])),
    "trees of each other": ("all that vote", swapped),
    "trees that are empty": (
        "all that vote",
        lambda content: content.update(
            {name: b"tree\n" for name in content if name.endswith(".txt")}
        ),
    ),
    "a class fewer": ("stack", put(STATE, "classes", lambda given: given[:2])),
    "a class more": ("stack", put(STATE, "classes", lambda given: [*given, "zzz"])),
    "classes not sorted": ("stack", put(STATE, "classes", lambda given: given[::-1])),
    "class names fewer": ("stack", put(STATE, "class_names", ["a"])),
    "counts fewer": ("stack", put(STATE, "counts", [1, 2])),
    "counts are text": ("stack", put(STATE, "counts", "abc")),
    "temperature 0": ("stack", put(STATE, "confidence", "temperature", 0)),
    "threshold NaN": ("stack", put(STATE, "confidence", "threshold", NAN)),
    "no stack": ("stack", lambda content: content.pop(STACK)),
    "a stack that does not answer": ("stack", put(STATE, "mixed_by", "vote")),
    "a stack of others": ("stack", put(STACK, "weight_0", lambda array: array[1:])),
    "a stack of NaN": ("stack", put(STACK, "weight_0", first(NAN))),
    "a stack that is huge": ("number of a stack", put(STACK, "bias_0", first(1e300))),
    "a stack that nobody trained": ("number", put(STATE, "mixed_by", "stack")),
    "a transform that is none": ("number", put(STATE, "scale", "transform", "exp")),
    "a transform that is a list": ("number", put(STATE, "scale", "transform", [])),
    "form 1 without what it holds": ("number", put(STATE, "form", 1)),
    "power beyond its limits": ("number", put(STATE, "scale", "power", 3)),
    "unit 0": ("number", put(STATE, "scale", "unit", 0)),
    "least gone": ("number", put(STATE, "scale", "least", GONE)),
    "a scale with more": ("number", put(STATE, "scale", "more", 1)),
    "mean NaN": ("number", put(STATE, "scale", "mean", NAN)),
    "mean is text": ("number", put(STATE, "scale", "mean", "1")),
    "deviation 0": ("number", put(STATE, "scale", "deviation", 0)),
    "deviation infinite": ("number", put(STATE, "scale", "deviation", INF)),
    "scale gone": ("number", put(STATE, "scale", GONE)),
    "a low end above the high one": ("number", put(NUMBERS, "lows", lambda lows: lows + 99)),
    "ends that are not in order": ("number", put(NUMBERS, "at", lambda at: -at)),
    "an end more": ("number", put(NUMBERS, "highs", lambda highs: np.r_[highs, highs])),
    "an end that is no number": ("number", put(NUMBERS, "highs", lambda highs: highs * NAN)),
    "ends of another type": ("number", put(NUMBERS, "at", lambda at: at.astype(np.float32))),
    "no ends": ("number", put(NUMBERS, "at", GONE)),
    "no shifts": ("number", put(NUMBERS, "shifts", GONE)),
    "shifts that are none": ("number", put(NUMBERS, "shifts", lambda shifts: shifts[:0])),
    "a shift that is no number": ("number", put(NUMBERS, "shifts", lambda shifts: shifts * NAN)),
    "more arrays": ("number", put(NUMBERS, "more", np.zeros(1))),
    "nothing of numbers": ("number", lambda content: content.pop(NUMBERS)),
    "features of another form": ("stack", put(FEATURES, "form", 3)),
    "features of another column": ("stack", put(FEATURES, "read", "concepts", "said")),
    "features without blocks": ("stack", put(FEATURES, "blocks", [])),
    "a block fewer": ("stack", put(FEATURES, "blocks", lambda given: given[:-1])),
    "a block twice": ("stack", put(FEATURES, "blocks", lambda given: [*given, given[0]])),
    "the state is a list": ("stack", lambda content: content.update({STATE: [1]})),
    "features are null": ("stack", lambda content: content.update({FEATURES: None})),
    "no features": ("stack", lambda content: content.pop(FEATURES)),
}


@pytest.mark.parametrize("case", SENSELESS)
def test_well_hashed_nonsense_is_a_store_error(models, tmp_path, case):
    name, change = SENSELESS[case]
    rewritten(models[name][1], tmp_path / "model", change)
    with pytest.raises((StoreError, EncoderError), match=r"\.$"):
        read_model(open_model(tmp_path / "model"))


@pytest.mark.parametrize("learner", ["random-forest", "lightgbm", "xgboost", "catboost"])
def test_sound_trees_of_another_task_are_a_store_error(models, tmp_path, learner):
    """Of numbers in place of classes: as many columns, and another meaning."""
    (model, source), (other, theirs) = models["all that vote"], models["number"]
    files = open_model(theirs)
    places = [
        [member.learner.name for member in each.trained_].index(learner) for each in (model, other)
    ]
    suffix = LEARNERS[learner].suffix
    trees = files.bytes(f"trees/{places[1]}{suffix}")
    assert model.width_ == other.width_
    rewritten(
        source,
        tmp_path / "model",
        lambda content: content.update({f"trees/{places[0]}{suffix}": trees}),
    )
    with pytest.raises(StoreError, match="train"):
        load_classifier(tmp_path / "model")


def draw_change(data, name):
    """Draw a place in a file's JSON and another value for it."""
    path = []

    def change(content):
        inner = content[name]
        while True:
            keys = list(inner) if isinstance(inner, dict) else range(len(inner))
            key = data.draw(st.sampled_from(keys))
            path.append(key)
            if (
                not isinstance(inner[key], dict | list)
                or not inner[key]
                or data.draw(st.booleans())
            ):
                break
            inner = inner[key]
        inner[key] = data.draw(VALUES)

    return path, change


TOLD_ONLY = {"params", "counts", "class_names", "mixed_by"}  # answers do not depend on them


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
@pytest.mark.parametrize("file", [STATE, FEATURES])
@pytest.mark.parametrize("name", ["stack", "number"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_in_the_place_of_another_answers_or_is_a_store_error(
    name, file, models, tmp_path_factory, data
):
    model, source = models[name]
    home = tmp_path_factory.mktemp("any") / "model"
    path, change = draw_change(data, file)
    rewritten(source, home, change)
    try:
        loaded = read_model(open_model(home))
    except (StoreError, EncoderError):
        return
    finally:
        shutil.rmtree(home.parent)
    found = said(loaded)
    assert np.isfinite(found[0]).all()
    assert len(found[0]) == len(ROWS)
    if name == "stack":
        np.testing.assert_allclose(found[0].sum(axis=1), 1)
    if file == STATE and path[0] in TOLD_ONLY:
        assert equal(found, said(model))


# What is not there


def test_a_library_that_is_gone_is_named(models, monkeypatch):
    monkeypatch.setitem(sys.modules, "catboost", None)
    with pytest.raises(MissingExtraError, match=r"of catboost.*coterie\[boost\]"):
        load_classifier(models["all that vote"][1])


def test_an_encoder_of_its_own_needs_its_folder_no_longer(st_folder, tmp_path):
    folder = tmp_path / "encoder"
    shutil.copytree(st_folder("bert"), folder)
    rows, classes, _ = rows_of(90)
    model = EnsembleClassifier(
        ("random-forest",), text="said", encoder=load_encoder(str(folder)), draws=1
    ).fit(rows, classes)
    save_classifier(model, tmp_path / "model")
    shutil.rmtree(folder)
    loaded = load_classifier(tmp_path / "model")
    assert equal(said(loaded), said(model))


def test_nothing_is_told_when_a_model_is_loaded(models):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _, home in models.values():
            read_model(open_model(home))


def test_what_training_has_not_seen_is_told_by_a_loaded_model_too(models):
    with pytest.warns(CoterieWarning, match="never heard"):
        load_classifier(models["stack"][1]).predict(pd.DataFrame({"concepts": ["never heard"]}))
