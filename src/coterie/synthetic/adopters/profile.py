"""One profile: the traits of a person as the columns have them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from coterie.synthetic.adopters.causes import Effect, Person
from coterie.synthetic.adopters.story import tell
from coterie.synthetic.content import read_content
from coterie.synthetic.draws import Draws
from coterie.synthetic.people import draw_names

__all__ = ["Profile", "ProfileWriter"]

Profile = dict[str, str | int | None]

# Judgements, not measured.
_COMMON_ROLE = 0.27  # roles that every sector has
_OTHER_ROLE = 0.04  # roles of another sector
_MOVED = 0.1  # people with a name that is usual elsewhere
_STRAY = 0.015  # amounts that do not fit the level of the budget
_ROUND = 0.75  # amounts with two digits that are not zero
_FIRST_JOB = (17, 27)
_JOINED = (date(2021, 1, 1), date(2026, 1, 1))
_EARLY = {"strong": 1.5, "fair": 1.0, "weak": 0.75}  # who is open to new things joined sooner


class ProfileWriter:
    """Writes the profiles of one block; ``seed`` is that of the names."""

    def __init__(self, known: Mapping[str, Effect], seed: int, draws: Draws) -> None:
        self._known, self._seed, self._draws = known, seed, draws
        words = read_content("adopters/words")
        self._locales: dict[str, str] = words["locale"]
        self._roles: dict[str, dict[str, list[str]]] = words["role"]
        causes = read_content("adopters/causes")
        self._amounts, self._missing = causes["amount"], causes["missing"]

    def profile(self, category: int) -> tuple[Profile, Person]:
        """Make up a person of a category: an index in `CATEGORIES`."""
        draws = self._draws
        person = Person(self._known, category, draws)
        first, last = self._name(person.has("country"))
        age = self._age(person.has("age_group"))
        interests = self._interests(person)
        cells: Profile = {
            "name": f"{first} {last}",
            "tech_proficiency": person.has("tech_proficiency"),
            "tech_interest": person.has("tech_interest"),
            "budget": person.has("budget"),
            "annual_budget": self._amount(person.has("budget")),
            "sector": person.has("sector"),
            "role": self._role(person),
            "company_size": person.has("company_size"),
            "country": person.has("country"),
            "age": age,
            "years_experience": self._years(age),
            "interests": "; ".join(interests),
            "prefers": person.has("prefers"),
            "remote": person.has("remote"),
            "joined": self._joined(person.has("openness")),
            "about": tell(person, first, draws.pick(interests), draws),
        }
        for name, share in self._missing.items():
            if draws.chance(share):
                cells[name] = None
        return cells, person

    def _name(self, country: str) -> tuple[str, str]:
        draws, locales = self._draws, self._locales
        moved = draws.chance(_MOVED)
        locale = draws.pick(list(locales.values())) if moved else locales[country]
        first, last = draw_names(self._seed, locale)
        return draws.pick(first), draws.pick(last)

    def _age(self, group: str) -> int:
        low, high = group.split("-")
        return self._draws.between(int(low), int(high))

    def _years(self, age: int) -> int:
        """Give the years of work since the first job, less those away from it."""
        draws = self._draws
        at_work = 1 - 0.5 * draws.unit() ** 3
        return max(0, int((age - draws.between(*_FIRST_JOB)) * at_work))

    def _amount(self, level: str) -> int:
        """Give what they may spend in a year; a few amounts are of another level."""
        draws = self._draws
        if draws.chance(_STRAY):
            level = draws.pick([name for name in self._amounts if name != level])
        span = self._amounts[level]
        place = draws.unit() ** span["power"]
        amount = int(span["from"] * (span["to"] / span["from"]) ** place)
        if not draws.chance(_ROUND):
            return amount
        step: int = 10 ** (len(str(amount)) - 2)
        return amount // step * step

    def _role(self, person: Person) -> str:
        draws, roles = self._draws, self._roles
        kind = draws.unit()
        sector = person.has("sector")
        if kind < _COMMON_ROLE:
            sector = "any"
        elif kind < _COMMON_ROLE + _OTHER_ROLE:
            sector = draws.pick(list(roles))
        return draws.pick(roles[sector][person.has("work")])

    def _interests(self, person: Person) -> list[str]:
        """Name one to four, in the order in which they come to mind."""
        named = {person.has("interest"): None}
        while len(named) < int(person.has("interest_count")):
            named[person.again("interest")] = None
        return list(named)

    def _joined(self, openness: str) -> str:
        start, end = _JOINED
        days = (end - start).days * self._draws.unit() ** _EARLY[openness]
        return (start + timedelta(days=int(days))).isoformat()
