"""Text into markup: the one place where escaping and the package's files are handled."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from coterie.formatting import format_number, shorten

__all__ = ["asset", "data_block", "tag", "template", "text_width"]

_BREAKS = re.compile(r"(?<=\w{3})([_/:])(?=\w{3})")
_OPTION = re.compile(r"(?<!\S)(--[a-z][a-z-]*)")
_JSON_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


@cache
def asset(name: str) -> str:
    """Read a style sheet or script of the package."""
    return files("coterie.report.html").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    def load(name: str) -> str:
        return files("coterie.report.html").joinpath("templates", name).read_text(encoding="utf-8")

    environment = Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = format_number
    environment.filters["shorten"] = shorten
    environment.filters["breakable"] = _breakable
    environment.filters["sentence"] = _sentence
    return environment


def _breakable(text: str) -> Markup:
    """Allow a line break after each sign within a name: those of columns and classes are long."""
    return Markup(_BREAKS.sub(r"\1<wbr>", str(escape(text))))  # noqa: S704 - it is escaped


def _sentence(text: str) -> Markup:
    """Keep an option of the command line such as ``--finer`` on one line."""
    return Markup(_OPTION.sub(r'<span class="option">\1</span>', str(escape(text))))  # noqa: S704 - it is escaped


def template(name: str, **values: object) -> Markup:
    """Fill a template of the package; every value that is not markup already is escaped."""
    return Markup(_environment().get_template(name).render(**values))  # noqa: S704 - autoescaped


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Write one element, with its children and attributes escaped.

    Parameters
    ----------
    name
        Name of the element, such as ``"rect"``.
    *children
        Markup is kept, anything else is escaped.
    **attributes
        ``class_`` becomes ``class`` and ``stroke_width`` ``stroke-width``; None and False are
        left out, True is written without a value.
    """
    written = "".join(
        _attribute(key, value)
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    inside = "".join(map(escape, children))
    return Markup(f"<{name}{written}>{inside}</{name}>")  # noqa: S704 - every part is escaped


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    if isinstance(value, float):
        value = f"{value:.2f}".rstrip("0").rstrip(".")
    return f' {name}="{escape(value)}"'


def data_block(identity: str, data: object) -> Markup:
    """Write data for a script as a JSON block that no text in it can end or open."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    block = '<script type="application/json" id="{}">{}</script>'
    return Markup(block).format(identity, Markup(text.translate(_JSON_ESCAPES)))  # noqa: S704


def text_width(text: str, size: float = 11.5) -> float:
    """Estimate the width of a text in px, in the wider of the usual fonts.

    Parameters
    ----------
    text
        One line.
    size
        Size of the font in px.
    """
    wide, narrow = set("mwMW_%@"), set("iljftI.,;:'|! ")
    ems = sum(
        0.36 if letter in narrow else 0.74 if letter.isupper() or letter in wide else 0.6
        for letter in text
    )
    return ems * size
