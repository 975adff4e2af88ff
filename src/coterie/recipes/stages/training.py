"""The stages that learn from labels: an encoder, models of classes, and models of outcomes."""

from __future__ import annotations

from coterie.options import TrainSettings, TuneOptions
from coterie.pages import recipe as page
from coterie.pages.evaluation import page_of_evaluation
from coterie.recipes import layout
from coterie.recipes.stages.feasible import models_of, why_untrainable, why_untunable
from coterie.recipes.stages.run import Run
from coterie.verbs.outcomes import save_outcomes
from coterie.verbs.scores import write_test_scores
from coterie.verbs.tuning import tune_into
from coterie.workflows.outcomes.classes import ClassifyResult, model_folder, run_classify
from coterie.workflows.outcomes.outcome import OutcomesResult
from coterie.workflows.outcomes.outcomes import run_outcomes
from coterie.workflows.tuning.tune import TuneResult

__all__ = ["train_models", "train_outcomes", "tune_encoder"]


def tune_encoder(run: Run) -> TuneResult | None:
    """Tune the encoder on the labels."""
    wanted, settings, records = run.settings.tune, run.settings, run.dataset.records
    if wanted is None:
        return None
    encoder = settings.embed.encoder
    if reason := why_untunable(encoder, run.token) if records.labels else page.NO_LABEL:
        run.leave_out(page.TUNED, reason)
        return None
    options = wanted.part(
        TuneOptions,
        label=wanted.label or next(iter(records.labels)),
        encoder=encoder,
        seed=settings.seed,
        show_personal=settings.show_personal,
        token=run.token,
    )
    place = run.folder / layout.TUNE
    done = run.attempt(
        page.TUNED,
        lambda: tune_into(records, place, options, cache=run.cache, overwrite=run.overwrite),
    )
    if done is None:
        return None
    run.chapters.append(page.tuned(done[0], layout.TUNE))
    return done[0]


def train_models(run: Run) -> ClassifyResult | None:
    """Train the models that can be trained here, and compare them."""
    wanted, settings = run.settings.train, run.settings
    if wanted is None:
        return None
    if not run.dataset.records.labels:
        run.leave_out(page.TRAINED, page.NO_LABEL)
        return None
    kept, remarks = _trainable(run, wanted)
    if not kept.models:
        run.chapters.append(page.Chapter(page.TRAINED, " ".join(remarks)))
        return None
    found = run.attempt(
        page.TRAINED,
        lambda: run_classify(
            run.dataset,
            kept,
            run.folder / layout.MODELS,
            encoder=settings.embed.encoder,
            title=settings.title,
            seed=settings.seed,
            cache=run.cache,
        ),
    )
    if found is not None:
        _save_models(run, found, remarks)
    return found


def _trainable(run: Run, wanted: TrainSettings) -> tuple[TrainSettings, list[str]]:
    """Keep the models that can be trained, and tell of the others."""
    encoder, models = run.settings.embed.encoder, models_of(wanted, run.settings.llm)
    here = {name: why_untrainable(name, encoder, run.token) for name in models}
    reasons = {**wanted.without, **here}
    kept = tuple(name for name in models if not reasons[name])
    remarks = page.models_left_out({name: why for name, why in reasons.items() if why})
    return wanted.model_copy(update={"models": kept}), remarks


def _save_models(run: Run, found: ClassifyResult, remarks: list[str]) -> None:
    """Save what was measured, and tell of it and of what was left out."""
    settings, models = run.settings, run.folder / layout.MODELS
    homes = {name: models / model_folder(name) for name in found.evaluation.names}
    shown = page_of_evaluation(found.evaluation, show_personal=settings.show_personal)
    run.save(found, shown, layout.TRAIN)
    write_test_scores(homes, found.evaluation, show_personal=settings.show_personal)
    told = [*remarks, *([] if found.conflicts is None else [found.conflicts.note])]
    first, unit = settings.data.first, run.dataset.unit
    run.chapters.append(page.trained(found, layout.TRAIN, unit, first, told))


def train_outcomes(run: Run) -> OutcomesResult | None:
    """Train a model for each outcome."""
    wanted, settings = run.settings.outcomes, run.settings
    if wanted is None:
        return None
    found = run.attempt(
        page.OUTCOMES,
        lambda: run_outcomes(
            run.dataset,
            wanted,
            run.folder / layout.MODELS,
            encoder=settings.embed.encoder,
            title=settings.title,
            seed=settings.seed,
            cache=run.cache,
        ),
    )
    if found is not None:
        save_outcomes(
            found,
            run.folder / layout.OUTCOMES,
            show_personal=settings.show_personal,
            overwrite=run.overwrite,
        )
        for outcome in found.outcomes:
            evaluation, home = outcome.evaluation, run.folder / layout.MODELS / outcome.label
            homes = dict.fromkeys(evaluation.names, home)
            write_test_scores(homes, evaluation, show_personal=settings.show_personal)
        run.chapters.append(page.outcomes(found, layout.OUTCOMES, run.dataset.unit))
    return found
