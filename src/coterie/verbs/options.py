"""Options by name: a name that is unknown is an error that names the nearest."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from coterie.errors import OptionError

__all__ = ["check_names"]


def check_names(names: Iterable[str], options: type[Any], *, without: Iterable[str] = ()) -> None:
    """Refuse names that are no field of a dataclass of options.

    Raises
    ------
    OptionError
        When a name is unknown; the message names the nearest.
    """
    known = [field.name for field in fields(options) if field.name not in set(without)]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            mend = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
            raise OptionError(f"There is no option {name!r}: {mend}")
