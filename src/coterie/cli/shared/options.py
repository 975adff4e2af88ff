"""The options of `coterie.options` on the command line."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import annotated_types
import typer

from coterie.errors import OptionError
from coterie.options import Options, typed_of

__all__ = ["takes"]

Verb: TypeAlias = Callable[..., None]


def takes(options: type[Options]) -> Callable[[Verb], Verb]:
    """Give a verb all options of a class, which it receives as its argument ``options``.

    Parameters
    ----------
    options
        Their class: its fields say what each is called, what it may be and what it means.
    """

    def make(verb: Verb) -> Verb:
        hints = get_type_hints(verb, include_extras=True)
        own = [
            each.replace(annotation=hints[each.name], kind=inspect.Parameter.KEYWORD_ONLY)
            for each in inspect.signature(verb).parameters.values()
            if each.name != "options"
        ]
        fields = {n: _parameter(n, field) for n, field in options.model_fields.items()}
        once = {n for n, field in options.model_fields.items() if typed_of(field).once}
        typed = {name: each for name, each in fields.items() if each is not None}

        def command(**given: Any) -> None:
            asked = {name: given.pop(name) for name in typed}
            for name in once & asked.keys():
                asked[name] = _single(name, asked[name])
            asked = {name: value for name, value in asked.items() if value not in (None, [], "")}
            verb(options=options(**asked), **given)

        parameters = [*own, *typed.values()]
        command.__doc__ = verb.__doc__
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return make


def _parameter(name: str, field: Any) -> inspect.Parameter | None:
    """Declare a field to the library that reads the command line; None where it is hidden."""
    typed = typed_of(field)
    if typed.hidden:
        return None
    kind, many = _kind(field.annotation)
    limits = {type(each): each for each in field.metadata}
    shown: dict[str, Any] = {}
    if kind in (int, float):
        if annotated_types.Ge in limits:
            shown["min"] = limits[annotated_types.Ge].ge
        if annotated_types.Le in limits:
            shown["max"] = limits[annotated_types.Le].le
    if get_origin(kind) is Literal:  # checked with the other options, which names the nearest
        shown["metavar"] = "|".join(get_args(kind))
        kind = str
    flag = typed.flag or f"--{name.replace('_', '-')}"
    said = field.description.rstrip(".") + ("; repeat it for more." if many else ".")
    default: Any = inspect.Parameter.empty
    if not field.is_required():
        default = None if many or field.default in (None, "") else field.default
    if typed.once:
        shown["metavar"] = "<str>"
    annotation: Any = list[kind] if many or typed.once else kind  # type: ignore[valid-type]
    if default is None:
        annotation = annotation | None
    option = typer.Option(flag, help=said, rich_help_panel=typed.panel, **shown)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[annotation, option],
    )


def _single(name: str, values: list[str] | None) -> str | None:
    if values and len(values) > 1:
        raise OptionError(f"Give --{name} once: {' and '.join(values)} cannot both be used.")
    return values[0] if values else None


def _kind(annotation: Any) -> tuple[Any, bool]:
    """Type of one value, and whether there may be several."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kind(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        kinds = [each for each in get_args(annotation) if each is not types.NoneType]
        return _kind(str if str in kinds else kinds[0])
    if origin is not None and origin is not Literal and issubclass(origin, Sequence):
        return _kind(get_args(annotation)[0])[0], True
    return (str if annotation is Any else annotation), False
