"""An analysis of one row on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coterie.errors import OptionError
from coterie.options import AnalysisSettings, ExplainOneOptions

if TYPE_CHECKING:
    from coterie.llm import Asker
    from coterie.workflows.analysis.analysis import Analysis, Evidence

__all__ = ["AskedRow", "analyse_one", "print_analysis", "refuse_settings"]


@dataclass(frozen=True, slots=True)
class AskedRow:
    """The row that a person asks about: typed in, or one of a file by its id."""

    text: str | None
    columns: Mapping[str, str]
    source: str | None = None
    id: str | None = None


def refuse_settings(options: ExplainOneOptions) -> None:
    """Refuse options of an analysis where none is asked for."""
    for name in (*AnalysisSettings.model_fields, "index", "positive", "show_personal"):
        if name in options.given():
            flag = f"--{name.replace('_', '-')}"
            raise OptionError(f"{flag} is of an analysis: add --analysis, or leave it out.")


def analyse_one(
    home: Path, options: ExplainOneOptions, row: AskedRow, version: int | None
) -> tuple[Analysis, Sequence[Asker]]:
    """Analyse one row, with what the folder of a run has beside its models."""
    from coterie.progress import show_progress
    from coterie.verbs.analysis import analyse_row
    from coterie.verbs.reading import read_alike
    from coterie.workflows.analysis.model import AnalysedModel
    from coterie.workflows.analysis.turns import Transcript
    from coterie.workflows.asking import connect
    from coterie.workflows.prediction.explain import row_of
    from coterie.workflows.prediction.predict import load_model
    from coterie.workflows.service import load_service

    service = load_service(home)
    if not service.models:
        raise OptionError(f"{home} has no model yet: train one first.")
    if service.default is None:
        first = next(iter(service.models.values()))
        raise OptionError(f"{home} has several models: name one of them, such as {first}.")
    places = {"index": service.index, "rules": service.rules, "positive": service.positive}
    usual: dict[str, Any] = {**places, **service.analysis}
    asked = options.given()
    chosen = {n: e for n, e in usual.items() if e is not None and n not in asked}
    options = options.changed(**{n: str(e) if n == "rules" else e for n, e in chosen.items()})
    with show_progress():
        model = load_model(service.models[service.default], version)
        askers = connect([model.classifier], options)
        text: str | Transcript | None = row.text
        columns: Mapping[str, Any] = row.columns
        if row.id is not None:
            schemas, models = [model.schema], [model.classifier]
            records = read_alike(row.source, options, schemas, models).records
            said, columns = row_of(model, records, row.id)
            text = Transcript(said)
    found = analyse_row(AnalysedModel.of(model), text, columns, options, known=service.columns)
    return found, askers


def print_analysis(found: Analysis) -> None:
    """Print an analysis for people."""
    from rich.console import Console
    from rich.text import Text

    from coterie.formatting import format_number, percent

    console = Console(highlight=False)

    def part(title: str, lines: Sequence[str]) -> None:
        if lines:
            console.print(Text(title, style="bold"))
            for line in lines:
                console.print(Text(f"  {line}"), soft_wrap=True)

    said = found.prediction
    outcome = said.name or said.outcome
    if said.interval is not None:
        low, high = map(format_number, said.interval)
        figure = f"{format_number(said.outcome)}, 80% prediction interval {low} to {high}"
    else:
        chance = "" if said.probability is None else f", probability {percent(said.probability)}"
        figure = f"{outcome}{chance}"
    console.print(Text(f"{figure} ({said.status}; model {found.model_used})", style="bold"))
    for note in found.notes:
        console.print(Text(note, style="yellow"))
    same = found.positive is not None and str(said.outcome) != found.positive
    if same and len(said.probabilities) == 2:  # what carries the outcome are the risks
        part("Risk factors, which carry the outcome", [e.text for e in found.risk_factors])
        part("Indicators of the other outcome", [e.text for e in found.counter_indicators])
    else:
        part("Key indicators", [each.text for each in found.key_indicators])
        part("Risk factors", [each.text for each in found.risk_factors])
    if (mood := found.sentiment) is not None:
        of = f" of the {mood.speaker}" if mood.speaker else ""
        score = "" if mood.score is None else f"{mood.label} ({mood.score:+.2f}){of}"
        part("Sentiment", [score or mood.reason])
    part(
        "Recommendations",
        [f"{each.text} [{each.id}: {_because(each.evidence)}]" for each in found.recommendations],
    )
    part(
        "Similar conversations",
        [
            f"{each.id}: {each.outcome}"
            + ("" if each.match is None else f", {each.match:.0%} match")
            + f". {each.text}"
            for each in found.similar_conversations
        ],
    )


def _because(evidence: Sequence[Evidence]) -> str:
    """Name what made a rule apply."""
    return ", ".join(
        f"“{each.text}”" if each.text is not None else f"{each.name} {each.value}"
        for each in evidence
    )
