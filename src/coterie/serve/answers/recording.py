"""What goes into the prediction log of each answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from coterie.errors import CoterieError
from coterie.prediction_log import Entry, PredictionLog
from coterie.serve.figures import Figures

__all__ = ["Recorder"]

_LOG = logging.getLogger("coterie.serve")

_LONGEST = 2.0  # seconds that an answer waits for its entry, when the log is locked: a judgement


class Recorder:
    """Writes answers into the log before they are sent.

    An answer whose entry is not safe within two seconds, as when the disk is full or the log is
    locked, is sent all the same: the
    header ``X-Prediction-Logged`` and the figures say so.

    Parameters
    ----------
    log
        The log; None where nothing is logged.
    figures
        Where what was written is counted.
    masks
        Whether the log masks texts.
    """

    def __init__(self, log: PredictionLog | None, figures: Figures, *, masks: bool = False) -> None:
        self.log, self._figures, self.masks = log, figures, masks
        self.fault = ""

    async def write(self, entries: Sequence[Entry]) -> bool:
        """Write entries, and wait until they are safe; whether they are."""
        if self.log is None or not entries:
            return False
        try:
            # masking texts takes milliseconds, which the other requests would wait for
            queued = (
                await asyncio.to_thread(self.log.write, list(entries))
                if self.masks
                else self.log.write(list(entries))
            )
            written = asyncio.wrap_future(queued)
            written.add_done_callback(_hear)
            await asyncio.wait_for(asyncio.shield(written), _LONGEST)
        except TimeoutError:
            self._figures.log_failures.inc(len(entries))
            self.fault = f"The prediction log takes longer than {_LONGEST:g} seconds."
            return False
        except (CoterieError, OSError) as error:
            self._figures.log_failures.inc(len(entries))
            if str(error) != self.fault:
                _LOG.error("predictions are not logged: %s", error)
            self.fault = str(error)
            return False
        self.fault = ""
        self._figures.logged.inc(len(entries))
        return True


def _hear(written: asyncio.Future[None]) -> None:
    """Take note of an error that nobody waits for any more."""
    if not written.cancelled():
        written.exception()
