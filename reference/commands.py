"""The options of every command as Markdown, read from the commands themselves."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from coterie.cli import VERBS, command_of

__all__ = ["command_pages", "commands"]

_KINDS = {str: "TEXT", int: "N", float: "NUMBER", Path: "PATH"}


def commands() -> Iterator[tuple[str, Any]]:
    """Yield each command that does something, as it is typed and as the library reads it.

    Yields
    ------
    tuple of str and click.Command
        Such as ``coterie discover`` and ``coterie segments rename``, in the order of the work.
    """
    for verb in VERBS:
        yield from _leaves(f"coterie {verb}", command_of(verb))


def command_pages() -> str:
    """Write a section for each command: what it does, its arguments and its options."""
    return "\n\n".join(_section(name, command) for name, command in commands())


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    parts = getattr(command, "commands", None)
    if parts is None:
        yield name, command
    else:
        for part, below in parts.items():  # nobody types the "start" of serve
            yield from _leaves(name if part == "start" else f"{name} {part}", below)


def _section(name: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    panels = dict[str, list[Any]]()
    for option in options:
        if not option.hidden and option.name != "help":
            panels.setdefault(getattr(option, "rich_help_panel", None) or "", []).append(option)
    usage = " ".join([name, *(_typed(each) for each in arguments), "[OPTIONS]"])
    parts = [f"## {name}", (command.help or "").strip(), f"```text\n{usage}\n```"]
    if arguments:
        parts.append(_table("argument", [(f"`{_typed(each)}`", each) for each in arguments]))
    for panel, members in sorted(panels.items(), key=lambda item: item[0] != ""):
        table = _table("option", [(_flags(each), each) for each in members])
        parts.append(f'??? note "{panel}"\n\n{_indented(table)}' if panel else table)
    return "\n\n".join(parts)


def _table(head: str, rows: list[tuple[str, Any]]) -> str:
    lines = [f"| {head} | meaning | default |", "|---|---|---|"]
    for shown, each in rows:
        said = html.escape(each.help or "", quote=False).replace("\n", " ").replace("|", "&#124;")
        lines.append(f"| {shown} | {said} | {_default(each)} |")
    return "\n".join(lines)


def _typed(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    name = f"{name}..." if argument.nargs != 1 and not name.endswith("...") else name
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _flags(option: Any) -> str:
    kind = "" if option.is_flag else f" {_kind(option)}"
    flags = [*(f"{each}{kind}" for each in option.opts), *option.secondary_opts]
    return ", ".join(f"`{each}`" for each in flags)


def _kind(option: Any) -> str:
    if option.metavar and option.metavar != "<str>":
        return str(option.metavar)
    kind = option.type_descriptor.annotation
    if get_origin(kind) is list:
        kind = get_args(kind)[0]
    if get_origin(kind) is Literal:
        return "|".join(map(str, get_args(kind)))
    return _KINDS[kind]


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if value in (None, "", (), []) or isinstance(value, bool) or callable(value):
        return "yes" if value is True else ""
    return f"`{value}`"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def define_env(env: Any) -> None:
    """Give pages the macro ``commands``, as Zensical asks for it."""
    env.macro(command_pages, "commands")
