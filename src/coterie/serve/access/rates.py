"""How often each caller may ask: a token bucket a caller, in this process."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from threading import Lock

from coterie.errors import OptionError

__all__ = ["RateLimiter"]

_OTHERS = ""  # the bucket that callers share when there are too many to have one each
_LOOKS = 4  # old buckets looked at for each new one, so that more go than come


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float  # seconds of the clock


class RateLimiter:
    """A limit on how much each caller asks for in a minute.

    A caller has a bucket of ``burst`` tokens, which fills at ``per_minute`` tokens a minute. A
    request takes as many as it costs. What is refused takes none.

    A request that costs more than a full bucket is let through when the bucket is full, and what
    it took is waited for afterwards; so every request is let through in the end, and none lets a
    caller have more than the rate in the long run.

    The limit holds in one process: a service of several workers lets through up to as many times
    as much. Dividing it among them would refuse a caller whose connection stays with one worker.

    Parameters
    ----------
    per_minute
        Tokens that a caller gets back in a minute.
    burst
        Tokens of a full bucket; those of ten seconds, and at least one, by default.
    most
        Callers that have a bucket of their own, some 300 bytes each. Buckets that are full again
        are forgotten; where none is, newcomers share one.
    clock
        Seconds that never go back.

    Raises
    ------
    OptionError
        When a limit is not a positive, finite number.
    """

    def __init__(
        self,
        per_minute: float,
        *,
        burst: float | None = None,
        most: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.per_minute = per_minute
        self.burst = max(1.0, per_minute / 6) if burst is None else burst
        for name, value in (("rate", self.per_minute), ("burst", self.burst), ("most", most)):
            if not (math.isfinite(value) and value > 0):
                raise OptionError(f"The {name} of a limit is {value}: give a number above 0.")
        self._rate = per_minute / 60
        self._most = most
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def take(self, caller: str, cost: float = 1) -> float:
        """Take what a request costs, or say how long to wait.

        Parameters
        ----------
        caller
            Id of a key, or whatever else tells callers apart.
        cost
            Tokens: such as 1, or the number of rows.

        Returns
        -------
        float
            0 where the request may go on, else the seconds after which it may be sent again;
            rounded up, they are the header ``Retry-After``. Another request of the same caller
            may have taken the tokens by then.

        Raises
        ------
        ValueError
            When the cost is not a positive, finite number.
        """
        if not (math.isfinite(cost) and cost > 0):
            raise ValueError(f"a request cannot cost {cost}")
        with self._lock:
            now = self._clock()
            bucket = self._bucket(caller, now)
            bucket.tokens = self._filled(bucket, now)
            bucket.at = now
            missing = min(cost, self.burst) - bucket.tokens
            # what rounding leaves missing is less than a microsecond's tokens
            if missing > self._rate * 1e-6:
                return missing / self._rate
            bucket.tokens -= cost
            return 0.0

    def __len__(self) -> int:
        """Count the buckets that are kept."""
        return len(self._buckets)

    def _bucket(self, caller: str, now: float) -> _Bucket:
        found = self._buckets.get(caller)
        if found is None:
            for oldest in list(islice(self._buckets, _LOOKS)):
                if self._filled(self._buckets[oldest], now) < self.burst:
                    self._buckets.move_to_end(oldest)
                else:
                    del self._buckets[oldest]
            if len(self._buckets) >= self._most:
                caller = _OTHERS
            found = self._buckets.setdefault(caller, _Bucket(self.burst, now))
        self._buckets.move_to_end(caller)
        return found

    def _filled(self, bucket: _Bucket, now: float) -> float:
        return min(self.burst, bucket.tokens + (now - bucket.at) * self._rate)
