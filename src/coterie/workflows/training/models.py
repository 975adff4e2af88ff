"""Models by the names that a user types: ``linear``, ``few-shot:static``, ``cascade``."""

from __future__ import annotations

from typing import Any

from coterie.classifiers import (
    CascadeClassifier,
    Classifier,
    ContrastiveClassifier,
    EnsembleClassifier,
    EnsembleRegressor,
    FewShotClassifier,
    LinearClassifier,
    MLPClassifier,
    PromptClassifier,
    SoftVotingClassifier,
    TextClassifier,
)
from coterie.encoders import EmbeddingCache, GivenVectors
from coterie.errors import OptionError
from coterie.hints import did_you_mean
from coterie.options import ModelPlan
from coterie.records import CONCEPTS
from coterie.workflows.asking import make_asker

__all__ = ["MODELS", "PROMPT", "make_classifier", "make_regressor"]

ENSEMBLE = "ensemble"
PROMPT = "prompt"
MODELS = (
    "auto", "few-shot", "linear", "mlp", "contrastive", "voting", "cascade", PROMPT, ENSEMBLE,
)  # fmt: skip
"""Names of models."""

_VOTING = ("few-shot", "linear")
_CASCADE = ("linear:static", "few-shot")


def make_classifier(
    plan: ModelPlan, cache: EmbeddingCache | None, given: GivenVectors | None = None
) -> Classifier:
    """Make a classifier, not fitted, of a plan; ``given`` stands for the encoder of vectors.

    Raises
    ------
    OptionError
        When there is no such model, with the nearest; or it cannot be trained on vectors.
    """
    name, _, _ = plan.model.partition(":")
    if name == PROMPT:
        return _prompt(plan, cache, given)
    if PROMPT in (each.partition(":")[0] for each in plan.members):
        raise OptionError(
            "The model prompt is no member of others: leave it out, and train it beside them."
        )
    if given is not None and name in (ENSEMBLE, "contrastive"):
        raise OptionError(
            f"The model {name} cannot be trained on vectors: choose linear, few-shot or mlp, or "
            "leave --vectors (vectors=) out."
        )
    if name in ("voting", "cascade"):
        usual = _CASCADE if name == "cascade" and given is None else _VOTING
        members = [_single(member, plan, cache, given) for member in plan.members or usual]
        kind = SoftVotingClassifier if name == "voting" else CascadeClassifier
        return kind(members, accuracy=plan.accuracy)
    if name == ENSEMBLE:
        return EnsembleClassifier(
            **_of_ensemble(plan, cache),
            balance=plan.balance,
            accuracy=plan.accuracy,
            class_names=plan.class_names,
        )
    if plan.members and name != "auto":
        raise OptionError(f"The model {name} has no members: leave --member out.")
    return _single(plan.model, plan, cache, given)


def _prompt(
    plan: ModelPlan, cache: EmbeddingCache | None, given: GivenVectors | None
) -> PromptClassifier:
    if given is not None:
        raise OptionError(
            "The model prompt reads texts, and vectors were given: leave --vectors (vectors=) out."
        )
    llm = plan.model.partition(":")[2] or plan.llm or ""
    return PromptClassifier(
        encoder=plan.encoder,
        llm=llm,
        descriptions=plan.class_descriptions,
        examples=plan.examples,
        shortlist=plan.shortlist,
        rotations=plan.rotations,
        calibration=plan.calibration,
        asker=make_asker(llm, plan, cache) if llm else None,
        pooling=plan.pooling,
        accuracy=plan.accuracy,
        unknown=plan.unknown,
        outside=plan.outside,
        class_names=plan.class_names,
        seed=plan.seed,
        cache=cache,
    )


def make_regressor(plan: ModelPlan, cache: EmbeddingCache | None) -> EnsembleRegressor:
    """Make a regressor, not fitted, of a plan for an ensemble."""
    return EnsembleRegressor(**_of_ensemble(plan, cache))


def _of_ensemble(plan: ModelPlan, cache: EmbeddingCache | None) -> dict[str, Any]:
    return {
        **{name: getattr(plan, name) for name in ("preset", "mix", "draws", "seconds", "seed")},
        **({} if plan.folds is None else {"folds": plan.folds}),
        "learners": tuple(plan.members),
        "kinds": None if plan.kinds is None else tuple(plan.kinds),
        "concepts": CONCEPTS if CONCEPTS in plan.context else None,
        "text": "text" if plan.texts else None,
        "context": tuple(name for name in plan.context if name != CONCEPTS),
        "encoder": plan.model.partition(":")[2] or plan.encoder,
        "cache": cache,
    }


def _single(
    named: str, plan: ModelPlan, cache: EmbeddingCache | None, given: GivenVectors | None
) -> TextClassifier:
    name, encoder, pooling = [*named.split(":"), "", ""][:3]
    if given is not None and encoder:
        raise OptionError(
            f"'{named}' names an encoder, and the vectors are given: write {name} alone."
        )
    common: dict[str, Any] = {
        "encoder": given or encoder or plan.encoder,
        "pooling": pooling or plan.pooling,
        "context": tuple(plan.context),
        "accuracy": plan.accuracy,
        "unknown": plan.unknown,
        "outside": plan.outside,
        "class_names": plan.class_names,
        "folds": plan.folds,
        "seed": plan.seed,
        "cache": cache,
    }
    epochs: dict[str, Any] = {} if plan.epochs is None else {"epochs": plan.epochs}
    match name:
        case "few-shot":
            return FewShotClassifier(**common)
        case "linear":
            return LinearClassifier(**common)
        case "mlp":
            return MLPClassifier(**common, **epochs, loss=plan.loss)
        case "contrastive":
            return ContrastiveClassifier(**common | {"pooling": "text"}, **epochs)
        case _:
            hint = did_you_mean(name, MODELS, f"choose one of {', '.join(MODELS)}.")
            raise OptionError(f"There is no model '{name}': {hint}")
