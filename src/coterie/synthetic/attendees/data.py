"""Badges of a trade fair: where each person went, what they said, and how they behave.

What a person does follows from the behaviour by the tables of ``behaviour.toml``, each value on its
own and with noise, so that the behaviour can be known from what is seen only up to a point, and
that point can be computed: see `AttendeeData.ceiling`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.synthetic.attendees.behaviour import Behaviours, read_behaviours
from coterie.synthetic.attendees.show import open_show
from coterie.synthetic.attendees.visitor import Badge, PersonWriter, Session, collect_words
from coterie.synthetic.checks import check_size
from coterie.synthetic.draws import Draws

__all__ = ["NOISE", "AttendeeData", "Badge", "Session", "generate_attendees", "iter_attendees"]

NOISE = 0.15
"""Chance that one thing a person does or says is as if they were of any behaviour.

A judgement: with it the best accuracy that any model can have is some 0.90.
"""

_BLOCK = 1000  # badges; another number gives other badges for the same seed


@dataclass(frozen=True)
class AttendeeData:
    """Badges and how each behaves.

    Attributes
    ----------
    badges
        At least one record for each badge; the records of a badge follow each other.
    labels
        Columns ``BadgeId`` and ``ClusterId`` (name of the behaviour), one row for each badge.
    posterior
        Shape (n, k), float64: chance of each of ``classes`` given all that was drawn for the badge
        and can be seen in its records, by Bayes' rule.
    classes
        The k behaviours.
    """

    badges: list[Badge]
    labels: pd.DataFrame
    posterior: npt.NDArray[np.float64]
    classes: tuple[str, ...]

    @property
    def ceiling(self) -> float:
        """The best accuracy that any model can have, by Bayes' rule on how the data was made."""
        return float(self.posterior.max(axis=1).mean())


def generate_attendees(
    badges: int, *, seed: int = 0, leave_out: Sequence[str] = (), noise: float = NOISE
) -> AttendeeData:
    """Generate the badges of a trade fair.

    Time and memory grow linearly with ``badges``; `iter_attendees` holds 1,000 at a time.

    Parameters
    ----------
    badges
        How many, at least 1.
    seed
        Not negative. The same seed and numbers give the same badges on every machine, for the same
        version of Faker.
    leave_out
        Behaviours to leave out, such as ``["Sourcing: Deciding"]``.
    noise
        From 0, where everything follows from the behaviour's own table, to 1, where nothing does.

    Returns
    -------
    AttendeeData
        No text names a behaviour.

    Raises
    ------
    OptionError
        When a number is out of range, a behaviour is not known, or fewer than two are left.
    """
    parts = list(iter_attendees(badges, seed=seed, leave_out=leave_out, noise=noise))
    return AttendeeData(
        badges=[badge for part in parts for badge in part.badges],
        labels=pd.concat([part.labels for part in parts], ignore_index=True),
        posterior=np.vstack([part.posterior for part in parts]),
        classes=parts[0].classes,
    )


def iter_attendees(
    badges: int, *, seed: int = 0, leave_out: Sequence[str] = (), noise: float = NOISE
) -> Iterator[AttendeeData]:
    """Generate badges block by block; see `generate_attendees`.

    Yields
    ------
    AttendeeData of at most 1,000 badges
        Together the badges of `generate_attendees`. Blocks do not depend on how many follow.
    """
    check_size(badges, seed)
    return _blocks(badges, seed, read_behaviours(noise, leave_out))


def _blocks(badges: int, seed: int, known: Behaviours) -> Iterator[AttendeeData]:
    show = open_show(seed)
    words = collect_words(seed, show)
    for start in range(0, badges, _BLOCK):
        writer = PersonWriter(known, show, words, Draws(seed, 11, start))
        numbers = range(start, min(start + _BLOCK, badges))
        people_ = [writer.person(f"BadgeId_{number + 1:06d}") for number in numbers]
        yield AttendeeData(
            badges=[record for person in people_ for record in person.records],
            labels=pd.DataFrame(
                [(person.records[0]["BadgeId"], person.behaviour) for person in people_],
                columns=["BadgeId", "ClusterId"],
            ),
            posterior=np.array([person.posterior for person in people_]),
            classes=known.names,
        )
