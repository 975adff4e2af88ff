"""Labelled records into a better encoder, compared with its base on test rows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import (
    EmbeddingCache,
    Encoder,
    Readability,
    Vectors,
    embed_texts,
    encoder_folder,
    load_encoder,
)
from coterie.errors import ColumnError, EncoderError, InputError
from coterie.extras import require
from coterie.options import TrainerOptions, TuneOptions
from coterie.profile.links import linked_texts
from coterie.progress import current
from coterie.records import Records, require_texts
from coterie.scratch import ScratchFolder
from coterie.tuning import (
    Decided,
    Suspects,
    TrainTestSplit,
    apply_decisions,
    find_suspects,
    split_rows,
)
from coterie.tuning.save import ENCODER_FILES, save_encoder
from coterie.workflows.reading import check_reading
from coterie.workflows.training.labels import check_labels
from coterie.workflows.tuning.comparison import (
    EncoderComparison,
    JudgedEncoder,
    compare_encoders,
    judge,
)
from coterie.workflows.tuning.corrections import correct_labels, read_corrections, suspects_table

if TYPE_CHECKING:
    from coterie.encoders.bert import BertFolder, FastEncoder
    from coterie.tuning.train import Training

__all__ = ["TuneResult", "can_tune", "tune_encoder"]

# Validation rows, see docs/methodology.md.
_KEPT_SHARE, _KEPT_MOST = 0.1, 1000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TuneResult:
    """A tuned encoder, what it was trained on, and how it compares with its base.

    Attributes
    ----------
    records
        All rows.
    label
        The column learnt from.
    labels
        Shape (n,): the labels as they were used.
    split
        Training and test rows.
    kept
        Validation rows: the training rows by which the best epoch was chosen.
    suspects, decided
        Labels that the data contradicts among the training rows, numbered within these, and what
        was done.
    training
        How the training went.
    comparison
        Both encoders on the test rows.
    settings
        Of the training.
    readability
        What the base encoder can read of the texts.
    encoder
        The tuned encoder. Its files are in a temporary folder, as long as it is there.
    origin
        Folder of the encoder that it came from.
    name
        What the encoder is called.
    title
        Of the page.
    """

    records: Records
    label: str
    labels: npt.NDArray[np.object_]
    split: TrainTestSplit
    kept: npt.NDArray[np.int64]
    suspects: Suspects
    decided: Decided
    training: Training
    comparison: EncoderComparison
    settings: TrainerOptions
    readability: Readability
    encoder: FastEncoder
    origin: Path
    name: str
    title: str

    form: ClassVar[int] = 1
    files: ClassVar[Sequence[str]] = (*ENCODER_FILES, "suspects.csv", "split.csv")

    @property
    def base(self) -> JudgedEncoder:
        """The base encoder on the test rows."""
        return self.comparison.base

    @property
    def tuned(self) -> JudgedEncoder:
        """The tuned encoder on the test rows."""
        return self.comparison.tuned

    @property
    def learnt_from(self) -> int:
        """The number of rows that the weights were learnt from."""
        return sum(label is not None for label in self.decided.labels) - len(self.kept)

    @property
    def verdict(self) -> str:
        """Whether tuning helped, by how much, and what has become worse, in words."""
        if self.training.best == 0:
            why = "no epoch separated the labels of the validation rows better"
            if self.training.collapsed:
                why = "training made all texts alike and was stopped"
            return f"The base encoder was kept, because {why}. {self.comparison.verdict}"
        return self.comparison.verdict

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows that were set aside."""
        return self.records.rejects

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Labels to look at, and the label and use of each row."""
        used = np.full(len(self.records), "", dtype=object)
        used[self.split.train], used[self.split.test] = "train", "test"
        used[self.kept] = "validation"
        return {
            "suspects.csv": suspects_table(self.records, self.split.train, self.suspects),
            "split.csv": pd.DataFrame({"id": self.records.ids, "label": self.labels, "used": used}),
        }

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        decided, training = self.decided, self.training
        return {
            "form": self.form,
            "source": self.records.source,
            "rows": len(self.records),
            "set_aside": len(self.rejects),
            "label": self.label,
            "labels": len(
                {value for value in self.records.labels[self.label] if value is not None}
            ),
            "unlabelled": self.split.unlabelled,
            "learnt_from": self.learnt_from,
            "kept_back": len(self.kept),
            "judged_on": len(self.split.test),
            "train_only_labels": list(self.split.train_only),
            "suspects": {
                "found": len(self.suspects.table),
                "kept": decided.kept,
                "dropped": decided.dropped,
                "fixed": decided.fixed,
            },
            "training": {
                "steps": training.steps,
                "seconds": round(training.seconds, 3),
                "best_epoch": training.best,
                "precision": training.precision,
                "epochs": [asdict(check) for check in training.checks],
            },
            "base": self.base.to_dict(),
            "tuned": self.tuned.to_dict(),
            "differences": self.comparison.to_dict(),
            "verdict": self.verdict,
            "settings": self.settings.model_dump(),
            "readability": self.readability.to_dict(),
        }

    def write_parts(self, folder: Path) -> None:
        """Write the encoder, which `coterie.encoders.load_encoder` takes by its path."""
        shutil.copytree(self.encoder.folder, folder, dirs_exist_ok=True)


def tune_encoder(
    records: Records,
    options: TuneOptions | None = None,
    *,
    name: str = "tuned",
    checkpoints: Path | None = None,
    cache: EmbeddingCache | None = None,
) -> TuneResult:
    """Tune an encoder on labelled records, and compare it with the base encoder.

    Exact and near duplicates stay on one side of the split. Both encoders go through the same
    discovery with the same random seed, on test rows.

    Parameters
    ----------
    records
        With at least one label column.
    options
        What to do; the defaults when None.
    name
        What the tuned encoder is called.
    checkpoints
        Folder for the state of the training, from which an interrupted run goes on; remove it when
        the result is saved. None keeps the state only as long as the run.
    cache
        Where vectors are kept; the user's own when None.

    Raises
    ------
    ColumnError
        When there is no such label column, or several and none is named.
    InputError
        When there are no texts, or the labels give nothing to learn from or to judge by.
    EncoderError
        When the encoder cannot be tuned.
    MissingExtraError
        When torch is not installed.
    StoreError
        When the state of the training cannot be written.
    """
    options = options or TuneOptions()
    require_texts(records, "Tuning")
    require("torch", extra="torch", purpose="Tuning an encoder")
    from coterie.encoders.bert import read_bert_folder
    from coterie.tuning.train import train

    label = _label(records, options.label)
    known = records.labels[label]
    known = known[[value is not None for value in known]]
    check_labels(label, known, model="a tuned encoder")
    origin = encoder_folder(options.encoder, token=options.token)
    base_folder = read_bert_folder(origin)
    if base_folder is None:
        raise EncoderError(
            f"The encoder {options.encoder} cannot be tuned: name a BERT or DistilBERT with mean "
            "pooling, such as minilm."
        )
    base = load_encoder(options.encoder, token=options.token)
    base_folder = getattr(base, "spec", base_folder)  # with the prefix of its name
    texts, seed = records.texts, options.seed
    read, _ = check_reading(base, texts.tolist())
    vectors = embed_texts(texts.tolist(), base, cache=cache)
    clusters = linked_texts(texts.tolist(), threshold=options.near, seed=seed)
    split = split_rows(records.label_texts[label], clusters, test=options.test, seed=seed)
    path = options.corrections
    corrections = {} if path is None else read_corrections(path, records)
    suspects, decided = _guard(records, label, split, vectors, clusters, corrections, options)
    labels = (records if path is None else correct_labels(records, label, path)).label_texts[label]
    split = replace(split, test=split.test[[labels[row] is not None for row in split.test]])
    labels[split.train] = decided.labels
    learnt = split.train[[value is not None for value in decided.labels]]
    kept = _kept(labels[learnt], clusters[learnt], seed)
    with ExitStack() as stack:
        states = checkpoints or stack.enter_context(ScratchFolder())
        training = train(
            base_folder,
            texts[learnt].tolist(),
            labels[learnt],
            vectors[learnt],
            kept,
            checkpoints=states,
            options=options,
        )
    tuned = _tuned(base_folder, training, base, name)
    base_side, tuned_side = (
        judge(
            encoder,
            texts[split.test].tolist(),
            embedded[split.test],
            labels[split.test],
            (embedded[learnt], labels[learnt]),
            seed=seed,
        )
        for encoder, embedded in (
            (base, vectors),
            (tuned, embed_texts(texts.tolist(), tuned, cache=cache)),
        )
    )
    return TuneResult(
        records=records,
        label=label,
        labels=labels,
        split=split,
        kept=learnt[kept],
        suspects=suspects,
        decided=decided,
        training=training,
        comparison=compare_encoders(base_side, tuned_side, labels[split.test]),
        settings=options.part(TrainerOptions),
        readability=read,
        encoder=tuned,
        origin=origin,
        name=name,
        title=options.title,
    )


def can_tune(encoder: str, *, token: str | None = None) -> bool:
    """Whether `tune_encoder` takes an encoder: a BERT or DistilBERT with mean pooling."""
    from coterie.encoders.bert import read_bert_folder

    try:
        return read_bert_folder(encoder_folder(encoder, token=token)) is not None
    except EncoderError:
        return False


def _label(records: Records, wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in records.labels:
            raise ColumnError(f"The records have no label {wanted!r}: name it among their labels.")
        return wanted
    if len(records.labels) != 1:
        named = ", ".join(records.labels) or "none"
        raise ColumnError(f"Tuning learns from one label column and there are {named}: name one.")
    return next(iter(records.labels))


def _guard(
    records: Records,
    label: str,
    split: TrainTestSplit,
    vectors: Vectors,
    clusters: npt.NDArray[np.int64],
    corrections: Mapping[int, str | None],
    options: TuneOptions,
) -> tuple[Suspects, Decided]:
    """Find the training labels that the data contradicts, and keep, drop or fix them."""
    rows = split.train
    given = records.label_texts[label][rows]
    with current().stage("Looking for wrong labels"):
        suspects = find_suspects(
            vectors[rows], given, clusters[rows], texts=records.texts[rows], seed=options.seed
        )
    if options.corrections is None:
        return suspects, apply_decisions(given, suspects, options.suspects)
    place = {int(row): at for at, row in enumerate(rows)}
    decisions = {place[row]: to for row, to in corrections.items() if row in place}
    return suspects, apply_decisions(given, suspects, decisions)


def _kept(
    labels: npt.NDArray[np.object_], clusters: npt.NDArray[np.int64], seed: int
) -> npt.NDArray[np.int64]:
    """Choose the validation rows among the training rows."""
    share = min(_KEPT_SHARE, _KEPT_MOST / len(labels))
    try:
        return split_rows(labels, clusters, test=share, seed=seed + 1).test
    except InputError:  # too few texts to keep any back: the last epoch stays
        return np.zeros(0, dtype=np.int64)


def _tuned(base_folder: BertFolder, training: Training, base: Encoder, name: str) -> FastEncoder:
    """Write the tuned encoder to a folder that is removed with it, and load it from there."""
    from coterie.encoders.bert import FastEncoder

    about = {
        "base": base.name,
        "base_fingerprint": base.fingerprint,
        "best_epoch": training.best,
        "steps": training.steps,
        "precision": training.precision,
    }
    home = ScratchFolder()
    save_encoder(base_folder, training.weights, home.path, about=about)
    encoder = FastEncoder(home.path, name=name)
    home.keep_for(encoder)
    return encoder
