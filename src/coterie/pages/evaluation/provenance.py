"""The last section of an evaluation's page: which models, which rows, which files."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coterie.report import Block, Note, Section, Table

__all__ = ["made_section", "saved_at"]


def made_section(
    models: pd.DataFrame,
    facts: Mapping[str, str],
    files: str,
    *,
    source: str,
    reasons: Mapping[str, int],
    formats: Mapping[str, str],
) -> Section:
    """Tell how an evaluation was made.

    Parameters
    ----------
    models
        A row for each; columns without a value are left out.
    facts
        What is to be said of the rows.
    files
        What the files beside the page hold.
    source
        Where the rows came from.
    reasons
        Why rows were set aside, and how many.
    formats
        Of the columns of ``models``.
    """
    empty = [name for name in models if not models[name].map(_told).any()]
    told = {"source": source, **facts} if source else dict(facts)
    for reason, rows in reasons.items():
        told[f"set aside: {reason}"] = f"{rows:,}, in quarantine.csv"
    blocks: list[Block] = [
        Table(models.drop(columns=empty), formats=formats),
        Table(pd.DataFrame({"what": list(told), "value": list(told.values())}), limit=30),
        Note(files, title="The files beside this page."),
    ]
    return Section("How this was made", blocks)


def saved_at(created: object) -> str:
    """Write a manifest's time as a person would."""
    return str(created or "").replace("T", " ").partition("+")[0]


def _told(value: object) -> bool:
    return value is not None and value != "" and value == value  # noqa: PLR0124 - NaN
