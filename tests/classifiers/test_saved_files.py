"""Whatever happens to the files of a model: the same probabilities, or one error of the store."""

import ast
import copy
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import coterie
from coterie.classifiers import load_classifier
from coterie.encoders import TfidfEncoder
from coterie.errors import EncoderError, EncoderMismatchError, StoreError
from coterie.store import open_model, save_model

from .worlds import frame

MODELS = ("few-shot", "mlp", "voting", "cascade")
ROWS = frame(3, seed=8)[0]


@pytest.fixture(scope="module")
def whole(saved, tmp_path_factory):
    """Model directories, the names of their files, and what they say."""
    found = {}
    for kind in ("few-shot", "linear", "voting"):
        setting = (kind, "lines", True) if kind != "few-shot" else (kind, "text", False)
        home = saved(*setting)
        names = sorted(
            path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()
        )
        shares = load_classifier(home).predict_proba(ROWS)
        found[kind] = home, [name for name in names if not name.startswith(".")], shares
    return found


PLACE = st.floats(0, 1, exclude_max=True)
NUMBER = st.integers(0, 10**6)
CHANGES = (
    st.tuples(st.just("flip"), NUMBER, PLACE, st.integers(0, 7))
    | st.tuples(st.just("put"), NUMBER, PLACE, st.integers(0, 255))
    | st.tuples(st.just("truncate"), NUMBER, PLACE)
    | st.tuples(st.just("extend"), NUMBER, st.binary(min_size=1, max_size=4))
    | st.tuples(st.just("swap"), NUMBER, NUMBER)
    | st.tuples(st.just("copy"), NUMBER, NUMBER)
    | st.tuples(st.just("delete"), NUMBER)
    | st.tuples(st.just("pickle"), NUMBER)
)


class Trap:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def alter(home, names, what, number, *rest):
    name = names[number % len(names)]
    path = home / name
    if not path.exists():
        return
    content = bytearray(path.read_bytes())
    if what in ("flip", "put") and content:
        at = int(len(content) * rest[0])
        content[at] = content[at] ^ (1 << rest[1]) if what == "flip" else rest[1]
    elif what == "truncate":
        del content[int(len(content) * rest[0]) :]
    elif what == "extend":
        content += rest[0]
    elif what == "pickle":
        content = pickle.dumps(Trap())
    elif what in ("swap", "copy"):
        other = home / names[rest[0] % len(names)]
        if not other.exists():
            return
        own, content = bytes(content), other.read_bytes()
        if what == "swap":
            other.write_bytes(own)
    elif what == "delete":
        path.unlink()
        return
    path.write_bytes(content)


@pytest.mark.parametrize("kind", ["few-shot", "linear", "voting"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(CHANGES, min_size=1, max_size=2))
def test_altered_files_say_the_same_or_nothing(kind, whole, tmp_path_factory, changes):
    source, names, shares = whole[kind]
    home = tmp_path_factory.mktemp("altered") / "model"
    shutil.copytree(source, home)
    for change in changes:
        alter(home, names, *change)
    try:
        said = load_classifier(home).predict_proba(ROWS)
    except StoreError:
        return
    finally:
        shutil.rmtree(home.parent)
    assert np.array_equal(said, shares)


def rewritten(files, home, change):
    """Write a model anew, with sound hashes, after ``change`` had its parsed content."""
    content = {}
    for name in files.names:
        if "encoder/" in name:
            content[name] = files.bytes(name)
        elif name.endswith(".json"):
            content[name] = files.json(name)
        else:
            content[name] = files.arrays(name)
    content = {name: copy.deepcopy(each) for name, each in content.items()}
    change(content)

    def write(draft):
        for name, each in content.items():
            if isinstance(each, bytes):
                draft.write_bytes(name, each)
            elif name.endswith(".safetensors"):
                draft.write_arrays(name, each)
            else:
                draft.write_bytes(name, json.dumps(each).encode())  # NaN too

    manifest = files.manifest
    save_model(home, write, kind=manifest.kind, classes=manifest.classes, schema={}, metrics={})


def put(name, *path_and_value):
    """Put a value at a path of keys into a file, or take the key away."""
    *path, last, value = path_and_value

    def change(content):
        inner = content[name]
        for key in path:
            inner = inner[key]
        if value is GONE:
            del inner[last]
        else:
            inner[last] = value(inner[last]) if callable(value) else value

    return change


GONE = object()
NAN, INF = float("nan"), float("inf")


def filled(value):
    return lambda array: np.full_like(array, value)


def first(value):
    def change(array):
        array = array.copy()
        array.flat[0] = value
        return array

    return change


STATE, ARRAYS = "model.json", "arrays.safetensors"
SENSELESS = {
    "unknown estimator": ("few-shot", put(STATE, "estimator", "forest")),
    "estimator of another head": ("few-shot", put(STATE, "head", "layers")),
    "estimator is a list": ("few-shot", put(STATE, "estimator", ["few-shot"])),
    "no estimator": ("few-shot", put(STATE, "estimator", GONE)),
    "another form": ("few-shot", put(STATE, "form", 2)),
    "the state is a list": ("few-shot", lambda content: content.update({STATE: [1]})),
    "the state is text": ("few-shot", lambda content: content.update({STATE: "few-shot"})),
    "the state is null": ("few-shot", lambda content: content.update({STATE: None})),
    "unknown parameter": ("few-shot", put(STATE, "params", "nonsense", 1)),
    "cache as a parameter": ("few-shot", put(STATE, "params", "cache", "/tmp")),
    "encoder as a parameter": ("few-shot", put(STATE, "params", "encoder", "minilm")),
    "class names as a parameter": ("few-shot", put(STATE, "params", "class_names", {})),
    "parameters are a list": ("few-shot", put(STATE, "params", [1])),
    "pooling is unknown": ("few-shot", put(STATE, "params", "pooling", "words")),
    "pooling is a number": ("few-shot", put(STATE, "params", "pooling", 3)),
    "pooling by speakers of none": ("few-shot", put(STATE, "params", "pooling", "speakers")),
    "speakers of no pooling": ("few-shot", put(STATE, "speakers", ["a", "b"])),
    "text column is a number": ("few-shot", put(STATE, "params", "text", 3)),
    "accuracy is text": ("few-shot", put(STATE, "params", "accuracy", "high")),
    "fewer classes": ("few-shot", put(STATE, "classes", lambda given: given[:2])),
    "more classes": ("few-shot", put(STATE, "classes", lambda given: [*given, "zzz"])),
    "classes not sorted": ("few-shot", put(STATE, "classes", lambda given: given[::-1])),
    "a class twice": ("few-shot", put(STATE, "classes", lambda given: [given[0], *given[:2]])),
    "classes of two types": ("few-shot", put(STATE, "classes", [1, "a", "b"])),
    "classes nested": ("few-shot", put(STATE, "classes", [["a"], ["b"], ["c"]])),
    "classes are null": ("few-shot", put(STATE, "classes", None)),
    "classes of huge numbers": ("few-shot", put(STATE, "classes", [1, 2, 10**400])),
    "class type is another": ("few-shot", put(STATE, "class_type", "i")),
    "class type is unknown": ("few-shot", put(STATE, "class_type", "O")),
    "class names are fewer": ("few-shot", put(STATE, "class_names", ["a"])),
    "temperature 0": ("few-shot", put(STATE, "confidence", "temperature", 0.0)),
    "temperature NaN": ("few-shot", put(STATE, "confidence", "temperature", NAN)),
    "temperature negative": ("few-shot", put(STATE, "confidence", "temperature", -1.0)),
    "temperature is text": ("few-shot", put(STATE, "confidence", "temperature", "1")),
    "temperature is true": ("few-shot", put(STATE, "confidence", "temperature", True)),
    "temperature huge": ("few-shot", put(STATE, "confidence", "temperature", 10**400)),
    "temperature tiny": ("few-shot", put(STATE, "confidence", "temperature", 1e-300)),
    "threshold infinite": ("few-shot", put(STATE, "confidence", "threshold", INF)),
    "no confidence": ("few-shot", put(STATE, "confidence", None)),
    "floor NaN": ("few-shot", put(STATE, "floor", NAN)),
    "floor is text": ("few-shot", put(STATE, "floor", "low")),
    "scope is text": ("few-shot", put(STATE, "scope", "wide")),
    "scope floor NaN": ("few-shot", put(STATE, "scope", "floor", NAN)),
    "scope bar is text": ("few-shot", put(STATE, "scope", "bar", "high")),
    "scope bar gone": ("few-shot", put(STATE, "scope", "bar", GONE)),
    "scope weights fewer": ("few-shot", put(STATE, "scope", "weights", [1.0, 1.0])),
    "scope weights infinite": ("few-shot", put(STATE, "scope", "weights", 0, INF)),
    "scope scale 0": ("few-shot", put(STATE, "scope", "scales", 0, 0.0)),
    "scope says gone": ("few-shot", put(ARRAYS, "scope.says", GONE)),
    "scope says NaN": ("few-shot", put(ARRAYS, "scope.says", first(NAN))),
    "scope says of more classes": (
        "few-shot",
        put(ARRAYS, "scope.says", lambda a: np.hstack([a, a])),
    ),
    "scope says of fewer rows": ("few-shot", put(ARRAYS, "scope.says", lambda a: a[:-1])),
    "scope says doubled": ("few-shot", put(ARRAYS, "scope.says", lambda a: a.astype(np.float64))),
    "scope rows of no example": ("few-shot", put(ARRAYS, "scope.rows", first(10**9))),
    "scope rows negative": ("few-shot", put(ARRAYS, "scope.rows", first(-1))),
    "scope of no rows": (
        "few-shot",
        lambda content: content[ARRAYS].update(
            {key: content[ARRAYS][key][:0] for key in ("scope.rows", "scope.says")}
        ),
    ),
    "encoder is text": ("few-shot", put(STATE, "encoder", "minilm")),
    "encoder fingerprint is a list": ("few-shot", put(STATE, "encoder", "fingerprint", [1])),
    "encoder options unknown": ("mlp", put(STATE, "encoder", "options", {"nonsense": 1})),
    "encoder options are text": ("mlp", put(STATE, "encoder", "options", "x")),
    "encoder is none of its own": ("mlp", put(STATE, "encoder", "own", False)),
    "kernel examples NaN": ("few-shot", put(ARRAYS, "head.examples", first(NAN))),
    "kernel examples infinite": ("few-shot", put(ARRAYS, "head.examples", first(INF))),
    "kernel says NaN": ("few-shot", put(ARRAYS, "head.says", first(NAN))),
    "kernel says infinite": ("few-shot", put(ARRAYS, "head.says", first(-INF))),
    "kernel says huge": ("few-shot", put(ARRAYS, "head.says", first(1e300))),
    "kernel says of fewer classes": ("few-shot", put(ARRAYS, "head.says", lambda a: a[:, :2])),
    "kernel says of fewer rows": ("few-shot", put(ARRAYS, "head.says", lambda a: a[:-1])),
    "kernel examples narrower": ("few-shot", put(ARRAYS, "head.examples", lambda a: a[:, 1:])),
    "kernel examples flat": ("few-shot", put(ARRAYS, "head.examples", lambda a: a.ravel())),
    "kernel of nothing": (
        "few-shot",
        lambda content: content[ARRAYS].update(
            {key: content[ARRAYS][key][:0] for key in ("head.examples", "head.says")}
        ),
    ),
    "slopes of fewer classes": ("few-shot", put(ARRAYS, "head.slopes", lambda a: a[:, :2])),
    "slopes of fewer columns": ("few-shot", put(ARRAYS, "head.slopes", lambda a: a[1:])),
    "slopes NaN": ("few-shot", put(ARRAYS, "head.slopes", first(NAN))),
    "slopes gone": ("few-shot", put(ARRAYS, "head.slopes", GONE)),
    "spelling no truth": ("few-shot", put(STATE, "spelling", 1)),
    "gamma gone": ("few-shot", put(ARRAYS, "head.gamma", GONE)),
    "gamma empty": ("few-shot", put(ARRAYS, "head.gamma", lambda a: a[:0])),
    "gamma negative": ("few-shot", put(ARRAYS, "head.gamma", filled(-3.0))),
    "gamma NaN": ("few-shot", put(ARRAYS, "head.gamma", filled(NAN))),
    "weights gone": ("mlp", put(ARRAYS, "head.weight_1", GONE)),
    "weights NaN": ("mlp", put(ARRAYS, "head.weight_1", first(NAN))),
    "weights huge": ("mlp", put(ARRAYS, "head.weight_0", first(1e200))),
    "weights truths": ("mlp", put(ARRAYS, "head.weight_0", lambda a: a > 0)),
    "weights of another width": ("mlp", put(ARRAYS, "head.weight_1", lambda a: a[1:])),
    "biases infinite": ("mlp", put(ARRAYS, "head.bias_0", first(INF))),
    "biases of another width": ("mlp", put(ARRAYS, "head.bias_3", lambda a: a[1:])),
    "examples gone": ("few-shot", put(ARRAYS, "examples.vectors", GONE)),
    "examples NaN": ("few-shot", put(ARRAYS, "examples.vectors", first(NAN))),
    "examples infinite": ("few-shot", put(ARRAYS, "examples.vectors", first(INF))),
    "examples huge": ("few-shot", put(ARRAYS, "examples.vectors", filled(1e38))),
    "examples of no length": ("few-shot", put(ARRAYS, "examples.vectors", filled(0))),
    "examples doubled": (
        "few-shot",
        put(ARRAYS, "examples.vectors", lambda a: a.astype(np.float64)),
    ),
    "examples flat": ("few-shot", put(ARRAYS, "examples.vectors", lambda a: a.ravel())),
    "examples narrower": ("few-shot", put(ARRAYS, "examples.vectors", lambda a: a[:, 1:])),
    "codes of no class": ("few-shot", put(ARRAYS, "examples.codes", first(3))),
    "codes negative": ("few-shot", put(ARRAYS, "examples.codes", first(-1))),
    "codes are no integers": (
        "few-shot",
        put(ARRAYS, "examples.codes", lambda a: a.astype(np.float64)),
    ),
    "texts fewer": (
        "few-shot",
        lambda content: content.update({"examples.json": content["examples.json"][1:]}),
    ),
    "texts are numbers": (
        "few-shot",
        lambda content: content.update({"examples.json": [1] * len(content["examples.json"])}),
    ),
    "texts are null": ("few-shot", lambda content: content.update({"examples.json": None})),
    "a member fewer": ("voting", put(STATE, "members", 2)),
    "a member more": ("voting", put(STATE, "members", 4)),
    "members in their billions": ("voting", put(STATE, "members", 10**15)),
    "members without end": ("voting", put(STATE, "members", INF)),
    "members none": ("voting", put(STATE, "members", 0)),
    "members negative": ("voting", put(STATE, "members", -1)),
    "weights of a vote NaN": ("voting", put(STATE, "weights", [1, NAN, 1])),
    "weights of a vote fewer": ("voting", put(STATE, "weights", [1, 1])),
    "weights of a vote are text": ("voting", put(STATE, "weights", "abc")),
    "weights of a vote below 0": ("voting", put(STATE, "weights", [1, 1, -1])),
    "a vote within a vote": ("voting", put("members/0/model.json", "estimator", "voting")),
    "a member of other classes": (
        "voting",
        put("members/0/model.json", "classes", ["a", "b", "c"]),
    ),
    "a member of another column": ("voting", put("members/0/model.json", "params", "text", "a")),
    "stages fewer": ("cascade", put(STATE, "stages", lambda given: given[:1])),
    "the last stage answers not all": ("cascade", put(STATE, "stages", 1, "threshold", 0.5)),
    "a stage of NaN": ("cascade", put(STATE, "stages", 0, "threshold", NAN)),
    "a stage of null": ("cascade", put(STATE, "stages", 0, "share", None)),
    "stages are null": ("cascade", put(STATE, "stages", None)),
    "context empty": ("context", put(STATE, "context", {})),
    "context a list": ("context", put(STATE, "context", [1])),
    "context gone": ("context", put(STATE, "context", None)),
    "context scale 0": ("context", put(STATE, "context", "scale", 0.0)),
    "context scale NaN": ("context", put(STATE, "context", "scale", NAN)),
    "context mean NaN": ("context", put(STATE, "context", "columns", 0, "means", 0, NAN)),
    "context scale negative": ("context", put(STATE, "context", "columns", 0, "scales", 0, -1.0)),
    "context levels fewer": ("context", put(STATE, "context", "columns", 0, "levels", ["free"])),
    "context levels twice": (
        "context",
        put(STATE, "context", "columns", 0, "levels", ["free", "free"]),
    ),
    "context columns fewer": ("context", put(STATE, "context", "columns", lambda given: given[:1])),
}


@pytest.mark.parametrize("case", SENSELESS)
def test_well_hashed_nonsense_is_a_store_error(saved, tmp_path, case):
    kind, change = SENSELESS[case]
    source = saved("few-shot", "lines", True) if kind == "context" else saved(kind)
    rewritten(open_model(source), tmp_path / "model", change)
    with pytest.raises(StoreError, match=r"\.$") as caught:
        load_classifier(tmp_path / "model")
    assert "train" in str(caught.value) or "version of Coterie" in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda idf, components: (idf, components[:, 1:]),
        lambda idf, components: (idf, first(NAN)(components)),
        lambda idf, components: (first(INF)(idf), components),
        lambda idf, components: (idf, components[:0]),
        lambda idf, components: (idf, components[0]),
        lambda idf, components: (idf, components[1:]),
    ],
    ids=["fewer terms", "NaN", "infinite", "no width", "flat", "narrower"],
)
def test_an_encoder_that_fits_its_own_fingerprint_only_is_a_store_error(saved, tmp_path, change):
    files = open_model(saved("few-shot"))
    arrays = files.arrays("encoder/tfidf.safetensors")
    terms = files.json("encoder/tfidf.json")["terms"]
    encoder = TfidfEncoder.load(files.folder("encoder"))
    encoder._idf, encoder._components = change(arrays["idf"], arrays["components"])
    encoder.fingerprint = encoder._fingerprint()
    encoder.save(tmp_path / "encoder")
    assert json.loads((tmp_path / "encoder/tfidf.json").read_text())["terms"] == terms

    def replace(content):
        for name in ("tfidf.json", "tfidf.safetensors"):
            content[f"encoder/{name}"] = (tmp_path / "encoder" / name).read_bytes()
        content[STATE]["encoder"] |= dict.fromkeys(("fingerprint", "weights"), encoder.fingerprint)

    rewritten(files, tmp_path / "model", replace)
    with pytest.raises((StoreError, EncoderMismatchError)):
        load_classifier(tmp_path / "model")


def test_what_is_rewritten_unchanged_says_the_same(saved, tmp_path):
    for kind in MODELS:
        rewritten(open_model(saved(kind)), tmp_path / kind, lambda _: None)
        theirs = load_classifier(saved(kind)).predict_proba(ROWS)
        assert np.array_equal(load_classifier(tmp_path / kind).predict_proba(ROWS), theirs)


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
@pytest.mark.parametrize("kind", ["few-shot", "context"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_in_the_place_of_another_predicts_or_is_a_store_error(
    kind, saved, tmp_path_factory, data
):
    source = saved("few-shot", "lines", True) if kind == "context" else saved(kind)
    home = tmp_path_factory.mktemp("any") / "model"

    def change(content):
        inner = content[STATE]
        while True:
            keys = list(inner) if isinstance(inner, dict) else range(len(inner))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(inner[key], dict | list) or not inner[key] or data.draw(BOOLEAN):
                break
            inner = inner[key]
        inner[key] = data.draw(VALUES)

    rewritten(open_model(source), home, change)
    try:
        model = load_classifier(home)
    except (StoreError, EncoderError):
        return
    finally:
        shutil.rmtree(home.parent)
    # A text column may have any name; the rows then need it.
    rows = ROWS.rename(columns={"text": getattr(model, "text", None) or "text"})
    shares = model.predict_proba(rows)
    assert np.allclose(shares.sum(axis=1), 1)
    model.decide(rows)


BOOLEAN = st.booleans()
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([10**400, 1e300, "", "text", "\0", "../..", [], {}, [[]], {"a": {}}])
    | st.text(max_size=5)
    | st.lists(st.integers() | st.text(max_size=3) | st.floats(), max_size=3)
)


@pytest.mark.parametrize(
    "name",
    [
        "/etc",
        "../../other",
        "..",
        ".",
        "~/models",
        "a/../../b",
        "a\\..\\b",
        "file:///etc",
        "https://example.com/model",
        "a/b/c",
        "a\0b",
        "",
        7,
        None,
        "here",
        "tfidf",
    ],
)
def test_security_2_an_encoder_by_a_path_outside_is_not_looked_at(
    saved, tmp_path, monkeypatch, name
):
    change = put(STATE, "encoder", "asked", name)

    def by_name(content):
        change(content)
        content[STATE]["encoder"]["own"] = False

    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    rewritten(open_model(saved("few-shot")), tmp_path / "model", by_name)

    def never(*_, **__):
        pytest.fail("it was looked for")

    monkeypatch.setattr("coterie.encoders.load._find", never)
    monkeypatch.setattr("coterie.encoders.load.find_minilm", never)
    with pytest.raises(StoreError):
        load_classifier(tmp_path / "model")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


UNSAFE = {"pickle", "cPickle", "joblib", "cloudpickle", "dill", "marshal", "shelve", "importlib"}


@pytest.mark.parametrize("room", ["classifiers", "store"])
def test_security_3_no_module_reaches_for_what_can_run_code(room):
    sources = sorted((Path(coterie.__file__).parent / room).rglob("*.py"))
    assert len(sources) > 8
    for path in sources:
        found = {name.split(".")[0] for name in imports(path)} & UNSAFE
        modules = {name for name in imports(path) if name.startswith("importlib.metadata")}
        assert found <= ({"importlib"} if modules else set()), path
        calls = [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        ]
        for call in calls:
            if isinstance(call.func, ast.Attribute):
                owner = getattr(call.func.value, "id", "")
                assert (owner, call.func.attr) not in {("torch", "load"), ("np", "load")}, path
                assert call.func.attr not in ("read_pickle", "to_pickle"), path
            else:
                assert getattr(call.func, "id", "") not in ("eval", "exec", "__import__"), path
