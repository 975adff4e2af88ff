"""Names of people, streets and companies, from Faker."""

from __future__ import annotations

from functools import lru_cache

from coterie.extras import require

__all__ = ["draw_names", "draw_people"]


@lru_cache(maxsize=8)
def draw_people(seed: int) -> dict[str, list[str]]:
    """Draw the names that a data set uses, once; the same for the same seed and version of Faker.

    `MissingExtraError` where Faker is not installed.
    """
    faker = require("faker", extra="synthetic", purpose="Generating data")
    fake = faker.Faker("en_GB")
    fake.seed_instance(seed)
    return {
        "name": [fake.name() for _ in range(800)],
        "first": [fake.first_name() for _ in range(300)],
        "agent": [fake.first_name() for _ in range(40)],
        "street": [f"{fake.building_number()} {fake.street_name()}" for _ in range(400)],
        "company": [fake.company() for _ in range(300)],
    }


@lru_cache(maxsize=64)
def draw_names(seed: int, locale: str) -> tuple[list[str], list[str]]:
    """Draw 150 first names and 300 surnames as they are usual in a locale, such as ``de_DE``.

    The same for the same seed and version of Faker; `MissingExtraError` where it is not installed.
    """
    faker = require("faker", extra="synthetic", purpose="Generating data")
    fake = faker.Faker(locale)
    fake.seed_instance(seed)
    first = [fake.first_name() for _ in range(150)]
    return first, [fake.last_name() for _ in range(300)]
