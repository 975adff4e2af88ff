"""The page of an evaluation: models side by side on the same rows."""

from __future__ import annotations

import pandas as pd

from coterie.pages.evaluation import words
from coterie.pages.evaluation.classes import class_parts
from coterie.pages.evaluation.numbers import number_parts
from coterie.pages.evaluation.parts import PageParts, costs_table
from coterie.report import Block, Note, Page, Prose, Section, Table, Tiles
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.numbers import NumberEvaluation

__all__ = ["page_of_evaluation"]


def page_of_evaluation(
    evaluation: ClassEvaluation | NumberEvaluation,
    *,
    show_personal: bool = False,
    files: bool = True,
) -> Page:
    """Lay an evaluation out as a page.

    Parameters
    ----------
    evaluation
        Of classes or of a number.
    show_personal
        Whether the page shows personal data, which is masked otherwise.
    files
        Whether the files of the evaluation lie beside the page, which names them then.
    """
    if isinstance(evaluation, ClassEvaluation):
        parts = class_parts(evaluation)
    else:
        parts = number_parts(evaluation)
    source = evaluation.source
    page = Page(
        evaluation.title or words.title(evaluation.names, evaluation.label, parts.verb),
        evaluation.subtitle or (f"{source}, {parts.rows}" if source else parts.rows),
        show_personal=show_personal,
    )
    summary: list[Block] = [Tiles(parts.tiles), Prose(evaluation.verdict)]
    if evaluation.ceiling is not None:
        summary.append(Note(evaluation.ceiling.why, title=words.CEILING))
    tables = [parts.figures]
    if any(figures.costs is not None for figures in evaluation.figures):
        tables.append(costs_table(evaluation.figures, evaluation.price))
    if parts.pairs is not None:
        tables.append(parts.pairs)
    for section in (
        Section("Summary", [*summary, *parts.warnings]),
        Section("Side by side", tables, intro=words.SIDE_BY_SIDE),
        *parts.sections,
        _made(evaluation, parts, files=files),
    ):
        page.add(section)
    return page


def _made(
    evaluation: ClassEvaluation | NumberEvaluation, parts: PageParts, *, files: bool
) -> Section:
    """Tell which models, which rows and which files an evaluation is of."""
    models = parts.models
    empty = [name for name in models if models[name].isin([None, ""]).all()]
    facts = {"source": evaluation.source} if evaluation.source else {}
    facts |= parts.facts
    kept = ", in quarantine.csv" if files else ""
    facts |= {f"set aside: {n}": f"{k:,}{kept}" for n, k in evaluation.reasons.items()}
    blocks: list[Block] = [
        Table(models.drop(columns=empty), formats=parts.formats),
        Table(pd.DataFrame({"what": list(facts), "value": list(facts.values())}), limit=30),
    ]
    if files:
        blocks.append(Note(words.FILES.format(parts.files), title="The files beside this page."))
    return Section("How this was made", blocks)
