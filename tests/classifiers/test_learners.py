"""Tree models of each library: they learn, are kept bit for bit, and damaged are not read."""

import io
import json
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from coterie.classifiers.trees.learner import Learner, Task
from coterie.classifiers.trees.learners import LEARNERS, find_learners
from coterie.classifiers.trees.presets import PRESETS, find_preset
from coterie.errors import InputError, MissingExtraError, OptionError, StoreError

for library in ("xgboost", "lightgbm", "catboost", "skops"):
    pytest.importorskip(library, reason="needs coterie[boost]")

ALL = list(LEARNERS)
NATIVE = ("xgboost", "lightgbm", "catboost")
TASKS = {"two": Task(2), "three": Task(3), "numbers": Task()}
WIDTH = 6
LABEL = {2: [0.0], 3: [-0.5, 0.5]}


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(Learner, "trees", 12)


def signal(task, n=300, seed=0):
    """Features, a third of them 0, and a target that two of them tell."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, WIDTH)).astype(np.float32)
    features[rng.random(features.shape) < 0.3] = 0
    score = features[:, 0] + features[:, 3]
    return features, score.astype(float) if task.numbers else np.digitize(
        score, LABEL[task.classes]
    )


def trained(name, task, features, target, weights=None):
    learner = LEARNERS[name]
    return learner.train(features, target, weights, learner.usual, task, 0)


@pytest.fixture(scope="module")
def kept():
    """A trained model of each learner and task, and what it dumps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "trees", 12)
        found = {}
        for name in ALL:
            for called, task in TASKS.items():
                model = trained(name, task, *signal(task))
                found[name, called] = model, model.dump()
    return found


@pytest.mark.parametrize("form", [np.asarray, csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("called", TASKS)
@pytest.mark.parametrize("name", ALL)
def test_a_learner_finds_the_signal_and_is_kept_bit_for_bit(name, called, form):
    task = TASKS[called]
    features, target = signal(task)
    model = trained(name, task, form(features), target)
    asked, truth = signal(task, 200, seed=1)
    said = model.predict(form(asked))
    assert said.dtype == np.float64
    if task.numbers:
        assert said.shape == (200,)
        assert np.corrcoef(said, truth)[0, 1] > 0.7
    else:
        assert said.shape == (200, task.classes)
        assert (said.argmax(axis=1) == truth).mean() > {2: 0.75, 3: 0.6}[task.classes]
        np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)
        assert (said >= 0).all()
    loaded = LEARNERS[name].load(model.dump(), task, WIDTH)
    assert np.array_equal(loaded.predict(form(asked)), said)
    assert np.array_equal(
        LEARNERS[name].load(loaded.dump(), task, WIDTH).predict(form(asked)), said
    )
    order = np.random.default_rng(0).permutation(200)
    for each in (model, loaded):
        assert np.array_equal(each.predict(form(asked[order]))[np.argsort(order)], said)
        parts = [each.predict(form(asked[at : at + 37])) for at in range(0, 200, 37)]
        assert np.array_equal(np.concatenate(parts), said)
        one_by_one = [each.predict(form(asked[row : row + 1])) for row in range(5)]
        assert np.array_equal(np.concatenate(one_by_one), said[:5])
        assert each.predict(form(asked[:0])).shape == (0, *said.shape[1:])


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_model(name):
    features, target = signal(Task(3))
    asked = signal(Task(3), 50, seed=1)[0]
    once, again = (trained(name, Task(3), features, target) for _ in range(2))
    assert np.array_equal(once.predict(asked), again.predict(asked))
    assert once.dump() == again.dump()  # a model is not saved twice: see `save_model`


@pytest.mark.parametrize("name", ALL)
def test_rows_that_weigh_more_count_more(name):
    features, target = signal(Task(2))
    weights = np.where(target == 1, 20.0, 1.0)
    plain = trained(name, Task(2), features, target).predict(features)[:, 1]
    heavy = trained(name, Task(2), features, target, weights).predict(features)[:, 1]
    assert heavy.mean() > plain.mean() + 0.1


@pytest.mark.parametrize("name", ALL)
def test_features_that_never_differ(name):
    features, target = np.ones((60, 2), dtype=np.float32), np.arange(60) % 2
    if name == "catboost":
        with pytest.raises(InputError, match="learners"):
            trained(name, Task(2), features, target)
        return
    np.testing.assert_allclose(
        trained(name, Task(2), features, target).predict(features), 0.5, atol=0.1
    )


def test_a_forest_is_smoothed_by_its_own_trees(monkeypatch, kept):
    features, _ = signal(Task(2), 50, seed=2)
    model, dumped = kept["random-forest", "two"]
    before = model.predict(features)
    assert 0 < before.min() < before.max() < 1
    monkeypatch.setattr(Learner, "trees", 500)
    loaded = LEARNERS["random-forest"].load(dumped, Task(2), WIDTH)
    assert np.array_equal(loaded.predict(features), before)


# What is not its own is never read


@pytest.mark.parametrize("called", TASKS)
@pytest.mark.parametrize("name", ALL)
def test_another_width_or_task_is_a_store_error(kept, name, called):
    _, dumped = kept[name, called]
    for width in (WIDTH - 1, WIDTH + 1, 1):
        with pytest.raises(StoreError, match="train"):
            LEARNERS[name].load(dumped, TASKS[called], width)
    for other in (Task(), Task(2), Task(3), Task(4)):
        if other != TASKS[called]:
            with pytest.raises(StoreError, match="train"):
                LEARNERS[name].load(dumped, other, WIDTH)


class Trap:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


@pytest.mark.parametrize("name", ALL)
def test_what_is_no_dump_of_its_own_is_a_store_error(kept, name):
    others = [
        dumped for (other, task), (_, dumped) in kept.items() if other != name and task == "two"
    ]
    odd = [b"", b"{}", b"[1]", b"PK\x03\x04", b"CBM1", b"tree\n", b"\0" * 200, b"[" * 100_000]
    odd += [json.dumps({"learner": {"objective": {"name": "binary:logistic"}}}).encode()]
    for data in [*odd, pickle.dumps(Trap()), *others]:
        with pytest.raises(StoreError, match=r"rain.*\.$"):
            LEARNERS[name].load(data, Task(2), WIDTH)


@pytest.mark.parametrize("called", TASKS)
@pytest.mark.parametrize("name", ALL)
def test_a_dump_that_was_cut_is_a_store_error(kept, name, called):
    _, dumped = kept[name, called]
    tail = dumped.find(b"end of parameters") if name == "lightgbm" else len(dumped) - 1
    for end in [*np.linspace(1, tail, 12).astype(int).tolist(), tail]:
        with pytest.raises(StoreError, match=r"rain.*\.$"):
            LEARNERS[name].load(dumped[:end], TASKS[called], WIDTH)


@pytest.mark.parametrize("name", ["random-forest", "gradient-boosting"])
def test_archives_with_bytes_flipped_say_the_same_or_are_a_store_error(kept, name):
    model, dumped = kept[name, "three"]
    features, _ = signal(Task(3), 20)
    said, rng, refused = model.predict(features), np.random.default_rng(0), 0
    for _ in range(80):
        damaged = bytearray(dumped)
        for place in rng.integers(0, len(dumped), rng.integers(1, 4)).tolist():
            damaged[place] ^= 1 << int(rng.integers(8))
        try:
            loaded = LEARNERS[name].load(bytes(damaged), Task(3), WIDTH)
        except StoreError:
            refused += 1
            continue
        assert np.array_equal(loaded.predict(features), said)
    assert refused > 60


def rezipped(dumped, change):
    """Write a skops archive anew, sound as a ZIP, after ``change`` had its parts."""
    with zipfile.ZipFile(io.BytesIO(dumped)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def put_into_nodes(field, value, *, leaves=False):
    """Put a value into the nodes of every tree: into its leaves, or into what is none."""

    def change(parts):
        changed = 0
        for name in [name for name in parts if name.endswith(".npy")]:
            array = np.load(io.BytesIO(parts[name]), allow_pickle=False)
            if array.dtype.names is None or field not in array.dtype.names:
                continue
            array = array.copy()
            end = "is_leaf" in array.dtype.names
            leaf = array["is_leaf"] == 1 if end else array["left_child"] == -1
            array[field][leaf if leaves else ~leaf] = value
            whole = io.BytesIO()
            np.save(whole, array)
            parts[name] = whole.getvalue()
            changed += 1
        assert changed > 5

    return change


FORGED = {
    "a child before its parent": ("random-forest", "left_child", 0, False),
    "a child out of the tree": ("random-forest", "right_child", 10**6, False),
    "a child that is none and no leaf's": ("random-forest", "left_child", -5, True),
    "a feature out of the row": ("random-forest", "feature", WIDTH, False),
    "a feature before the row": ("random-forest", "feature", -3, False),
    "a node before its parent": ("gradient-boosting", "left", 0, False),
    "a node out of the tree": ("gradient-boosting", "right", 10**6, False),
    "a column out of the row": ("gradient-boosting", "feature_idx", WIDTH, False),
    "a column before the row": ("gradient-boosting", "feature_idx", -9, False),
    "a split by categories": ("gradient-boosting", "is_categorical", 1, False),
    "a value that is none": ("gradient-boosting", "value", np.nan, True),
}


@pytest.mark.parametrize("case", FORGED)
def test_trees_that_leave_their_nodes_are_never_read(kept, case):
    name, field, value, leaves = FORGED[case]
    _, dumped = kept[name, "two"]
    plain = rezipped(dumped, lambda _: None)
    LEARNERS[name].load(plain, Task(2), WIDTH)
    forged = rezipped(dumped, put_into_nodes(field, value, leaves=leaves))
    with pytest.raises(StoreError, match=r"rain.*\.$"):
        LEARNERS[name].load(forged, Task(2), WIDTH)


def in_schema(change):
    def on_parts(parts):
        schema = json.loads(parts["schema.json"])
        change(schema)
        parts["schema.json"] = json.dumps(schema).encode()

    return on_parts


def nodes_of(schema, key):
    """Every part of a schema that has a key."""
    if isinstance(schema, dict):
        if key in schema:
            yield schema
        for value in schema.values():
            yield from nodes_of(value, key)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes_of(value, key)


def test_how_many_nodes_there_are_is_not_believed(kept):
    def more(schema):
        found = list(nodes_of(schema, "node_count"))
        assert len(found) == 12
        for place, each in enumerate(found):
            each["node_count"] |= {"content": "100000", "__id__": place}  # equals share one

    model, dumped = kept["random-forest", "two"]
    features, _ = signal(Task(2), 20)
    try:  # some versions of scikit-learn count anew
        loaded = LEARNERS["random-forest"].load(rezipped(dumped, in_schema(more)), Task(2), WIDTH)
    except StoreError:
        return
    assert np.array_equal(loaded.predict(features), model.predict(features))


@pytest.mark.parametrize(
    ("module", "called"), [("os", "system"), ("builtins", "eval"), ("subprocess", "Popen")]
)
@pytest.mark.parametrize("name", ["random-forest", "gradient-boosting"])
def test_an_archive_of_another_type_is_never_read(kept, name, module, called):
    def other(schema):
        schema["__module__"], schema["__class__"] = module, called

    forged = rezipped(kept[name, "two"][1], in_schema(other))
    with pytest.raises(StoreError, match=r"rain.*\.$"):
        LEARNERS[name].load(forged, Task(2), WIDTH)


def test_a_type_within_an_archive_that_is_not_known_is_named(kept):
    def other(schema):
        part = next(each for each in nodes_of(schema, "__class__") if each["__class__"] == "Tree")
        part["__module__"], part["__class__"] = "collections", "Counter"

    forged = rezipped(kept["random-forest", "two"][1], in_schema(other))
    with pytest.raises(StoreError, match="collections"):
        LEARNERS["random-forest"].load(forged, Task(2), WIDTH)


@pytest.mark.parametrize("other", ["pipeline", "extra trees", "a forest of the other kind"])
def test_another_estimator_is_a_store_error(other):
    import skops.io
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    made = {
        "pipeline": make_pipeline(StandardScaler()),
        "extra trees": ExtraTreesClassifier(3),
        "a forest of the other kind": RandomForestRegressor(3),
    }[other].fit(*signal(Task(2)))
    with pytest.raises(StoreError, match="do not fit"):
        LEARNERS["random-forest"].load(skops.io.dumps(made), Task(2), WIDTH)


# What is installed


def test_absent_libraries_are_named_and_skipped(monkeypatch):
    import importlib.util

    plain = importlib.util.find_spec
    gone = {"lightgbm", "xgboost"}
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name in gone else plain(name, *rest),
    )
    absent = [each.name for each in LEARNERS.values() if not each.installed]
    assert absent == ["xgboost", "lightgbm"]
    used, lacking = find_preset("balanced").choose()
    assert [each.name for each in used] == ["random-forest", "gradient-boosting", "linear"]
    assert [each.name for each in lacking] == ["lightgbm", "xgboost"]
    used, lacking = find_preset("speed").choose()
    assert [each.name for each in used] == ["catboost"]
    assert [each.name for each in lacking] == ["lightgbm", "xgboost"]
    gone.add("catboost")
    used, lacking = find_preset("speed").choose()
    assert [each.name for each in used] == ["gradient-boosting"]
    assert [each.name for each in lacking] == ["lightgbm", "xgboost", "catboost"]
    gone.clear()
    gone.add("catboost")
    assert find_preset("speed").choose()[1] == []


def test_presets_use_what_is_there():
    for name, preset in PRESETS.items():
        used, lacking = preset.choose()
        assert [each.linear for each in used] == [False] * preset.most + [True] * preset.linear
        assert lacking == []
        assert find_preset(name) is preset
    with pytest.raises(OptionError, match="balanced"):
        find_preset("balance")


def test_a_library_that_is_named_and_absent_says_how_to_have_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "catboost", None)
    with pytest.raises(MissingExtraError, match=r"catboost needs catboost.*coterie\[boost\]"):
        find_learners(["lightgbm", "catboost"])


def test_learners_are_found_by_name():
    assert [each.name for each in find_learners(["xgboost", "random-forest"])] == [
        "xgboost",
        "random-forest",
    ]
    assert [each.name for each in find_learners("lightgbm")] == ["lightgbm"]
    with pytest.raises(OptionError, match="random-forest"):
        find_learners(["lightgbmm"])
    with pytest.raises(OptionError, match="twice"):
        find_learners(["lightgbm", "lightgbm"])


def test_the_libraries_are_loaded_where_they_are_used_only():
    code = (
        "import sys, coterie.classifiers.trees.learners, coterie.classifiers\n"
        "assert not {'xgboost', 'lightgbm', 'catboost', 'skops'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
