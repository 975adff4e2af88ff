"""The command line: ``coterie VERB``, one module per verb.

Only the verb that was typed is imported, so that asking for help costs nothing.
"""

from __future__ import annotations

import errno
import io
import os
import shlex
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from coterie.errors import CoterieError, CoterieWarning, OptionError
from coterie.hints import did_you_mean

__all__ = ["VERBS", "command_of", "main"]

VERBS = {
    "generate": "Generate synthetic data to try things on",
    "explore": "Show what is in a table: gaps, duplicates, labels, lengths, words",
    "embed": "Turn each text into a vector",
    "similarity": "Show how alike two ids are",
    "discover": "Find the groups in a table, name them and write a report",
    "name": "Have a language model name the groups of a discovery",
    "segments": "List, rename, merge, split, move and freeze segments",
    "assign": "Assign rows to segments described in words",
    "refresh": "Bring a segmentation up to date with new rows; ids and names stay",
    "suspects": "List the rows whose label other rows contradict",
    "tune": "Fine-tune an encoder on labelled rows, and show what it gained",
    "train": "Train a classifier on labelled rows or segments",
    "predict": "Predict the rows of a table with a saved model",
    "evaluate": "Evaluate saved models on labelled rows, side by side",
    "label": "Choose the rows whose labels would teach a model most",
    "index": "Index rows with their columns, to search them",
    "search": "Search an index in words, by example and by filter",
    "run": "Run a whole recipe: support, attendees, sales, clients, adopters or your own",
    "models": "List models, check them, and go back to an earlier version",
    "studio": "Find groups, look at them and train models in the browser",
    "serve": "Serve models, segments and search over HTTP",
    "mcp": "Give an assistant segments, search and models as tools, over MCP",
    "log": "Show, export, shorten or erase the prediction log of a service",
    "watch": "Say in words how new rows differ from those of the training",
    "retrain": "Train a new version on feedback, and compare it with the active one",
    "transfer": "Move files to and from another machine by SFTP, checked",
    "bench": "Measure how fast a saved model predicts on this machine",
}
"""Every verb in the order of the work, with one line of help."""

_OF_SERVICES = frozenset({"serve", "studio", "mcp", "log", "watch", "refresh", "label", "retrain"})

_HELP = """\
Usage: coterie COMMAND ...

Turn tables of customer text into named groups of people, models that predict, and search.

Commands, in the order of the work:
{verbs}

Without data of your own:
  coterie generate support --out data
  coterie {next} data/messages.csv --text text --out report
  coterie train data/messages.csv --text text --label intent --out model
  coterie index data/messages.csv --text text --out index
  coterie search index "my parcel is late"
The same in the browser:
  coterie studio work

Help for a command: coterie {next} --help
Options:            --version, --debug (show the full traceback of an error)
"""

_STOPPED = 130  # 128 + SIGINT, as a shell says it
_MENDABLE = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        What was typed after ``coterie``; the process's own by default.

    Returns
    -------
    int
        The exit code: 0, 2 for what the user can fix, 1 for a bug in Coterie, 130 when stopped.
    """
    _write_anything()
    typed = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in typed or os.environ.get("COTERIE_DEBUG", "0") not in ("", "0")
    typed = [word for word in typed if word != "--debug"]
    try:
        with _notes(every_warning=debug):
            code = _dispatch(typed)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_the_pipe()
        return 1
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            raise
        code, sentence = _explain(error)
        _say(sentence)
        if isinstance(error, OptionError) and error.instead:
            _say(f"Type: {_mended(typed, error.instead)}")
    return code


def _dispatch(typed: list[str]) -> int:
    if not typed or typed[0] in ("--help", "-h", "help"):
        sys.stdout.write(_help())
        return 0
    if typed[0] == "--version":
        from importlib.metadata import version

        sys.stdout.write(f"coterie {version('coterie')}\n")
        return 0
    verb, *rest = typed
    if verb not in _present():
        raise OptionError(_unknown(verb))
    return _run(verb, rest)


def command_of(verb: str) -> Any:
    """Give a verb's command, or group of commands, as typer reads it."""
    from importlib import import_module

    import typer
    from typer.main import get_command

    module = import_module(_module(verb))
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False)
        app.command()(module.command)
    return get_command(app)


def _run(verb: str, arguments: list[str]) -> int:
    import typer

    command = command_of(verb)
    try:
        code = command(args=arguments, prog_name=f"coterie {verb}", standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    if code == _STOPPED:
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def _present() -> list[str]:
    from importlib.util import find_spec

    return [verb for verb in VERBS if find_spec(_module(verb))]


def _module(verb: str) -> str:
    """Name the module of a verb."""
    return f"coterie.cli.{'service.' if verb in _OF_SERVICES else ''}{verb}"


def _help() -> str:
    present = _present()
    verbs = "\n".join(f"  {verb:<12}{VERBS[verb]}" for verb in present)
    return _HELP.format(verbs=verbs, next="discover" if "discover" in present else "explore")


def _unknown(verb: str) -> str:
    if verb.startswith("-"):
        return f"There is no option {verb} before the command: run coterie --help."
    hint = did_you_mean(verb, _present(), "run coterie --help for the list.")
    return f"There is no command '{verb}': {hint}"


def _explain(error: BaseException) -> tuple[int, str]:
    """Exit code and sentence for what went wrong."""
    if isinstance(error, KeyboardInterrupt):
        return _STOPPED, "Stopped; the same command continues where it was."
    if isinstance(error, CoterieError):
        return error.exit_code, str(error)
    usage: Callable[[], str] | None = getattr(error, "format_message", None)
    if usage is not None:  # the option parser's own errors
        context: Any = getattr(error, "ctx", None)
        hint = f" See {context.command_path} --help." if context is not None else ""
        return 2, f"{usage().rstrip('.')}.{hint}"
    if isinstance(error, OSError) and error.errno in _MENDABLE:
        where = f": {error.filename}" if error.filename else ""
        return 2, f"{error.strerror}{where}."
    return 1, (
        f"This is a bug in Coterie ({type(error).__name__}): please report it, with what the same "
        "command shows with --debug (or COTERIE_DEBUG=1)."
    )


def _mended(typed: Sequence[str], instead: Mapping[str, str]) -> str:
    """Write the command that was typed with other options."""
    kept, skipped = list[str](), False
    for word in typed:
        if skipped:
            skipped = False
        elif word in instead:
            skipped = True
        elif word.partition("=")[0] not in instead:
            kept.append(word)
    return shlex.join(["coterie", *kept, *(word for pair in instead.items() for word in pair)])


@contextmanager
def _notes(*, every_warning: bool) -> Iterator[None]:
    """Show our warnings as plain lines, each once; those of libraries only to find faults."""
    said = set[str]()

    def show(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        if str(message) in said:
            return
        said.add(str(message))
        if issubclass(category, CoterieWarning):
            _say(f"Note: {message}")
        else:
            _say(f"{category.__name__}: {message}")

    with warnings.catch_warnings():
        if not every_warning:
            warnings.simplefilter("ignore")
        warnings.simplefilter("always", CoterieWarning)
        warnings.showwarning = show
        yield


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def _write_anything() -> None:
    """Let a terminal or file whose encoding lacks a character have a question mark for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def _leave_the_pipe() -> None:
    """Keep the interpreter from writing once more, on its way out, to a reader that is gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
