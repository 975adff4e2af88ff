"""What ensembles of tree models have in common: features, search, and the choice of models."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.classification_heads import Layers
from coterie.classifiers.features.clients import Clients
from coterie.classifiers.features.pipeline import (
    check_kinds,
    feature_sources,
    make_features,
)
from coterie.classifiers.inputs import TextsOrFrame, number_groups
from coterie.classifiers.model import BaseModel
from coterie.classifiers.predictions import Shares
from coterie.classifiers.training_rows import (
    Hashes,
    TrainingRows,
    content_hashes,
    training_rows,
)
from coterie.classifiers.trees.known import KnownAnswers, digest_of
from coterie.classifiers.trees.learner import Floats, Learner, Matrix, Settings, Task, Trained
from coterie.classifiers.trees.learners import find_learners
from coterie.classifiers.trees.presets import find_preset
from coterie.classifiers.trees.search import (
    FEATURES,
    Fold,
    Tried,
    losses_of,
    predict_all,
    search_settings,
    train_all,
)
from coterie.classifiers.trees.sets import FeatureSets
from coterie.encoders import EmbeddingCache, Encoder, learns_from_texts, load_encoder
from coterie.errors import CoterieWarning, InputError, OptionError
from coterie.formatting import counted
from coterie.metrics.folds import assign_folds
from coterie.progress import current
from coterie.records.formats.arrow import as_pandas
from coterie.tuning.unfinished import UnfinishedTrainings

__all__ = ["Ensemble", "Member", "Mix"]

Ints = npt.NDArray[np.int64]
Mix = Literal["auto", "vote", "stack", "best"]

_LEAST_LEARNT = 2  # rows to train on beside each fold: of one row, LightGBM draws none
_MIXES = ("auto", "vote", "stack", "best")
_NAMING = ("one-hot", "tfidf")  # features that are all 0 only where no concept is known


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One trained model of an ensemble: its kind, its settings and the model."""

    learner: Learner
    settings: Settings
    trained: Trained


def _known_answers(
    unfinished: UnfinishedTrainings,
    folds: Sequence[Fold],
    target: npt.NDArray[Any],
    weights: Floats | None,
    seed: int,
) -> KnownAnswers:
    """Find the answers of a search that was stopped, by all that its trainings depend on."""
    given = [each for fold in folds for each in (fold.learnt, fold.features_learnt)]
    asked = [each for fold in folds for each in (fold.asked, fold.features_asked)]
    return KnownAnswers(unfinished.folder(digest_of([*given, *asked, target, weights, str(seed)])))


@dataclass(eq=False, repr=False)
class Ensemble(BaseModel):
    """What both ensembles have in common; each adds its target and how answers are mixed."""

    kind = "ensemble"

    learners: Sequence[str] = ()
    _: KW_ONLY
    preset: str = "balanced"
    kinds: Sequence[str] | None = None
    concepts: str | None = None
    text: str | None = None
    context: Sequence[str] = ()
    encoder: str | Encoder = "minilm"
    mix: Mix = "auto"
    draws: int | None = None
    folds: int = 3
    seconds: float | None = None
    seed: int = 0
    cache: EmbeddingCache | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it reads besides the text."""
        return (*self.context, *([self.concepts] if self.concepts else []))

    @property
    def _named(self) -> list[str]:
        """All columns that it reads."""
        return [*self.columns, *([self.text] if self.text else [])]

    @property
    def sources_(self) -> pd.DataFrame:
        """Source of each feature; see `coterie.classifiers.features.pipeline.feature_sources`."""
        return feature_sources(self.features_)

    def transform(self, X: TextsOrFrame) -> Matrix:
        """Give the features of rows, (n, d) float32."""
        check_is_fitted(self, "features_")
        cache = EmbeddingCache() if self.cache is None else self.cache
        return self.features_.transform(Clients(self._frame_of(X), cache=cache))

    def contents(self, X: TextsOrFrame) -> Hashes:
        """Hash what the model reads of each row, (n,) uint64; see `TrainingRows`."""
        frame = self._frame_of(X)
        return content_hashes(frame[[name for name in self._named if name in frame.columns]])

    def readable(self, X: TextsOrFrame) -> Shares:
        """Give the share of each text that the encoder reads, (n,) float32; 1 without a text."""
        check_is_fitted(self, "features_")
        return self._shares_read(self._texts_of(self._frame_of(X)))

    def _texts_of(self, frame: pd.DataFrame) -> list[str]:
        """Take the texts of a frame, or as many empty ones where none are read."""
        if self.text is None:
            return [""] * len(frame)
        return frame[self.text].fillna("").astype(str).tolist()

    def _frame_of(self, rows: TextsOrFrame) -> pd.DataFrame:
        """Read a frame, or texts where nothing else is read."""
        rows = as_pandas(rows)
        if isinstance(rows, pd.DataFrame):
            return rows
        if self.text is not None and not self.columns and not isinstance(rows, str):
            return pd.DataFrame({self.text: pd.Series(list(rows), dtype=object)})
        if not isinstance(rows, str) and not len(rows):
            return pd.DataFrame({name: pd.Series(dtype=object) for name in self._named})
        raise InputError("An ensemble reads columns: give it a DataFrame.")

    def _learn(
        self,
        rows: TextsOrFrame,
        target: npt.NDArray[Any],
        task: Task,
        strata: Ints,
        groups: Any,
        weights: Floats | None,
    ) -> Floats:
        """Search, choose and train; gives the out-of-fold answers (n, k) or (n,)."""
        draws = self._check()
        frame = self._frame_of(rows)
        self.rows_: TrainingRows | None = training_rows(self.contents(rows))
        learners = self._learners()
        self.task_, self.origin_ = task, None
        self.encoder_: Encoder | None = None
        clusters = None if groups is None else number_groups(groups, len(frame))
        folds = self.folds_ = assign_folds(strata, clusters, self.folds, seed=self.seed)
        if (folds == folds[0]).all():
            raise InputError(
                "All rows are of one group, so none are left for validation: name another column "
                "of groups, or none."
            )
        fewest = min(int((folds != each).sum()) for each in np.unique(folds))
        if fewest < _LEAST_LEARNT:
            raise InputError(
                f"Cross-validation leaves {counted(fewest, 'row')} to train on: give more rows, or "
                "groups of more than one."
            )
        words = self.text is not None and any(each.linear for each in learners)
        made = [self._fold(frame, folds == each, words=words) for each in np.unique(folds)]
        target = self._target(target, learners, made)
        with UnfinishedTrainings(self.cache) as unfinished:
            self.tried_ = search_settings(
                learners,
                made,
                target,
                task,
                weights=weights,
                draws=draws,
                seconds=self.seconds,
                seed=self.seed,
                known=_known_answers(unfinished, made, target, weights, self.seed),
            )
            self.table_, chosen, answers = self._mix(target, folds)
            self._train(frame, target, chosen, weights, words=words)
        return answers

    def _train(
        self,
        frame: pd.DataFrame,
        target: npt.NDArray[Any],
        chosen: Sequence[Tried],
        weights: Floats | None,
        *,
        words: bool,
    ) -> None:
        """Train the chosen models on all rows."""
        with current().stage("Making features of all rows"):
            self.features_ = self._pipeline(words=words)
            features = self.features_.fit_transform(frame)
        self.note_columns()
        self._note_reading(self._texts_of(frame))
        made = self._taken(features, chosen)
        jobs = [(one.learner, one.settings, own) for one, own in zip(chosen, made, strict=True)]
        trained = train_all(jobs, target, self.task_, weights=weights, seed=self.seed)
        self.trained_ = [
            Member(one.learner, one.settings, model)
            for one, model in zip(chosen, trained, strict=True)
        ]

    def _taken(self, features: Matrix, models: Sequence[Tried | Member]) -> list[Matrix]:
        """Take the set of features of each model out of all; models of one set share it."""
        asked = [(one.learner.linear, one.settings[FEATURES], one.learner) for one in models]
        sets = {
            (linear, name): self.sets_.take(features, learner, name)
            for linear, name, learner in asked
        }
        return [sets[linear, name] for linear, name, _ in asked]

    def _check(self) -> int:
        """Check the parameters; gives the number of settings to try."""
        if not (self.concepts or self.text or self.context):
            raise OptionError("No column is named: give concepts, text or context columns.")
        if self.mix not in _MIXES:
            raise OptionError(f"mix is {self.mix!r}: choose {', '.join(_MIXES)}.")
        if self.kinds is not None:
            check_kinds(self.kinds)
        if isinstance(self.encoder, str) and learns_from_texts(self.encoder):
            raise OptionError("An ensemble cannot use tfidf: name another encoder.")
        usual = find_preset(self.preset)
        draws = usual.draws if self.draws is None else self.draws
        if draws < 1 or self.folds < 2 or (self.seconds is not None and self.seconds <= 0):
            raise OptionError(
                f"draws={draws}, folds={self.folds}, seconds={self.seconds}: give at least 1 draw, "
                "2 folds and more than 0 seconds."
            )
        return draws

    def _learners(self) -> list[Learner]:
        if self.learners:
            return find_learners(self.learners)
        found, absent = find_preset(self.preset).choose()
        if absent:
            used = ", ".join(learner.name for learner in found)
            missed = ", ".join(learner.name for learner in absent)
            warnings.warn(
                f"The ensemble uses {used}, because {missed} {'is' if len(absent) == 1 else 'are'} "
                "not installed: run pip install 'coterie[boost]'.",
                CoterieWarning,
                stacklevel=4,
            )
        return found

    def _pipeline(self, *, words: bool = False, warn: bool = True) -> Pipeline:
        kinds = find_preset(self.preset).kinds if self.kinds is None else self.kinds
        return make_features(
            kinds if self.concepts else (),
            concepts=self.concepts or "concepts",
            text=self.text,
            words=words,
            context=tuple(self.context),
            encoder=self._encoder(kinds),
            cache=self.cache,
            warn=warn,
        )

    def _encoder(self, kinds: Sequence[str]) -> str | Encoder:
        """Load the encoder once, where something is to be embedded."""
        embeds = self.text is not None or (self.concepts and "embeddings" in kinds)
        if not embeds:
            return self.encoder
        if not isinstance(self.encoder, str):
            self.encoder_ = self.encoder
            return self.encoder
        if self.encoder_ is None:
            self.encoder_ = load_encoder(self.encoder)
        return self.encoder_

    def _fold(
        self, frame: pd.DataFrame, held_out: npt.NDArray[np.bool_], *, words: bool = False
    ) -> Fold:
        learnt, asked = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        features = self._pipeline(words=words, warn=False)
        made = features.fit_transform(frame.iloc[learnt])
        transformed = features.transform(frame.iloc[asked])
        return Fold(learnt, asked, made, transformed, FeatureSets.of(features))

    def _mix(
        self, target: npt.NDArray[Any], folds: Ints
    ) -> tuple[pd.DataFrame, list[Tried], Floats]:
        """Choose a model or a mix by the out-of-fold loss; gives the table of all of them."""
        tried = sorted(self.tried_, key=lambda each: each.loss)
        ways: dict[str, tuple[list[Tried], Floats]] = {
            each.learner.name: ([each], each.answers) for each in tried
        }
        if len(tried) > 1:
            ways["vote"] = tried, np.mean([each.answers for each in tried], axis=0)
            if self.mix == "stack" or self._can_stack(target, folds):
                ways["stack"] = tried, self._stacked(tried, target, folds)
        rows = []
        for name, (members, answers) in ways.items():
            own = losses_of(answers, target, self.task_)
            by_fold = [float(own[folds == each].mean()) for each in np.unique(folds)]
            rows.append(
                {
                    "model": name,
                    "features": ", ".join(sorted({str(m.settings[FEATURES]) for m in members})),
                    "loss": float(np.mean(by_fold)),
                    "loss_sd": float(np.std(by_fold, ddof=1)),
                    **self._scored(answers, target, folds),
                    "seconds": sum(each.seconds for each in members),
                    "draws": min(each.draws for each in members),
                }
            )
        table = pd.DataFrame(rows)
        allowed = {"vote": ["vote"], "stack": ["stack"]}.get(self.mix, list(ways))
        if self.mix == "best":
            allowed = [each.learner.name for each in tried]
        allowed = [name for name in allowed if name in ways] or list(ways)
        losses = table.set_index("model")["mae" if self.task_.numbers else "loss"]
        best = min(allowed, key=lambda name: float(losses[name]))
        table["chosen"] = table["model"] == best
        self.mixed_by_ = best
        members, answers = ways[best]
        self.stack_: Layers | None = None
        if best == "stack":
            joined = self._joined([each.answers for each in members])
            self.stack_ = self._fit_stack(joined, target)
        return table, members, answers

    def _stacked(self, tried: Sequence[Tried], target: npt.NDArray[Any], folds: Ints) -> Floats:
        """Out-of-fold answers of a stack."""
        joined = self._joined([each.answers for each in tried])
        answers = np.empty_like(tried[0].answers)
        for each in np.unique(folds):
            held = folds == each
            stack = self._fit_stack(joined[~held], target[~held])
            answers[held] = self._by_stack(stack, joined[held])
        return answers

    def _answers(self, features: Matrix) -> Floats:
        """Mixed answers of the trained members, (n, k) or (n,)."""
        taken = self._taken(features, self.trained_)
        own = predict_all(
            [(one.trained, made) for one, made in zip(self.trained_, taken, strict=True)]
        )
        if self.stack_ is not None:
            return self._by_stack(self.stack_, self._joined(own))
        return np.asarray(np.mean(own, axis=0))

    def _unknown(self, features: Matrix) -> npt.NDArray[np.bool_]:
        """Which rows (n,) have no known concept, where nothing else is read."""
        if self.text is not None or self.context or not self.concepts:
            return np.zeros(features.shape[0], dtype=np.bool_)
        sums: npt.NDArray[Any] = np.asarray(abs(features[:, self._naming]).sum(axis=1)).ravel()
        return np.asarray(sums == 0)

    def note_columns(self) -> None:
        """Note how many features there are, their sets, and which name concepts."""
        sources, self.sets_ = self.sources_, FeatureSets.of(self.features_)
        self.width_ = len(sources)
        named = sources["kind"].isin(_NAMING).to_numpy(dtype=np.bool_)
        self._naming = np.flatnonzero(named) if named.any() else np.arange(self.width_)

    def _target(
        self,
        target: npt.NDArray[Any],
        learners: Sequence[Learner],  # noqa: ARG002
        folds: Sequence[Fold],  # noqa: ARG002
    ) -> npt.NDArray[Any]:
        """Give the target as it is learnt."""
        return target

    @abstractmethod
    def _scored(self, answers: Floats, target: npt.NDArray[Any], folds: Ints) -> dict[str, float]:
        """Metrics of out-of-fold answers."""

    @abstractmethod
    def _can_stack(self, target: npt.NDArray[Any], folds: Ints) -> bool:
        """Whether a stack can be trained without each fold."""

    @abstractmethod
    def _joined(self, answers: Sequence[Floats]) -> npt.NDArray[np.float32]:
        """Answers of the members as features of a stack."""

    @abstractmethod
    def _fit_stack(self, joined: npt.NDArray[np.float32], target: npt.NDArray[Any]) -> Layers:
        """Train a stack."""

    @abstractmethod
    def _by_stack(self, stack: Layers, joined: npt.NDArray[np.float32]) -> Floats:
        """Answers of a stack, (n, k) or (n,)."""
