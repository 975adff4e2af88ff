"""What a run leaves beside its stages: its settings and figures, and the page to open first."""

from __future__ import annotations

from coterie.files import write_json
from coterie.formatting import counted
from coterie.pages import recipe as page
from coterie.recipes import layout
from coterie.recipes.result import RunResult
from coterie.recipes.service import service_of
from coterie.recipes.settings import RecipeSettings
from coterie.records import write_quarantine
from coterie.store import models_in
from coterie.verbs.saving import QUARANTINE
from coterie.workflows.service import SERVICE

__all__ = ["write_run"]


def write_run(result: RunResult, settings: RecipeSettings) -> None:
    """Write all that a run leaves in its own folder; the page is written last."""
    records, folder = result.dataset.records, result.folder
    if len(records.rejects):
        write_quarantine(records, folder / QUARANTINE)
    else:
        (folder / QUARANTINE).unlink(missing_ok=True)
    said = settings.model_dump(mode="json", exclude_none=True)
    said["data"]["source"] = records.source  # as a person would name it: without a password
    write_json(folder / layout.SETTINGS, said)
    write_json(folder / layout.SUMMARY, result.to_dict())
    title = settings.title or f"{len(records):,} {result.dataset.unit}"
    subtitle = f"{records.source}, {counted(records.rows_in, 'row')}"
    told = [*result.chapters]
    if result.left_out:
        told.insert(0, page.Chapter(page.ENCODERS, "", remarks=result.left_out))
    if choices := result.dataset.choices:
        told.append(page.Chapter(page.READING, " ".join(choices)))
    footer = f"Random seed {settings.seed}"
    index = page.recipe_page(title, subtitle, told, footer, show_personal=settings.show_personal)
    if models_in(folder / layout.MODELS):
        write_json(folder / SERVICE, service_of(result, settings).to_dict())
    index.write(result.index)
