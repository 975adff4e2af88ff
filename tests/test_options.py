"""Options are declared once: Python, the command line, recipes and schemas follow."""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from typing import Any

import pytest
import typer
from typer.main import get_command

import coterie
from coterie import options as declared
from coterie.cli import _module
from coterie.errors import OptionError
from coterie.options import DiscoverOptions, Options, TrainOptions, TuneOptions, typed_of
from coterie.recipes.settings import RecipeSettings
from coterie.verbs.model import Model

VERBS: dict[str, tuple[Any, type[Options]]] = {
    "assign": (coterie.assign, declared.AssignOptions),
    "discover": (coterie.discover, declared.DiscoverOptions),
    "evaluate": (coterie.evaluate, declared.EvaluateOptions),
    "explore": (coterie.explore, declared.ExploreOptions),
    "predict": (Model.predict, declared.PredictOptions),
    "refresh": (coterie.refresh, declared.RefreshOptions),
    "similarity": (coterie.similarity, declared.SimilarityOptions),
    "suspects": (coterie.suspects, declared.SuspectsOptions),
    "train": (coterie.train, declared.TrainOptions),
    "tune": (coterie.tune, declared.TuneOptions),
    "index": (coterie.index, declared.IndexOptions),
    "retrain": (coterie.retrain, declared.RetrainOptions),
    "to_label": (coterie.to_label, declared.LabellingOptions),
    "watch": (coterie.watch, declared.WatchOptions),
    "push": (coterie.push, declared.TransferOptions),
    "pull": (coterie.pull, declared.TransferOptions),
}
ON_THE_COMMAND_LINE = {"embed": declared.EmbedOptions, "run": declared.RunOptions} | {
    {"to_label": "label", "push": "transfer push", "pull": "transfer pull"}.get(verb, verb): kind
    for verb, (_, kind) in VERBS.items()
}
ALL = [each for each in vars(declared).values() if inspect.isclass(each)]
KINDS = [each for each in ALL if issubclass(each, Options)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_option_says_what_it_means_and_has_a_schema(kind: type[Options]) -> None:
    assert all(field.description for field in kind.model_fields.values())
    schema = kind.model_json_schema()
    json.dumps(schema)
    secret = {"cache", "token"} & set(kind.model_fields)
    assert set(schema["properties"]) == set(kind.model_fields) - secret


@pytest.mark.parametrize("verb", VERBS)
def test_python_takes_the_options_by_name_and_lists_them(verb: str) -> None:
    function, kind = VERBS[verb]
    parameters = inspect.signature(function).parameters.values()
    named = {each.name: each for each in parameters if each.kind is each.KEYWORD_ONLY}
    assert set(named) == set(kind.model_fields)
    for name, field in kind.model_fields.items():
        missing = field.is_required()
        assert named[name].default == (inspect.Parameter.empty if missing else field.default)
        assert f"\n{name}\n    " in inspect.getdoc(function)  # type: ignore[operator]
    assert function.__name__ == verb


@pytest.mark.parametrize("verb", ON_THE_COMMAND_LINE)
def test_the_command_line_takes_the_same_options(verb: str) -> None:
    name, _, part = verb.partition(" ")
    module = import_module(_module(name))
    if part:
        command = get_command(module.app).commands[part]  # type: ignore[attr-defined]
    else:
        app = typer.Typer()
        app.command()(module.command)
        command = get_command(app)
    known = {each.name: each for each in command.params}
    for name, field in ON_THE_COMMAND_LINE[verb].model_fields.items():
        typed = typed_of(field)
        assert (name not in known) is typed.hidden
        if not typed.hidden:
            flag = (typed.flag or f"--{name.replace('_', '-')}").partition("/")[0]
            assert flag in known[name].opts
            assert known[name].required is field.is_required()


def test_stages_of_recipes_take_the_options_of_verbs() -> None:
    stages = {"explore": "ExploreOptions", "discover": "DiscoverOptions", "tune": "TuneOptions"}
    for stage, verb in stages.items():
        settings = RecipeSettings(**{stage: {}})
        made = getattr(settings, stage).part(getattr(declared, verb), seed=3)
        assert made == getattr(declared, verb)(seed=3)


@pytest.mark.parametrize(
    ("given", "matters"),
    [
        ({"encodr": "minilm"}, "'encoder'"),
        ({"zzz": 1}, "'zzz'"),
        ({"seed": -1}, "'seed' is -1"),
        ({"method": "hdbscn"}, "hdbscan"),
        ({"method": "zzz"}, "kmeans"),
        ({"order": "day"}, "'order'"),
        ({"labels": 3}, "'labels'"),
    ],
)
def test_what_is_not_allowed_is_one_sentence(given: dict[str, Any], matters: str) -> None:
    with pytest.raises(OptionError, match=matters) as caught:
        DiscoverOptions(**given)
    assert "\n" not in str(caught.value)


def test_a_required_option_is_named() -> None:
    with pytest.raises(OptionError, match="'segments'"):
        declared.AssignOptions()  # type: ignore[call-arg]


def test_secrets_are_not_shown() -> None:
    options = TuneOptions(token="hf_secret", label="intent")
    assert "hf_secret" not in repr(options) + str(options) + options.model_dump_json()
    with pytest.raises(OptionError) as caught:
        TuneOptions(token=["hf_secret"])  # type: ignore[arg-type]
    assert "hf_secret" not in str(caught.value)


def test_parts_and_changes_keep_what_was_given() -> None:
    options = TrainOptions(text="said", label="want", model="mlp", members="linear", seed=2)
    assert options.members == ("linear",)
    assert options.given() == {
        "text": "said", "label": "want", "model": "mlp", "members": ("linear",), "seed": 2,
    }  # fmt: skip
    assert options.changed(seed=3).given() == {**options.given(), "seed": 3}
    plan = options.plan(context=("city",))
    assert (plan.model, plan.seed, plan.context) == ("mlp", 2, ("city",))
    with pytest.raises(ValueError, match="frozen"):
        options.seed = 4
