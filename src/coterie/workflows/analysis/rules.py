"""Rules of recommendations: a table that a person of the business edits, read from TOML."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from coterie.errors import InputError, OptionError
from coterie.hints import did_you_mean
from coterie.options import RuleSettings, RulesSettings, SentimentSettings

__all__ = ["Rules", "load_rules", "rules_of"]

_PACKAGED = {"sales": "sales.toml"}
_TABLE = "recommendation"
_HEAD = re.compile(rf"\s*\[\[\s*{_TABLE}\s*\]\]\s*(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules, the most urgent first, and how the sentiment is read.

    Attributes
    ----------
    rules
        By priority, and then in the order of the file.
    sentiment
        Whose sentiment counts, and which words say nothing of it.
    source
        Where they are from, for messages.
    lines
        Id of a rule to the line of the file that it begins in; empty where that is not known.
    toml
        The table as it was written.
    """

    rules: tuple[RuleSettings, ...]
    sentiment: SentimentSettings
    source: str
    lines: Mapping[str, int]
    toml: str

    def __len__(self) -> int:
        return len(self.rules)

    def where(self, rule: RuleSettings) -> str:
        """Say where a rule stands, at the beginning of a sentence."""
        line = self.lines.get(rule.id)
        return f"{self.source}{'' if line is None else f', line {line}'}: the rule '{rule.id}'"


def load_rules(path: str | Path) -> Rules:
    """Read a table of rules.

    Parameters
    ----------
    path
        A TOML file, or ``"sales"`` for those that come with the recipe of that name.

    Raises
    ------
    InputError
        When the file is absent, or is no TOML; the message names the line.
    OptionError
        When a key is unknown, with the nearest known one, or a rule lacks something or is there
        twice. Conditions are checked where the columns are known, see
        `coterie.workflows.analysis.firing.bind_rules`.
    """
    packaged = _PACKAGED.get(str(path))
    file = resources.files(__package__) / packaged if packaged else Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        known = ", ".join(_PACKAGED)
        hint = did_you_mean(str(path), list(_PACKAGED), f"write a TOML file, or name {known}.")
        raise InputError(f"There are no rules {path}: {hint}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML ({error}): correct that line.") from None
    source = f"the rules {path}" if packaged else str(path)
    return _checked(raw, source, text)


def rules_of(
    named: str | None,
    rules: Sequence[RuleSettings] = (),
    sentiment: SentimentSettings | None = None,
) -> Rules | None:
    """Give the rules that a recipe names, or those that stand in it; None where it has neither.

    Raises
    ------
    OptionError
        When it has both.
    """
    if named is not None:
        if rules or sentiment is not None:
            raise OptionError(
                "[analysis] names rules and holds some too: move these into the file, or leave "
                "'rules' out."
            )
        return load_rules(named)
    if not rules and sentiment is None:
        return None
    settings = RulesSettings(
        recommendation=rules, **({"sentiment": sentiment} if sentiment else {})
    )
    return _made(settings, "[analysis] of the recipe", _written(settings), {})


def _checked(raw: Mapping[str, Any], source: str, text: str) -> Rules:
    starts = [number for number, line in enumerate(text.splitlines(), 1) if _HEAD.fullmatch(line)]
    given = raw.get(_TABLE)
    if not isinstance(given, list) or len(given) != len(starts):
        starts = []  # written in another way, so that no line is known
    try:
        settings = RulesSettings.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise OptionError(_complaint(first, source, text, starts)) from None
    lines = {rule.id: line for rule, line in zip(settings.recommendation, starts, strict=False)}
    return _made(settings, source, text, lines)


def _made(settings: RulesSettings, source: str, text: str, lines: Mapping[str, int]) -> Rules:
    seen = set[str]()
    ordered = sorted(settings.recommendation, key=lambda rule: -rule.priority)
    made = Rules(tuple(ordered), settings.sentiment, source, lines, text)
    for rule in settings.recommendation:
        if rule.id in seen:
            raise OptionError(f"{made.where(rule)} is there twice: give one of them another id.")
        seen.add(rule.id)
        if rule.when is None and not rule.says:
            raise OptionError(
                f'{made.where(rule)} does not say when it applies: give it a filter, when = "…", '
                'or words, says = ["…"].'
            )
        if any(not any(map(str.isalnum, words)) for words in rule.says):
            raise OptionError(f"{made.where(rule)} looks for a word without a letter: correct it.")
    return made


def _complaint(error: Mapping[str, Any], source: str, text: str, starts: Sequence[int]) -> str:
    """Write one sentence for what was found first, with its line where that is known."""
    place = error["loc"]
    number = next((part for part in place if isinstance(part, int)), None)
    key = str(place[-1])
    line, called = "", ""
    if number is not None:
        called = f"rule {number + 1}, "
        if starts:
            line = f", line {_line_of(key, starts[number], starts, text)}"
    if error["type"] == "extra_forbidden":
        known = [*_form_at(place[:-1]).model_fields]
        hint = did_you_mean(key, known, f"the keys are {', '.join(known)}.")
        return f"{source}{line}: {called}unknown key '{key}': {hint}"
    if error["type"] == "missing":
        return f"{source}{line}: {called}the key '{key}' is missing: add it."
    named = next((str(part) for part in reversed(place) if isinstance(part, str)), key)
    said = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{source}{line}: {called}'{named}' cannot be used: {said[:1].lower()}{said[1:]}."


def _line_of(key: str, start: int, starts: Sequence[int], text: str) -> int:
    """Find the line of a key of the rule that begins in line ``start``; else that line."""
    end = next((other for other in starts if other > start), None)
    lines = text.splitlines()[start : None if end is None else end - 1]
    pattern = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    return next((start + n for n, line in enumerate(lines, 1) if pattern.match(line)), start)


def _form_at(place: Sequence[int | str]) -> type[BaseModel]:
    first = next(iter(place), None)
    if first == _TABLE:
        return RuleSettings
    return SentimentSettings if first == "sentiment" else RulesSettings


def _written(settings: RulesSettings) -> str:
    """Write rules as TOML; its strings and lists are those of JSON."""
    said = settings.model_dump(exclude_defaults=True, mode="json")
    parts = []
    if sentiment := said.get("sentiment"):
        parts.append(_table("[sentiment]", sentiment))
    parts += [_table(f"[[{_TABLE}]]", rule) for rule in said.get(_TABLE, ())]
    return "\n".join(parts)


def _table(head: str, values: Mapping[str, Any]) -> str:
    pairs = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    return "\n".join([head, *pairs, ""])
