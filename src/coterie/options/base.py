"""What options are made of: a field each, with its type, its limits and what it means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Self,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
)

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import ErrorDetails

from coterie.errors import OptionError
from coterie.hints import did_you_mean

__all__ = [
    "CacheOptions",
    "CorrectionSettings",
    "Names",
    "Options",
    "OptionsT",
    "PageOptions",
    "PythonOnly",
    "Reads",
    "SeedOptions",
    "Token",
    "Typed",
    "typed_of",
]

OptionsT = TypeVar("OptionsT", bound="Options")


@dataclass(frozen=True, slots=True)
class Typed:
    """How an option is typed on the command line, where its name does not say so.

    Attributes
    ----------
    flag
        Such as ``"--label"``, or ``"--numbers/--classes"``.
    panel
        Heading of the help that it stands under.
    hidden
        Whether the command line does not have it.
    once
        Whether to refuse a second one, which would silently take the place of the first.
    """

    flag: str = ""
    panel: str | None = None
    hidden: bool = False
    once: bool = False


@dataclass(frozen=True, slots=True)
class Reads:
    """Marks an option whose value may be the path of something that is read."""


PythonOnly = Typed(hidden=True)
"""Marks an option that only Python and recipes have."""


def _as_names(given: Any) -> Any:
    if isinstance(given, str):
        return (given,)
    return tuple(given) if isinstance(given, Iterable) else given


Names: TypeAlias = Annotated[Sequence[str], BeforeValidator(_as_names)]
"""Several names, kept as a tuple; a single one can be given as it is."""


Token: TypeAlias = Annotated[
    SkipJsonSchema[str | None],
    PythonOnly,
    Field(
        exclude=True,
        repr=False,
        description="Hub token for an encoder behind a licence; it is written nowhere.",
    ),
]
"""A secret: it is in no schema, no file and no message."""


if TYPE_CHECKING:  # type checkers make the signature of the fields
    _Checked: TypeAlias = BaseModel
else:

    class _Maker(type(BaseModel)):
        def __call__(cls, **given):
            try:
                return super().__call__(**given)
            except ValidationError as error:
                raise OptionError(_complaint(cls, error.errors(include_url=False)[0])) from None

    class _Checked(BaseModel, metaclass=_Maker):
        """A model whose errors are those of a user's options, where it is made by name."""


def typed_of(field: FieldInfo) -> Typed:
    """How a field is typed on the command line."""
    return next((each for each in field.metadata if isinstance(each, Typed)), Typed())


class Options(_Checked):
    """Options of one thing that a user can ask for: frozen, and checked when they are made.

    Raises
    ------
    OptionError
        When one is unknown, which names the nearest, or is outside its limits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    def given(self) -> dict[str, Any]:
        """Options that are not as they are by default, by name."""
        fields = type(self).model_fields
        values = {name: getattr(self, name) for name in fields}
        return {n: v for n, v in values.items() if not _is_default(v, fields[n].default)}

    def sources(self) -> list[Any]:
        """Values of all options given that may be paths of what is read."""
        found: list[Any] = []
        for name, value in self.given().items():
            if any(isinstance(each, Reads) for each in type(self).model_fields[name].metadata):
                found += value if isinstance(value, list | tuple) else [value]
        return found

    def changed(self, **options: Any) -> Self:
        """Give the same options but for some."""
        return type(self)(**{**self.given(), **options})

    def part(self, kind: type[OptionsT], **options: Any) -> OptionsT:
        """Give those of these options that ``kind`` has too, and others."""
        shared = kind.model_fields.keys() & type(self).model_fields.keys()
        asked = {name: value for name, value in self.given().items() if name in shared}
        return kind(**{**asked, **options})


class SeedOptions(Options):
    """A seed."""

    seed: int = Field(
        default=0, ge=0, description="Random seed: the same seed gives the same result."
    )


class PageOptions(Options):
    """What a page that anybody may see does not show by default."""

    show_personal: bool = Field(
        default=False,
        description="Show personal data on pages and in examples of groups: e-mail addresses, "
        "phone, card, account and IP numbers, keys and passwords are masked otherwise.",
    )


class CorrectionSettings(Options):
    """What a person says of labels that the data contradicts."""

    corrections: Annotated[Path | None, Reads()] = Field(
        default=None,
        description="A suspects.csv of coterie suspects or tune, with its action column filled in: "
        "keep, drop or fix.",
    )


class CacheOptions(Options):
    """Where vectors are kept."""

    cache: Annotated[SkipJsonSchema[Any], PythonOnly] = Field(
        default=None,
        exclude=True,
        repr=False,
        description="`coterie.EmbeddingCache` where vectors are kept; the user's own when None.",
    )


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, int | str | tuple) and value == default)


def _complaint(model: type[BaseModel], error: ErrorDetails) -> str:
    name = ".".join(map(str, error["loc"]))
    said = error["msg"].removeprefix("Value error, ").rstrip(".")
    if error["type"] == "extra_forbidden":
        known = list(model.model_fields)
        hint = did_you_mean(name, known, f"known are {', '.join(known)}.")
        return f"There is no option '{name}': {hint}"
    if error["type"] == "literal_error" and isinstance(error["input"], str):
        choices = get_args(_literal(model.model_fields[name].annotation))
        hint = did_you_mean(error["input"], choices, f"choose one of {', '.join(choices)}.")
        return f"There is no {name} '{error['input']}': {hint}"
    if error["type"] == "missing":
        return f"The option '{name}' is missing: give it."
    if error["type"] == "value_error" and isinstance(error["ctx"]["error"], OptionError):
        return f"{name}: {said}." if name else f"{said}."  # a sentence of ours
    value = error["input"]  # others may hold a password
    what = f"is {value}" if isinstance(value, int | float) else "cannot be used"
    return f"'{name}' {what}: {said[:1].lower()}{said[1:]}."


def _literal(annotation: Any) -> Any:
    """Find the choices of an option, beside which None may be."""
    if get_origin(annotation) is Literal:
        return annotation
    return next((found for each in get_args(annotation) if (found := _literal(each))), None)
