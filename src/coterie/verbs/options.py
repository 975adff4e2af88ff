"""Functions that take their options by name, each declared once in `coterie.options`."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from pydantic.fields import FieldInfo

from coterie.options import OptionsT, typed_of

__all__ = ["by_name"]

P = ParamSpec("P")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
R = TypeVar("R")


@overload
def by_name(
    function: Callable[[A, OptionsT], R], options: Callable[P, OptionsT]
) -> Callable[Concatenate[A, P], R]: ...


@overload
def by_name(
    function: Callable[[A, B, OptionsT], R], options: Callable[P, OptionsT]
) -> Callable[Concatenate[A, B, P], R]: ...


@overload
def by_name(
    function: Callable[[A, B, C, OptionsT], R], options: Callable[P, OptionsT]
) -> Callable[Concatenate[A, B, C, P], R]: ...


def by_name(function: Callable[..., Any], options: Any) -> Callable[..., Any]:
    """Make the function that a user calls, with options by name.

    Parameters
    ----------
    function
        Takes what it works on and, at last, an object of options. Without its ending ``_with``,
        its name is that of the function made.
    options
        The class of the options.

    Returns
    -------
    callable
        With the signature and the docstring that editors and ``help`` show: ``Parameters`` lists
        the options. What it works on may be left out where it may be None.
    """
    fields = dict(sorted(options.model_fields.items(), key=_place))
    own = list(inspect.signature(function, eval_str=False).parameters.values())[:-1]
    own = [each.replace(default=None) if _may_be_none(each) else each for each in own]

    def called(*args: Any, **given: Any) -> Any:
        missing = own[len(args) :]
        filled = [given.pop(each.name, None) for each in missing if each.default is None]
        return function(*args, *filled, options(**given))

    named = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, **_default_of(field))
        for name, field in fields.items()
    ]
    called.__signature__ = inspect.Signature([*own, *named])  # type: ignore[attr-defined]
    called.__name__ = called.__qualname__ = function.__name__.removesuffix("_with")
    called.__module__ = function.__module__
    called.__doc__ = _documented(inspect.getdoc(function) or "", fields)
    return called


def _may_be_none(parameter: inspect.Parameter) -> bool:
    """Whether what a function works on may be left out."""
    return str(parameter.annotation).endswith("| None")


def _default_of(field: FieldInfo) -> dict[str, Any]:
    return {} if field.is_required() else {"default": field.default}


def _place(option: tuple[str, FieldInfo]) -> tuple[bool, bool]:
    """Put what is used most first: what has no heading of its own in the help."""
    typed = typed_of(option[1])
    return typed.hidden, typed.panel is not None


def _documented(doc: str, fields: Mapping[str, FieldInfo]) -> str:
    """Put the options in the place of the parameter ``options``."""
    before, mark, after = doc.partition("\noptions\n")
    _, end, rest = after.partition("\n\n")
    lines = []
    for name, field in fields.items():
        lines.append(name)
        said = field.description or ""
        lines += textwrap.wrap(said, 96, initial_indent="    ", subsequent_indent="    ")
    return "".join([before, "\n" if mark else "\n\n", "\n".join(lines), end, rest])
