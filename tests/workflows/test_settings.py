"""Recipes as files: what they may say, and the older form of settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from coterie.errors import InputError, OptionError
from coterie.recipes.recipe_files import BUILT_IN, load_recipe

OLD = """
clustering_config:
  access_token: hf_secret_of_mine
  model_name: [tfidf, minilm]
  backend_type: transformers
  clustering_algorithm: kmeans
"""


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_built_in_recipes_are_sound(name: str) -> None:
    settings = load_recipe(name)
    assert settings.data.generate == name
    if settings.outcomes is None:  # which has no texts to look at
        assert settings.explore is not None
        stages = (settings.discover, settings.train, settings.index)
        assert any(stage is not None for stage in stages)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[discover]\ngruops = 3", "'gruops': did you mean 'groups'?"),
        ("[discovery]", "'discovery': did you mean 'discover'?"),
        ("[data]\nzzz = 1", "'zzz': known are source, "),
        ("[assign]\nencoders = ['tfidf']\n[data]\nrows = 0", "'data.rows' cannot be used"),
        ("[discover]\nmethod = 'dbscan'", "'discover.method' cannot be used"),
        ("seed = -1", "'seed' cannot be used"),
    ],
)
def test_what_is_not_known_is_told_with_the_nearest(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(OptionError) as raised:
        load_recipe(_write(tmp_path / "my.toml", text))
    assert said in str(raised.value)
    assert "my.toml" in str(raised.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", "seed = ", "not valid TOML"),
        ("a.yaml", "a: [", "not valid YAML in line 1"),
        ("a.yaml", "just words", "holds no settings"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_one_sentence(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        load_recipe(_write(tmp_path / name, text))


def test_an_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="attendees, clients, sales, support"):
        load_recipe("suport")


def test_overrides_come_last_and_none_is_no_override(tmp_path: Path) -> None:
    mine = _write(tmp_path / "mine.toml", "seed = 3\n[data]\ntext = 'words'")
    over = {"seed": None, "data": {"text": "said", "group": None}}
    settings = load_recipe("attendees", settings=mine, overrides=over)
    assert settings.seed == 3
    assert settings.data.text == ("said",)
    assert settings.data.group == ("BadgeId", "badge_id")


def test_the_older_form_of_settings_is_accepted(tmp_path: Path) -> None:
    old = _write(tmp_path / "config.yaml", OLD)
    settings = load_recipe("attendees", settings=old)
    assert settings.embed.encoder == "tfidf"
    assert settings.assign is not None
    assert settings.assign.encoders == ("tfidf", "minilm")
    assert settings.assign.nomenclature == "attendees"
    if settings.outcomes is None:  # which has no texts to look at
        assert settings.explore is not None
        stages = (settings.discover, settings.train, settings.index)
        assert any(stage is not None for stage in stages)
    assert settings.discover.method == "kmeans"
    assert settings.token is not None
    assert settings.token.get_secret_value() == "hf_secret_of_mine"


def test_the_token_is_shown_nowhere(tmp_path: Path) -> None:
    settings = load_recipe("attendees", settings=_write(tmp_path / "config.yaml", OLD))
    assert "hf_secret" not in repr(settings) + str(settings) + settings.model_dump_json()
    wrong = _write(tmp_path / "wrong.yaml", OLD.replace("hf_secret_of_mine", "[hf_secret]"))
    load_recipe("attendees", settings=wrong)
    with pytest.raises(OptionError) as raised:
        load_recipe(_write(tmp_path / "t.toml", 'token = {hf_secret = "x"}'))
    assert "hf_secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("model_name", "model_names"), "did you mean 'model_name'?"),
        (("transformers", "tensorflow"), "write transformers"),
        (("kmeans", "agglomerative"), "'discover.method' cannot be used"),
    ],
)
def test_the_older_form_is_checked_too(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(OptionError) as raised:
        load_recipe("attendees", settings=_write(tmp_path / "c.yaml", OLD.replace(*change)))
    assert said in str(raised.value)
    assert "hf_secret" not in str(raised.value)
