"""Options by name: a name that is unknown is an error that names the nearest."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from inspect import Parameter, signature
from typing import Any

from coterie.errors import OptionError

__all__ = ["check_names"]


def check_names(
    names: Iterable[str], *takers: Callable[..., Any], without: Iterable[str] = ()
) -> None:
    """Refuse names that are no parameter of the functions or classes that take them.

    Parameters
    ----------
    names
        As the user gave them.
    *takers
        Each may take some of them.
    without
        Parameters that are not for the user to give.

    Raises
    ------
    OptionError
        When a name is unknown; the message names the nearest.
    """
    parameters = [each for taker in takers for each in signature(taker).parameters.values()]
    known = [
        each.name
        for each in parameters
        if each.kind is not Parameter.VAR_KEYWORD and each.name not in set(without)
    ]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            mend = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
            raise OptionError(f"There is no option {name!r}: {mend}")
