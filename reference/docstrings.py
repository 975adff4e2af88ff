"""How docstrings are read for the pages of the reference.

``discover = by_name(discover_with, DiscoverOptions)`` has its docstring and its signature from
the class of the options, when it is imported. All else is read from the source.
"""

from __future__ import annotations

import inspect
import logging
import types
from importlib import import_module
from typing import Annotated, Any, Union, get_args, get_origin

import griffe

__all__ = ["OptionsByName", "WarningsEndTheBuild"]


class _End(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise ValueError(record.getMessage())


class WarningsEndTheBuild(griffe.Extension):
    """Ends the build at a warning about a docstring, which Zensical's strict mode lets pass."""

    def __init__(self) -> None:
        logging.getLogger("mkdocs.plugins").addHandler(_End(logging.WARNING))


class OptionsByName(griffe.Extension):
    """Puts the functions that ``by_name`` makes in the place of the attributes that hold them."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Leave out the mark of a literal block, which Markdown sees by its indentation."""
        if obj.docstring is not None:
            obj.docstring.value = obj.docstring.value.replace("\n\n::\n\n", "\n\n")

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: Any) -> None:
        """Look through the modules and classes of a package that was read."""
        _replace(pkg, loader)


def _replace(parent: griffe.Module | griffe.Class, loader: griffe.GriffeLoader) -> None:
    for name, member in list(parent.members.items()):
        if isinstance(member, griffe.Module | griffe.Class):
            _replace(member, loader)
        elif isinstance(member, griffe.Attribute) and (options := _options(member)):
            made = _function(member, options)
            if made.docstring is not None:
                made.docstring.parser = loader.docstring_parser
                made.docstring.parser_options = loader.docstring_options
            parent.set_member(name, made)


def _options(attribute: griffe.Attribute) -> str | None:
    """Name the class of the options, where ``by_name`` makes the attribute."""
    value = attribute.value
    if isinstance(value, griffe.ExprCall) and str(value.function) == "by_name":
        return str(value.arguments[1])
    return None


def _function(attribute: griffe.Attribute, options: str) -> griffe.Function:
    module = import_module(attribute.module.path)
    owner, made = _owner_and_value(module, attribute)
    fields = getattr(module, options).model_fields
    original = inspect.signature(getattr(owner, f"{attribute.name}_with"))
    function = griffe.Function(
        attribute.name,
        lineno=attribute.lineno,
        endlineno=attribute.endlineno,
        parameters=griffe.Parameters(
            *(_parameter(each, fields) for each in inspect.signature(made).parameters.values())
        ),
        returns=str(original.return_annotation),
        parent=attribute.parent,
    )
    said = inspect.getdoc(made) or ""
    function.docstring = griffe.Docstring(said, lineno=attribute.lineno, parent=function)
    return function


def _owner_and_value(module: types.ModuleType, attribute: griffe.Attribute) -> tuple[Any, Any]:
    owner: Any = module
    if isinstance(attribute.parent, griffe.Class):
        owner = getattr(module, attribute.parent.name)
    return owner, getattr(owner, attribute.name)


def _parameter(given: inspect.Parameter, fields: dict[str, Any]) -> griffe.Parameter:
    field = fields.get(given.name)
    kind = str(given.annotation) if field is None else _written(field.annotation)
    return griffe.Parameter(
        given.name,
        annotation=None if given.annotation is given.empty and field is None else kind,
        kind=griffe.ParameterKind(given.kind.description),
        default=None if given.default is given.empty else repr(given.default),
    )


def _written(annotation: Any) -> str:
    """Write a type as it is in the source, without what validates it."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _written(parts[0])
    if origin in (Union, types.UnionType):
        return " | ".join(_written(part) for part in parts)
    if annotation is type(None):
        return "None"
    if parts:
        return f"{_written(origin)}[{', '.join(_part(part) for part in parts)}]"
    return str(getattr(annotation, "__name__", annotation))


def _part(part: Any) -> str:
    """Write a type within another, or a value of a `Literal`."""
    return repr(part) if isinstance(part, str | int) else _written(part)
