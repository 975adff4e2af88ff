"""``coterie assign``: rows to segments that somebody described, or discovered before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coterie.cli.common import Json, OutFolder, TableOptions, reads_a_table, told_set_aside
from coterie.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd

    from coterie.records import Records
    from coterie.segments.comparison import Comparison

__all__ = ["command"]


@reads_a_table
def command(
    table: TableOptions,
    *,
    segments: Annotated[
        str, typer.Option(help="attendees, a TOML file of descriptions, or a discover folder.")
    ],
    out: OutFolder,
    encoder: Annotated[
        list[str] | None, typer.Option(help="minilm, static, …; repeat it to compare several.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Assign rows to segments described in words; compare encoders side by side."""
    from coterie.progress import show_progress
    from coterie.records import write_quarantine

    if len(table.label or ()) > 1:
        raise OptionError("Segments are compared with one column of labels: name one --label.")
    if _folder(segments).resolve() == out.resolve():
        raise OptionError(f"{out} holds the segments themselves: name another folder as --out.")
    with show_progress():
        comparison, records = _assign(table, segments, encoder or [])
        _write(out, records, comparison)
        if len(records.rejects):
            write_quarantine(records, out / "quarantine.csv")
        else:
            (out / "quarantine.csv").unlink(missing_ok=True)
    if as_json:
        answer = {"rows": len(records), "set_aside": len(records.rejects), "out": str(out)}
        typer.echo(json.dumps(answer | comparison.to_dict()))
    else:
        _print(comparison, out)
        if len(records.rejects):
            typer.echo(told_set_aside(len(records.rejects), out / "quarantine.csv"))


def _assign(table: TableOptions, segments: str, encoders: list[str]) -> tuple[Comparison, Records]:
    from coterie.embed import EmbeddingCache
    from coterie.recipes.material import Material
    from coterie.segments.assign import assign_texts, compare_encoders
    from coterie.segments.folder import fitted_encoder
    from coterie.segments.nomenclature import load_nomenclature
    from coterie.segments.store import is_segmentation, load_segmentation

    read = table.read()
    records = table.records(read)
    labels = next((list(column) for column in records.labels.values()), None)
    cache = EmbeddingCache()
    if not is_segmentation(segments):
        nomenclature = load_nomenclature(segments)
        named = encoders or ["minilm"]
        return compare_encoders(Material(records), nomenclature, named, labels, cache), records
    if len(encoders) > 1:
        raise OptionError(
            f"{segments} was made with one encoder and works with that one only: compare encoders "
            "on a TOML file of descriptions."
        )
    segmentation = load_segmentation(segments)
    pooled = segmentation.encoder.pooling == "row"
    material = Material(records, table.parts(read, records) if pooled else None, read)
    encoder = next(iter(encoders), segmentation.encoder.name)
    if encoder == segmentation.encoder.name and (own := fitted_encoder(_folder(segments))):
        encoder = str(own)
    found = assign_texts(material, segmentation, encoder, labels, cache)
    return found, records


def _folder(segments: str) -> Path:
    """Give the folder of a segmentation that is named by its folder or by its file in it."""
    return Path(segments).parent if Path(segments).suffix == ".json" else Path(segments)


def _write(out: Path, records: Records, comparison: Comparison) -> None:
    """Write the first encoder's answer as discover would, and all of them side by side."""
    from coterie.records import replacing, write_csv
    from coterie.segments.folder import save_folder
    from coterie.segments.rows import Rows

    segmentation, found = comparison.best.segmentation, comparison.best.assignments
    fingerprint = segmentation.encoder.fingerprint
    rows = Rows(records.ids, records.texts, comparison.vectors, fingerprint)
    save_folder(out, segmentation, rows, found, comparison.fitted)
    with replacing(out / "comparison.json") as fresh:
        fresh.write_text(json.dumps(comparison.to_dict(), indent=2) + "\n", encoding="utf-8")
    side_by_side = comparison.side_by_side
    side_by_side.insert(0, "id", records.ids, allow_duplicates=True)
    write_csv(side_by_side, out / "comparison.csv")


def _print(comparison: Comparison, out: Path) -> None:
    known = bool((comparison.encoders["labelled"] > 0).any())
    classes = {"segment": "name", "rows": "assigned", "share": "share"}
    encoders = {"encoder": "encoder", "dim": "dim", "sure": "sure", "seconds": "seconds"}
    encoders["MiB at peak"] = "peak_mib"
    if known:
        classes |= {each: each for each in ("labelled", "precision", "recall", "f1")}
        encoders["accuracy"] = "accuracy"
    for name, rows in comparison.classes.groupby("encoder", sort=False):
        shares = rows.assign(share=rows["assigned"] / max(len(comparison.vectors), 1))
        _table(f"By {name}", shares, classes)
    _table("Encoders", comparison.encoders, encoders)
    if len(comparison.encoders) > 1:
        same = {"first": "first", "second": "second", "same answer": "share", "kappa": "kappa"}
        _table("Agreement", comparison.agreement, same)
    typer.echo(f"Written to {out}: assignments.csv, comparison.json, comparison.csv, segments.json")


def _table(title: str, frame: pd.DataFrame, columns: dict[str, str]) -> None:
    from coterie.cli.tables import print_table

    sides: dict[str, Any] = {
        head: "left" if frame[column].dtype.kind not in "if" else "right"
        for head, column in columns.items()
    }
    rows = [
        [_shown(column, row[column]) for column in columns.values()]
        for row in frame.to_dict("records")
    ]
    print_table(title, sides, rows)


def _shown(column: str, value: Any) -> str:
    if value != value:  # noqa: PLR0124 - NaN
        return "-"
    if column in ("share", "sure", "accuracy", "precision", "recall"):
        return f"{value:.1%}"
    if column == "peak_mib":
        return f"{value:,.0f}"
    if isinstance(value, float):
        return f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
