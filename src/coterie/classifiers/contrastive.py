"""An encoder tuned to separate the classes, and the few-shot model on it."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from coterie.classifiers.classification_heads import Features, Floats
from coterie.classifiers.crossfit import FoldFeatures, cross_fit
from coterie.classifiers.few_shot import FewShotClassifier
from coterie.classifiers.inputs import TextsOrFrame
from coterie.classifiers.scope import Bools
from coterie.encoders import Encoder, GivenVectors, embed_texts, encoder_folder, load_encoder
from coterie.errors import CoterieWarning, EncoderError, InputError, OptionError
from coterie.extras import require
from coterie.metrics import label_cosines
from coterie.metrics.folds import assign_folds
from coterie.options import TrainerOptions
from coterie.progress import current
from coterie.scratch import ScratchFolder
from coterie.tuning.check import Check
from coterie.tuning.unfinished import UnfinishedTrainings

__all__ = ["ContrastiveClassifier", "EmbeddingQuality"]

Ints = npt.NDArray[np.int64]

# The loss, the projection and its learning rate were settled on training rows of Banking77 that
# were not drawn (10 a class: accuracy 0.865, frozen encoder 0.859; benchmarks/RESULTS.md, Q4). The
# figures below are judgements, not measured one by one.
_KEPT_SHARE, _KEPT_LEAST, _KEPT_MOST = 0.1, 60, 1000  # validation rows
_KEPT_MOST_SHARE = 0.3
_STEPS, _SMALLEST, _LARGEST = 6, 16, 128  # steps in an epoch; pairs in a batch
_CHARACTERS = 64_000  # of a batch, so that its activations fit in memory
_FEW = 300  # rows: at 10 of each of 77 classes tuning gained 0.6 points (RESULTS.md, Q4)
_TELLING = 3  # validation rows of a class, on average, from which on they choose the epoch


@dataclass(frozen=True, slots=True)
class EmbeddingQuality:
    """How well an encoder separates the classes, on validation rows.

    Attributes
    ----------
    within
        Class to the mean cosine of two of its rows.
    between
        Mean cosine of two rows of different classes.
    quality
        Mean cosine within classes minus that between them.
    auc
        Probability that two rows of one class are more similar than two of different ones.
    """

    within: Mapping[str, float]
    between: float
    quality: float
    auc: float


@dataclass(eq=False, repr=False)
class ContrastiveClassifier(FewShotClassifier):
    """An encoder tuned with InfoNCE and a triplet loss, and the few-shot model on it.

    Each batch is made of pairs of one class. InfoNCE makes each text find its partner in the batch,
    and the triplet loss makes the partner nearer than the nearest text of another class. Validation
    rows that tuning does not see choose the epoch and the settings of the head, and calibrate the
    confidence; the head then learns from all rows. The untuned encoder is kept where the tuned one
    is no better on these rows, or where no row can be held out. Training needs torch, predicting
    does not. The other parameters and attributes are those of
    `coterie.classifiers.base.TextClassifier`.

    Parameters
    ----------
    encoder
        The encoder to start from: ``minilm``, or a BERT or DistilBERT with mean pooling by folder
        or hub name.
    projection
        Width of the projection head (d, d, ReLU, dropout 0.1, ``projection``) that the losses use
        and that is removed after training; 0 for none.
    epochs, learning_rate
        Of the tuning, see `coterie.options.TrainerOptions`.
    batch
        Pairs in a step; None for a sixth of the rows, from 16 to 128 and fewer of long texts.
    max_length
        Tokens of a text that tuning reads; None for the encoder's own limit.

    Attributes
    ----------
    history_
        A `coterie.tuning.check.Check` for each epoch.
    best_epoch_
        The epoch whose weights are kept; 0 for the untuned encoder.
    quality_, base_quality_
        `EmbeddingQuality` of the tuned encoder and of the one it started from; None where there are
        too few validation rows.
    """

    kind = "contrastive"

    _: KW_ONLY
    projection: int = 128
    epochs: int = 5
    batch: int | None = None
    learning_rate: float = 1e-4
    max_length: int | None = None

    def _check(self) -> None:
        super()._check()
        require("torch", extra="torch", purpose="Training the contrastive model")
        if self.pooling != "text":
            raise OptionError("The contrastive model reads whole texts: set pooling to text.")
        if self.folds is not None:
            raise OptionError(
                "The contrastive model tunes its encoder once, and has validation rows in place of "
                "folds: leave --folds (folds=) out."
            )
        if not isinstance(self.encoder, str):
            raise OptionError("The contrastive model tunes an encoder: give its name.")
        self._options([])

    def _options(self, texts: Sequence[str]) -> TrainerOptions:
        return TrainerOptions(
            loss="contrastive",
            projection=self.projection,
            epochs=self.epochs,
            batch=_batch(texts) if self.batch is None else self.batch,
            learning_rate=self.learning_rate,
            max_length=self.max_length,
            seed=self.seed,
        )

    def fit(self, X: TextsOrFrame, y: Any, groups: Any = None) -> Self:
        """Learn from labelled rows; see `coterie.classifiers.base.TextClassifier.fit`."""
        with UnfinishedTrainings(self.cache) as self._unfinished:
            super().fit(X, y, groups)
        del self._unfinished
        return self

    def _states(self, texts: Sequence[str], labels: npt.NDArray[np.object_]) -> Path:
        """Give the folder of an interrupted training; what is in it says what it is of."""
        digest = hashlib.sha256(repr((self.encoder, self.seed)).encode())
        for text, label in zip(texts, labels, strict=True):
            digest.update(repr((text, label)).encode("utf-8", "surrogatepass"))
        return self._unfinished.folder(digest.hexdigest())

    def _fit_encoder(self, texts: Sequence[str], codes: Ints, clusters: Ints) -> Encoder:
        from coterie.encoders.bert import FastEncoder, read_bert_folder
        from coterie.tuning.save import save_encoder
        from coterie.tuning.train import train

        name = str(self.encoder)
        folder = read_bert_folder(encoder_folder(name))
        if folder is None:
            raise EncoderError(
                f"The encoder {name} cannot be tuned: name a BERT or DistilBERT with mean pooling, "
                "such as minilm."
            )
        base = load_encoder(name)
        folder = getattr(base, "spec", folder)  # with the prefix of its name
        vectors = embed_texts(texts, base, cache=self.cache)
        if np.bincount(codes).max() < 2:
            raise InputError(
                "The encoder cannot be tuned on these rows, because no label has two of them: give "
                "more labelled rows."
            )
        kept = self._kept = _kept(codes, clusters, self.seed)
        self.history_: tuple[Check, ...] = ()
        self.best_epoch_, self.quality_, self.base_quality_ = 0, None, None
        if not len(kept):
            _warn(
                "No validation rows can be held out, so the encoder is not tuned: give three rows "
                "of each label or more."
            )
            return base
        if len(texts) < _FEW:
            _warn(
                f"{len(texts):,} rows are few to tune an encoder: compare the model contrastive "
                "with few-shot and linear."
            )
        labels = self.classes_[codes].astype(str).astype(object)
        # validation rows choose the epoch too, where each class has some
        telling = len(kept) >= _TELLING * len(self.classes_)
        seen = np.arange(len(texts)) if telling else np.setdiff1d(np.arange(len(texts)), kept)
        try:
            training = train(
                folder,
                [texts[row] for row in seen.tolist()],
                labels[seen],
                vectors[seen],
                kept if telling else np.zeros(0, dtype=np.int64),
                checkpoints=self._states(texts, labels),
                options=self._options(texts),
            )
        except InputError as error:
            raise InputError(f"The encoder cannot be tuned on these rows. {error}") from error
        about = {"base": base.name, "best_epoch": training.best}
        home = ScratchFolder()
        save_encoder(folder, training.weights, home.path, about=about)
        self.history_ = training.checks
        tuned = FastEncoder(home.path, name=f"{base.name}, tuned")
        home.keep_for(tuned)
        judged = [texts[row] for row in kept.tolist()]
        self.base_quality_ = _quality(vectors[kept], labels[kept])
        self.quality_ = _quality(tuned.encode(judged), labels[kept])
        if training.best == 0 or self._better([base, tuned], texts, codes) is base:
            why = "made all texts alike" if training.collapsed else "was no better"
            _warn(
                f"Tuning {base.name} {why} on the validation rows, so the untuned encoder is kept: "
                "few-shot gives the same in less time."
            )
            self.quality_ = self.base_quality_
            return base
        self.best_epoch_ = training.best
        return tuned

    def _better(self, encoders: Sequence[Encoder], texts: Sequence[str], codes: Ints) -> Encoder:
        """Choose the encoder on which the head has the lowest loss; the first where they tie."""
        tried = []
        for encoder in encoders:
            self.encoder_ = encoder
            vectors = embed_texts(texts, encoder, cache=self.cache)
            tried.append((encoder, self._validated(vectors, codes)[1]))
        better: Encoder = self._best_of(tried, codes)[0]
        return better

    def _given_encoder(self, vectors: Features) -> GivenVectors:  # noqa: ARG002
        raise OptionError(
            "The model contrastive tunes an encoder on texts, and vectors were given: choose "
            "linear, few-shot or mlp."
        )

    def _judge(self, features: FoldFeatures, codes: Ints, clusters: Ints) -> tuple[Any, Floats]:
        """Score the validation rows only: the encoder was tuned on the others."""
        if not len(self._kept):  # then the encoder was not tuned either
            return super()._judge(features, codes, clusters)
        return self._validated(features, codes)

    def _validated(self, features: FoldFeatures, codes: Ints) -> tuple[Any, Floats]:
        """Choose a setting by the validation rows, and score them."""
        folds = np.zeros(len(codes), dtype=np.int64)
        folds[self._kept] = 1

        settings = list(self._settings())
        with current().stage(f"Validating {self.kind}", len(settings)) as stage:
            classes = len(self.classes_)
            tried = cross_fit(
                self._fit_head, settings, features, codes, folds, classes, stage=stage, only=1
            )
            return self._best_of(list(zip(settings, tried, strict=True)), codes)

    @property
    def _spells(self) -> bool:
        return False  # its constants were settled without

    def _fresh(self, rows: int) -> Bools | None:
        if not len(self._kept):
            return None
        fresh = np.zeros(rows, dtype=np.bool_)
        fresh[self._kept] = True
        return fresh


def _batch(texts: Sequence[str]) -> int:
    """Pairs in a step: few enough for some steps in an epoch, and for memory."""
    longest = 2 * max((len(text) for text in texts), default=1)
    wanted = min(max(len(texts) // _STEPS, _SMALLEST), _LARGEST)
    return max(min(wanted, _CHARACTERS // longest), 2)


def _kept(codes: Ints, clusters: Ints, seed: int) -> Ints:
    """Choose validation rows: a tenth, or 60 if these are no more than 3 in 10.

    Rows of a label that would have fewer than two left stay in training, and their copies too. None
    where that leaves rows of fewer than two labels.
    """
    n = len(codes)
    wanted = min(max(_KEPT_SHARE * n, _KEPT_LEAST), _KEPT_MOST_SHARE * n, _KEPT_MOST)
    folds = max(2, round(n / max(wanted, 1)))
    kept = assign_folds(codes, clusters, folds, seed=seed) == 0
    while True:
        short = np.bincount(codes[~kept], minlength=int(codes.max()) + 1) < 2
        back = kept & np.isin(clusters, clusters[kept & short[codes]])
        if not back.any():
            break
        kept &= ~back
    return np.flatnonzero(kept & (len(np.unique(codes[kept])) > 1))


def _warn(text: str) -> None:
    warnings.warn(text, CoterieWarning, stacklevel=2)


def _quality(vectors: Features, labels: npt.NDArray[np.object_]) -> EmbeddingQuality | None:
    if len(set(labels.tolist())) < 2:
        return None
    found = label_cosines(vectors, labels)
    within = {
        str(row["label"]): float(row["within"])
        for row in found.labels.to_dict("records")
        if np.isfinite(row["within"])
    }
    between = found.between_mean
    return EmbeddingQuality(within, between, found.within_mean - between, found.auc)
