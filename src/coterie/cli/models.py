"""``coterie models``: list models, check their files, go back to an earlier version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coterie.cli.shared.common import Json
from coterie.errors import StoreError

if TYPE_CHECKING:
    from coterie.store import FileState, Manifest, ModelSummary, VersionSummary

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List models, check them, and go back to an earlier version.",
)

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Model directory.")]

_NAMED = 3  # files that an error names, and labels that are shown


@app.command("list")
def list_models(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of models.")],
    *,
    as_json: Json = False,
) -> None:
    """List the models of a folder."""
    from coterie import store

    models = store.list_models(folder)
    if as_json:
        _print_json({"models": [asdict(model) | {"path": str(model.path)} for model in models]})
    elif models:
        _print_models(folder, models)
    else:
        typer.echo(f"There are no models in {folder}.")


@app.command()
def show(
    home: Model,
    *,
    version: Annotated[int | None, typer.Option(help="Version; the active one otherwise.")] = None,
    as_json: Json = False,
) -> None:
    """Show a model: what it is, its versions, and which of them was used when."""
    from coterie import store

    versions, history = store.list_versions(home), store.history_of(home)
    active = next((each for each in versions if each.active), None)
    manifest = None
    if version is not None or (active is not None and not active.fault):
        manifest = store.open_model(home, version).manifest
    if as_json:
        _print_json(
            {
                "manifest": None if manifest is None else asdict(manifest),
                "versions": list(map(asdict, versions)),
                "history": list(map(asdict, history)),
            }
        )
        return
    if manifest is not None:
        _print_manifest(home, manifest)
    _print_versions(versions)
    _print_table(
        "Used", ("when", "version", "by"), [(_when(h.when), h.version, h.by) for h in history]
    )


@app.command()
def activate(
    home: Model,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="Number of the version.")],
    *,
    as_json: Json = False,
) -> None:
    """Use a version from now on."""
    from coterie import store

    _tell(home, store.activate(home, version), as_json=as_json)


@app.command()
def rollback(home: Model, *, as_json: Json = False) -> None:
    """Use the version that was active before; again, the one before that."""
    from coterie import store

    _tell(home, store.rollback(home), as_json=as_json)


@app.command()
def verify(home: Model, *, as_json: Json = False) -> None:
    """Check every file of every version; the exit code is 2 when one is not as it was saved."""
    from coterie import store
    from coterie.progress import show_progress

    with show_progress():
        findings = store.verify(home)
    wrong = [each for each in findings if each.state != "ok"]
    if as_json:
        _print_json({"ok": not wrong, "findings": list(map(asdict, findings))})
    elif wrong:
        _print_table(
            "Not as saved",
            ("file", "state", "what helps"),
            [(each.file, each.state, each.detail) for each in wrong],
        )
    else:
        count = len({each.version for each in findings})
        typer.echo(f"{len(findings):,} files in {_counted(count, 'version')}: all as saved.")
    if wrong:
        raise StoreError(_told(home, wrong, len(findings)))


def _told(home: Path, wrong: Sequence[FileState], files: int) -> str:
    if len(wrong) == 1:
        return wrong[0].detail
    named = ", ".join(f"{each.file} is {each.state}" for each in wrong[:_NAMED])
    more = f" and {len(wrong) - _NAMED:,} more" if len(wrong) > _NAMED else ""
    return (
        f"{len(wrong):,} of {files:,} files of {home} are not as they were saved ({named}{more}): "
        f"go back with coterie models rollback {home}, or train again."
    )


def _tell(home: Path, manifest: Manifest, *, as_json: bool) -> None:
    if as_json:
        _print_json({"active": manifest.version, "manifest": asdict(manifest)})
    else:
        typer.echo(f"Version {manifest.version} of {home} is used from now on.")


def _print_json(answer: Any) -> None:
    typer.echo(json.dumps(answer))


def _print_models(folder: Path, models: Sequence[ModelSummary]) -> None:
    _print_table(
        f"Models in {folder}",
        ("name", "kind", "active", "versions", "created", "classes", "accuracy"),
        [
            (
                each.name,
                each.fault or each.kind,
                each.active or "none",
                len(each.versions),
                _when(each.created),
                each.classes,
                _main(each),
            )
            for each in models
        ],
    )


def _print_versions(versions: Sequence[VersionSummary]) -> None:
    _print_table(
        "Versions",
        ("version", "active", "created", "kind", "classes", "accuracy", "size", "note"),
        [
            (
                each.version,
                "active" if each.active else "",
                _when(each.created),
                each.kind,
                each.classes,
                _main(each),
                _size(each.bytes),
                each.fault or each.note,
            )
            for each in versions
        ],
    )


def _print_manifest(home: Path, manifest: Manifest) -> None:
    from coterie.cli.shared.tables import print_lines

    size = sum(entry.bytes for entry in manifest.files.values())
    labels = ", ".join(manifest.classes[:_NAMED])
    more = ", ..." if len(manifest.classes) > _NAMED else ""
    scores = [f"{name} {_figure(value)}" for name, value in _figures(manifest.metrics)]
    lines = [
        ("", f"{home.absolute().name}  version {manifest.version}"),
        ("Kind", manifest.kind),
        ("Made", f"{_when(manifest.created)} UTC"),
        ("Note", manifest.note),
        ("Labels", f"{len(manifest.classes):,}: {labels}{more}" if labels else ""),
        ("Scores", ", ".join(scores)),
        ("With", ", ".join(f"{name} {number}" for name, number in manifest.libraries.items())),
        ("Files", f"{_counted(len(manifest.files), 'file')}, {_size(size)}"),
    ]
    print_lines((label, _printable(text)) for label, text in lines if text)


def _print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    from coterie.cli.shared.tables import print_table

    numbers = {"versions", "classes", "accuracy", "size"}
    print_table(
        title,
        {name: "right" if name in numbers else "left" for name in columns},
        [[_printable(str(cell)) for cell in row] for row in rows],
    )


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # lone surrogates


def _main(summary: ModelSummary | VersionSummary) -> str:
    return next((_figure(v) for name, v in _figures(summary.metrics) if name == "accuracy"), "")


def _figures(metrics: Mapping[str, Any]) -> list[tuple[str, float]]:
    return [
        (name, value)
        for name, value in metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]


def _figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def _when(moment: str) -> str:
    return moment.replace("T", " ").removesuffix("+00:00")


def _size(count: int) -> str:
    """Write bytes as a person would: ``91.6 MB``."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1e3:.1f} kB"
    return f"{count / 1e6:,.1f} MB"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
