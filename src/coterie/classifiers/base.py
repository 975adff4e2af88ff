"""What all classifiers of texts have in common; each adds how its head is trained."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.classification_heads import Features, Floats, Head
from coterie.classifiers.confidence import Confidence, fit_confidence, judged_rows
from coterie.classifiers.crossfit import FoldFeatures, cross_fit
from coterie.classifiers.examples import draw_rows, keep_examples
from coterie.classifiers.features.context import ContextEncoder, fit_context
from coterie.classifiers.features.spelling import SPELLING
from coterie.classifiers.features.texts import Pooling, embed_rows, find_speakers, join_features
from coterie.classifiers.inputs import (
    Inputs,
    TextsOrFrame,
    encode_labels,
    number_groups,
    read_inputs,
)
from coterie.classifiers.model import BaseModel, Held, ProbabilityClassifier
from coterie.classifiers.predictions import Predictions, Shares, doubt, predictions_of
from coterie.classifiers.scope import Bools, Standing
from coterie.classifiers.scope_fit import OUTSIDE, UNKNOWN, fit_scope
from coterie.classifiers.training_rows import (
    Hashes,
    TrainingRows,
    content_hashes,
    training_rows,
)
from coterie.encoders import (
    UNKNOWN_ENCODER,
    EmbeddingCache,
    Encoder,
    GivenVectors,
    NoCache,
    Vectors,
    learns_from_texts,
    load_encoder,
)
from coterie.errors import (
    CoterieWarning,
    EncoderMismatchError,
    InputError,
    NoRowsError,
    OptionError,
)
from coterie.metrics.folds import assign_folds
from coterie.progress import current
from coterie.records.formats.arrow import as_pandas

__all__ = ["TextClassifier"]

Ints = npt.NDArray[np.int64]

_FOLDS = 5  # a convention of the field
_MOST_FOLDS, _FEW = 10, 1000  # more folds where rows are few and fits quick: a judgement
_MANY = 4000  # rows from which one fold is enough to choose a setting: a judgement


@dataclass(eq=False, repr=False)
class TextClassifier(ProbabilityClassifier, BaseModel):
    """Base of the classifiers that embed a text and put a head on its vector.

    Parameters
    ----------
    encoder
        A name that `coterie.encoders.load_encoder` knows, or an encoder.
    pooling
        ``"text"``: the whole text, as far as the encoder reads. ``"lines"``: the mean over its
        lines, such as sessions. ``"speakers"``: the mean over the lines of each speaker, for
        conversations whose lines are like ``"seller: Good morning"``.
    text
        Name of the text column, where rows are given as a frame.
    context
        Context columns of the frame that are features too.
    accuracy
        Accuracy wanted for rows that are not ambiguous; None to halve the share of errors. See
        `coterie.classifiers.confidence`.
    unknown
        Share of texts of unknown classes that may be assigned: the fewer, the more rows are
        ambiguous; with 1 the confidence alone decides. See `coterie.classifiers.scope_fit`.
    outside
        Share of texts of the known classes that may be outside; with 0 nothing is outside.
    class_names
        Class to its name in words, where the classes are ids.
    folds
        Of the cross-validation, 2 or more; None for 5, or 10 where rows are few.
    seed
        Random seed.
    cache
        Where vectors are kept; the user's own cache when None. It is not part of a saved model.

    Attributes
    ----------
    classes_
        Shape (k,): the classes, sorted.
    encoder_
        The encoder.
    speakers_
        The speakers, where lines are pooled by speaker.
    context_
        The fitted context columns, or None.
    head_
        Features into scores.
    confidence_
        Scores into probabilities, and the threshold below which a row is ambiguous.
    examples_
        Training rows that are kept.
    scope_
        Which texts belong to one of the classes; None where nothing could be measured, and in
        models that were saved by earlier versions.
    rows_
        The contents of the training rows, to find them again; None in models that were saved by
        earlier versions.
    spelling_
        Whether the spelling of a text is among the features, see `coterie.classifiers.few_shot`.
    held_
        Out-of-fold predictions; None in a model that was loaded.
    setting_
        What was chosen by cross-validation, such as the strength of regularisation.
    """

    spelling_ = False

    encoder: str | Encoder = "minilm"
    _: KW_ONLY
    pooling: Pooling = "text"
    text: str = "text"
    context: Sequence[str] = ()
    accuracy: float | None = None
    unknown: float = UNKNOWN
    outside: float = OUTSIDE
    class_names: Mapping[Any, str] | None = None
    folds: int | None = None
    seed: int = 0
    cache: EmbeddingCache | None = None

    def fit(self, X: TextsOrFrame, y: Any, groups: Any = None) -> Self:
        """Learn from labelled rows.

        Parameters
        ----------
        X
            n texts, or a frame of n rows with a text column and context columns. In place of texts
            there may be vectors, an array (n, dim): the encoder is not used then, and the model
            predicts vectors only.
        y
            n labels, of two classes at least.
        groups
            n values; rows of one value, such as a person, are kept in one fold of the
            cross-validation. A row without one is a group of its own. By default rows of one text
            are a group.

        Raises
        ------
        InputError
            When a text is blank, a label is missing, or there is only one class.
        ColumnError
            When a column is not in the frame.
        OptionError
            When a parameter is out of bounds.

        Warns
        -----
        CoterieWarning
            When no class has rows in two groups, so that confidence cannot be calibrated.
        """
        self._check()
        inputs = read_inputs(X, self.text)
        self.rows_: TrainingRows | None = training_rows(self.contents(X))
        codes, classes = encode_labels(y, len(inputs))
        if len(set(inputs.keys)) < 2 and not self.context:
            what = "texts" if inputs.vectors is None else "vectors"
            raise InputError(f"All {what} are the same: give {what} that differ.")
        self.classes_, self.origin_ = classes, None
        self.context_ = self._fit_context(inputs)
        clusters = _clusters(inputs.keys, groups, with_context=self.context_ is not None)
        if inputs.vectors is None:
            self.encoder_ = self._fit_encoder(inputs.texts, codes, clusters)
        else:
            self.encoder_ = self._given_encoder(inputs.vectors)
        self._note_reading(inputs.texts)
        self.speakers_ = find_speakers(inputs.texts) if self.pooling == "speakers" else ()
        vectors = self.vectors_of(inputs)
        self.spelling_ = self._spells and inputs.vectors is None
        features = self._join(vectors, inputs)
        judged_by = self._fold_features(inputs, features)
        self.folds_: Ints | None = None
        self.setting_, scores = self._judge(judged_by, codes, clusters)
        self.confidence_ = fit_confidence(scores, codes, accuracy=self.accuracy)
        if not judged_rows(scores, codes).any():
            warnings.warn(
                "The confidence is not calibrated and all answers are ambiguous, because no label "
                "has rows in two groups: give more rows.",
                CoterieWarning,
                stacklevel=2,
            )
        with current().stage(f"Training {self.kind} on all rows"):
            self.head_ = self._fit_head(features, codes, np.arange(len(classes)), self.setting_)
        self.examples_ = keep_examples(
            vectors, codes, inputs.texts, seed=self.seed, outside=self.outside
        )
        self.scope_, belonging = fit_scope(
            vectors,
            codes,
            clusters,
            self.examples_,
            draw_rows(codes, self.seed),
            seed=self.seed,
            unknown=self.unknown,
            outside=self.outside,
            fresh=self._fresh(len(codes)),
        )
        standing = None if self.scope_ is None else self.scope_.standing_of(belonging)
        self.held_: Held | None = _held(scores, codes, self.confidence_, self.folds_, standing)
        return self

    def contents(self, X: TextsOrFrame) -> Hashes:
        """Hash what the model reads of each row, (n,) uint64; see `TrainingRows`."""
        X = as_pandas(X)
        if not isinstance(X, pd.DataFrame):
            return content_hashes(X)
        read = [name for name in (self.text, *self.context) if name in X.columns]
        return content_hashes(X[read] if self.context else X[self.text].tolist())

    def __sklearn_tags__(self) -> Tags:
        """Say that it takes texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags

    def predict_proba(self, X: TextsOrFrame) -> Floats:
        """Give the calibrated probabilities, (n, k) float64, in the order of ``classes_``."""
        check_is_fitted(self)
        inputs = read_inputs(X, self.text)
        shares = self.probabilities_of(self.vectors_of(inputs), inputs)
        return doubt(shares, self._shares_read(inputs.texts))

    def decide(self, X: TextsOrFrame) -> Predictions:
        """Predict, and mark rows that are ambiguous or outside; see `Predictions`."""
        return self.decisions_of(self.transform(X), self.readable(X))

    def readable(self, X: TextsOrFrame) -> Shares:
        """Give the share of each text that the encoder reads, (n,) float32: see `doubt`."""
        check_is_fitted(self)
        return self._shares_read(read_inputs(X, self.text).texts)

    def transform(self, X: TextsOrFrame) -> Features:
        """Give the features of rows: vectors of the texts, beside them context and spelling."""
        check_is_fitted(self)
        inputs = read_inputs(X, self.text)
        return self._join(self.vectors_of(inputs), inputs)

    def decisions_of(self, features: Features, readable: Shares | None = None) -> Predictions:
        """Decide as `decide` does, given what `transform` and `readable` make of the rows."""
        probabilities = self.confidence_.probabilities(self.head_.scores(features))
        standing = self.standing_of(features[:, : self.vector_width])
        return predictions_of(
            probabilities,
            self.classes_,
            self.confidence_.threshold,
            standing.outside,
            readable,
            standing.doubtful,
        )

    def standing_of(self, vectors: Vectors) -> Standing:
        """Tell which texts are outside or doubtful, given their vectors (n, dim) by `embed`."""
        if self.scope_ is not None:
            return self.scope_.standing(vectors)
        return Standing(self.examples_.outside(vectors), np.zeros(len(vectors), np.bool_))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts with the model's pooling: (n, dim) float32, unit length."""
        return embed_rows(texts, self.encoder_, self.pooling, self.cache, self.speakers_)

    def vectors_of(self, inputs: Inputs) -> Vectors:
        """Give the vectors of rows: those given, or those of their texts, see `embed`.

        Raises
        ------
        InputError
            When texts are given to a model that was trained on vectors.
        EncoderMismatchError
            When vectors of another width are given.
        """
        if inputs.vectors is None:
            return self.embed(inputs.texts)
        if inputs.vectors.shape[1] != self.vector_width:
            raise EncoderMismatchError(
                f"The model reads vectors of width {self.vector_width}, and these have width "
                f"{inputs.vectors.shape[1]}: give vectors of the encoder that it was trained with."
            )
        return inputs.vectors

    def probabilities_of(self, vectors: Vectors, inputs: Inputs) -> Floats:
        """Give the probabilities (n, k) of rows whose texts are embedded already."""
        return self.confidence_.probabilities(self._scores(vectors, inputs))

    def log_odds_of(self, vectors: Vectors, inputs: Inputs, place: int) -> Floats:
        """Give the log-odds of ``classes_[place]`` against all others, (n,); see `Confidence`."""
        return self.confidence_.log_odds(self._scores(vectors, inputs), place)

    def learn_head(self, features: Features, codes: Ints) -> tuple[Head, Ints]:
        """Train a head with the same setting on other rows, without cross-validation.

        Given features (n, d) by `transform` and codes (n,), places of two or more of ``classes_``,
        gives the head and which of ``classes_`` it scores.
        """
        known, numbered = np.unique(codes, return_inverse=True)
        return self._fit_head(features, numbered, known, self.setting_), known

    @property
    def vector_width(self) -> int:
        """Columns of the vector of a text."""
        return self.encoder_.dim * max(len(self.speakers_), 1)

    @property
    def width(self) -> int:
        """Columns of all features."""
        context = self.context_.width if self.context_ else 0
        return self.vector_width + context + SPELLING * self.spelling_

    def _join(self, vectors: Vectors, inputs: Inputs) -> Features:
        return join_features(vectors, self.context_, inputs, spelling=self.spelling_)

    def _scores(self, vectors: Vectors, inputs: Inputs) -> Floats:
        return self.head_.scores(self._join(vectors, inputs))

    def _check(self) -> None:
        """Raise `OptionError` where a parameter is out of bounds."""
        if self.pooling not in ("text", "lines", "speakers"):
            raise OptionError(f"pooling is {self.pooling!r}: choose text, lines or speakers.")
        if self.folds is not None and self.folds < 2:
            raise OptionError(f"The number of folds is {self.folds}: give 2 or more.")
        if self.accuracy is not None and not 0 < self.accuracy <= 1:
            raise OptionError(f"accuracy is {self.accuracy}: give a share above 0, at most 1.")
        if not 0 <= self.unknown <= 1:
            raise OptionError(f"unknown is {self.unknown}: give a share from 0 to 1.")
        if not 0 <= self.outside < 1:
            raise OptionError(f"outside is {self.outside}: give a share from 0, below 1.")

    def _fit_context(self, inputs: Inputs) -> ContextEncoder | None:
        if not self.context:
            return None
        frame = pd.DataFrame() if inputs.context is None else inputs.context
        return fit_context(frame, self.context)

    def _fit_encoder(self, texts: Sequence[str], _codes: Ints, _clusters: Ints) -> Encoder:
        """Load the encoder; a subclass may tune it to the labels."""
        if not isinstance(self.encoder, str):
            return self.encoder
        return load_encoder(self.encoder, fit_on=texts)

    def _given_encoder(self, vectors: Vectors) -> GivenVectors:
        """Give what stands for the encoder of vectors that were given."""
        if self.pooling != "text":
            raise OptionError(
                f"pooling is {self.pooling!r} and vectors were given, which are not of lines: "
                "leave it out."
            )
        known, dim = self.encoder, vectors.shape[1]
        if isinstance(known, GivenVectors) and known.dim == dim:
            return known
        return GivenVectors(UNKNOWN_ENCODER, dim)

    def _fresh(self, rows: int) -> Bools | None:  # noqa: ARG002
        """Which training rows the encoder was not tuned on, (n,); None where it is not tuned."""
        return None

    @property
    def _spells(self) -> bool:
        """Whether it learns from the spelling of texts too."""
        return False

    @property
    def _encoder_learns(self) -> bool:
        """Whether the encoder is fitted to the training texts, without their labels."""
        given = isinstance(getattr(self, "encoder_", None), GivenVectors)
        return isinstance(self.encoder, str) and learns_from_texts(self.encoder) and not given

    @abstractmethod
    def _fit_head(self, features: Features, codes: Ints, known: Ints, setting: Any) -> Head:
        """Train a head on features (n, d) and codes (n,), places in ``known``.

        ``known`` says which of ``classes_`` the codes mean; ``setting`` is one of ``_settings``.
        """

    def _settings(self) -> Sequence[Any]:
        """List the settings that cross-validation chooses from."""
        return (None,)

    def _fold_features(self, inputs: Inputs, features: Features) -> FoldFeatures:
        """Give the features for cross-validation: each fold's own, where the encoder is fitted."""
        if not self._encoder_learns:
            return features
        named = str(self.encoder)

        def learnt_from(rows: Ints) -> Features:
            texts = [inputs.texts[row] for row in rows.tolist()]
            try:
                encoder = load_encoder(named, fit_on=texts)
            except NoRowsError:  # no word but in the others
                return features
            vectors = embed_rows(inputs.texts, encoder, self.pooling, NoCache(), self.speakers_)
            return self._join(vectors, inputs)

        return learnt_from

    def _judge(self, features: FoldFeatures, codes: Ints, clusters: Ints) -> tuple[Any, Floats]:
        """Choose a setting, and score each row with a head that has not learnt from it."""
        few = len(codes) < _FEW and not callable(features)  # whose making anew takes a while
        count = self.folds or (_MOST_FOLDS if few else _FOLDS)
        folds = self.folds_ = assign_folds(codes, clusters, count, seed=self.seed)
        settings = list(self._settings())
        # with many rows one fold is enough to choose a setting
        only = int(folds[0]) if len(codes) >= _MANY and len(settings) > 1 else None

        every = len(np.unique(folds))
        fits = len(settings) * every if only is None else len(settings) + every

        def scored(settings: Sequence[Any], only: int | None) -> list[Floats]:
            classes = len(self.classes_)
            return cross_fit(
                self._fit_head, settings, features, codes, folds, classes, stage=stage, only=only
            )

        with current().stage(f"Cross-validating {self.kind}", fits) as stage:
            tried = scored(settings, only)
            chosen, scores = self._best_of(list(zip(settings, tried, strict=True)), codes)
            return chosen, scores if only is None else scored([chosen], None)[0]

    @staticmethod
    def _best_of(tried: Sequence[tuple[Any, Floats]], codes: Ints) -> tuple[Any, Floats]:
        """Give the setting of the lowest loss, and its scores."""
        return min(tried, key=lambda each: _loss(each[1], codes))


def _clusters(texts: Sequence[str], groups: Any, *, with_context: bool) -> Ints:
    """Give one number to the rows of one group or, without groups, of one text."""
    if groups is not None:
        return number_groups(groups, len(texts))
    if with_context and len(set(texts)) < 2:
        return np.arange(len(texts))
    return np.asarray(pd.factorize(np.array(texts, dtype=object))[0], dtype=np.int64)


def _loss(scores: Floats, codes: Ints) -> float:
    """Mean negative log-likelihood at the best temperature, of rows with a score of their class."""
    rows = np.flatnonzero(judged_rows(scores, codes))
    if not len(rows):
        return np.inf
    confidence = fit_confidence(scores[rows], codes[rows], accuracy=1.0)
    shares = confidence.probabilities(scores[rows])[np.arange(len(rows)), codes[rows]]
    return float(-np.log(np.maximum(shares, 1e-12)).mean())


def _held(
    scores: Floats,
    codes: Ints,
    confidence: Confidence,
    folds: Ints | None,
    standing: Standing | None,
) -> Held:
    known = np.flatnonzero(~np.isnan(scores).any(axis=1))
    held = Held(np.arange(len(codes)), codes, scores, folds, standing).take(known)
    return replace(held, probabilities=confidence.probabilities(held.probabilities))
