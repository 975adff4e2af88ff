"""Cards of rows that were found, and the conditions that they had to meet."""

from __future__ import annotations

from markupsafe import Markup

from coterie.formatting import shorten
from coterie.report.cards import Card, Cards, Chips
from coterie.report.html.markup import template
from coterie.report.html.sheet import Sheet, draw

# Characters that are shown of each; judgements, not measured.
_TEXT = 240
_COLUMN, _VALUE = 26, 44  # of a pill
_EXPRESSION = 120


@draw.register
def _draw_cards(block: Cards, sheet: Sheet) -> Markup:
    return template(
        "cards.html",
        block=block,
        id=sheet.identity(block.title or "cards"),
        rows=[_row(card, sheet) for card in block.cards],
        heading="h4" if block.title else "h3",
    )


def _row(card: Card, sheet: Sheet) -> dict[str, object]:
    """Give what a card shows: its text cut, its pills, and all that a click opens."""
    pills: list[dict[str, object]] = []
    whole: dict[str, str] = {}
    for column, value in card.categories:
        cut = _is_cut(column, _COLUMN) or _is_cut(value, _VALUE)
        if cut:
            whole[column] = value
        pills.append(
            {
                "column": shorten(column, _COLUMN),
                "value": shorten(value, _VALUE),
                "slot": sheet.values.get(column, {}).get(value),
                "title": f"{column}: {value}" if cut else "",
            }
        )
    return {
        "card": card,
        "arc": None if card.share is None or not card.measured else 100 * card.share,
        "text": shorten(card.text, _TEXT),
        "cut": _is_cut(card.text, _TEXT),
        "pills": pills,
        "facts": [*whole.items(), *((k, v) for k, v in card.facts.items() if k not in whole)],
    }


@draw.register
def _draw_chips(block: Chips, _sheet: Sheet) -> Markup:
    rows = [
        {
            "chip": chip,
            "short": shorten(chip.expression, _EXPRESSION),
            "cut": _is_cut(chip.expression, _EXPRESSION),
        }
        for chip in block.chips
    ]
    return template("chips.html", block=block, rows=rows)


def _is_cut(text: str, width: int) -> bool:
    """Whether `shorten` leaves something out."""
    return len(" ".join(text.split())) > width
