"""What changed in the logged rows since the training, in words; at most once a minute."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from coterie.errors import UserError
from coterie.options import WatchOptions
from coterie.pages.watching.page import watch_page
from coterie.serve.answers.served import Served
from coterie.verbs.service.watching import watch_with

__all__ = ["Drift"]

_AGAIN = 60.0  # seconds for which an answer is used again: a judgement, a watch reads the whole log


@dataclass(slots=True)
class Drift:
    """The watch of one log.

    Attributes
    ----------
    log
        File or URL of the prediction log; None where nothing is logged.
    """

    log: str | None
    _kept: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)

    def show(self, served: Served) -> dict[str, Any]:
        """Say what changed in the rows that a model was asked about.

        Returns
        -------
        dict
            ``available``, whether it can be said; ``reason``, why not; ``words``, a sentence for
            each change; ``page``, the blocks of the page that ``coterie watch`` writes.
        """
        if self.log is None:
            return _unavailable("Nothing is logged by this service: start it without --log none.")
        at, found = self._kept.get(served.label, (0.0, {}))
        if found and time.monotonic() - at < _AGAIN:
            return found
        try:
            watched = watch_with(None, WatchOptions(model=served.model.home, log=self.log))
            found = {
                "available": True,
                "reason": "",
                "words": [watched.result.headline, *watched.sentences],
                "page": watch_page(watched.result).to_dict(),
            }
        except UserError as error:
            found = _unavailable(str(error))
        self._kept[served.label] = (time.monotonic(), found)
        return found


def _unavailable(reason: str) -> dict[str, Any]:
    return {"available": False, "reason": reason, "words": [], "page": None}
