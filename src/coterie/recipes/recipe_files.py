"""Recipes as files: the built-in ones, TOML and YAML, and the older form of settings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from coterie.errors import InputError, OptionError
from coterie.recipes.settings import RecipeSettings, check_settings, unknown_key

__all__ = ["BUILT_IN", "load_recipe"]

BUILT_IN = ("adopters", "attendees", "clients", "sales", "support")

_OLD = "clustering_config"
_OLD_KEYS = ("access_token", "model_name", "backend_type", "clustering_algorithm")


def load_recipe(
    recipe: str | Path | None,
    *,
    settings: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> RecipeSettings:
    """Read a recipe, put settings and overrides over it, and check the whole.

    Parameters
    ----------
    recipe
        A name of `BUILT_IN`, or a TOML or YAML file. None takes the settings as the recipe; those
        of the older form alone, without a table ``data``, are put over ``attendees``.
    settings
        A further file whose keys take the place of the recipe's. Both may hold the form
        ``clustering_config: {access_token, model_name: [...], backend_type: transformers,
        clustering_algorithm: kmeans}``: the first model embeds for the groups, all of them are
        compared where the recipe assigns, and the algorithm is the method of discovery.
    overrides
        Keys that take the place of both, nested as in the file; None values are left out.

    Raises
    ------
    InputError
        When a file is absent or cannot be parsed.
    OptionError
        When a key or value is not allowed.
    """
    if recipe is None:
        recipe, settings = _recipe_of(settings)
    source = Path(recipe).name
    raw = _read(recipe)
    for more in (None if settings is None else _read(settings), overrides):
        raw = _over(raw, more or {})
    if raw.get("assign") and "nomenclature" not in raw["assign"]:
        del raw["assign"]  # encoders to compare, in a recipe that assigns nothing
    return check_settings(raw, f"the recipe {source}")


def _recipe_of(settings: str | Path | None) -> tuple[str | Path, str | Path | None]:
    """Take settings as a recipe, or as those of the recipe that their form was made for."""
    if settings is None:
        raise OptionError("There is no recipe: name one, or a file of settings.")
    return (settings, None) if "data" in _read(settings) else ("attendees", settings)


def _read(recipe: str | Path) -> dict[str, Any]:
    if str(recipe) in BUILT_IN:
        text = files("coterie.recipes").joinpath(f"{recipe}.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)
    path = Path(recipe)
    if not path.is_file():
        raise InputError(
            f"There is no recipe '{recipe}': name {', '.join(BUILT_IN)}, or a .toml or .yaml file."
        )
    parsed = _parse(path)
    if not isinstance(parsed, dict):
        raise InputError(f"{path.name} holds no settings: it needs tables such as [data].")
    return _modern(parsed, path.name) if _OLD in parsed else parsed


def _parse(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() not in (".yaml", ".yml"):
            return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text: save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path.name} is not valid TOML: {error}.") from error
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f" in line {mark.line + 1}"
        raise InputError(f"{path.name} is not valid YAML{place}: correct it.") from None


def _modern(raw: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Say in today's keys what the form ``clustering_config`` says."""
    old = raw[_OLD]
    if not isinstance(old, dict):
        raise OptionError(f"'{_OLD}' of {source} holds no keys: give {', '.join(_OLD_KEYS)}.")
    for key in old:
        if key not in _OLD_KEYS:
            raise OptionError(unknown_key(str(key), [_OLD], _OLD_KEYS, source))
    backend = old.get("backend_type") or "transformers"
    if backend != "transformers":
        raise OptionError(
            f"The backend_type of {source} is not one that Coterie has: write transformers."
        )
    models = old.get("model_name") or []
    models = [models] if isinstance(models, str) else models
    new: dict[str, Any] = {}
    if models:
        new |= {"embed": {"encoder": models[0]}, "assign": {"encoders": models}}
    if old.get("clustering_algorithm"):
        new["discover"] = {"method": old["clustering_algorithm"]}
    if old.get("access_token"):
        new["token"] = str(old["access_token"])
    return _over(new, {key: value for key, value in raw.items() if key != _OLD})


def _over(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Put one nesting of keys over another."""
    merged = dict(base)
    for key, value in top.items():
        if value is None:
            continue
        known = merged.get(key)
        if isinstance(value, Mapping):
            merged[key] = _over(known if isinstance(known, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged
