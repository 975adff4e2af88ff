"""The job behind ``coterie tune``: a better encoder, and the proof on rows that it never saw."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import (
    EmbeddingCache,
    Encoder,
    Vectors,
    embed_texts,
    encoder_folder,
    load_encoder,
)
from coterie.errors import ColumnError, EncoderError, InputError, OptionError
from coterie.extras import require
from coterie.files import replacing_files, write_json
from coterie.profile.near import near_duplicates
from coterie.progress import current
from coterie.records import Records, require_texts, write_csv, write_quarantine
from coterie.tuning import (
    Decided,
    Split,
    Suspects,
    TuneOptions,
    apply_decisions,
    find_suspects,
    split_rows,
)
from coterie.workflows.tuning.comparison import Side, judge, verdict
from coterie.workflows.tuning.corrections import read_corrections, suspects_table

if TYPE_CHECKING:
    from coterie.encoders.bert import BertFolder
    from coterie.tuning.train import Training

__all__ = ["TunePlan", "TuneResult", "can_tune", "tune_encoder"]

_REPORT = "report.html"
_STATES = ".training"
_FILES = (
    _REPORT, "metrics.json", "suspects.csv", "split.csv", "quarantine.csv", "model.safetensors",
    "config.json", "config_sentence_transformers.json", "modules.json", "sentence_bert_config.json",
    "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "tuned.json",
    "1_Pooling", "2_Normalize",
)  # fmt: skip
_KEPT_SHARE, _KEPT_MOST = 0.1, 1000
_SUSPECTS = ("keep", "drop", "fix")


@dataclass(frozen=True, slots=True, kw_only=True)
class TunePlan:
    """What to tune, and how to judge it.

    Attributes
    ----------
    label
        The label column to learn from; None where the records have only one.
    encoder
        The encoder to start from: ``minilm``, or a BERT or DistilBERT by folder or hub name.
    test
        Share of the rows that training never sees, by which the encoders are compared.
    near
        Texts whose sets of 4-character shingles are at least so alike stay on one side.
    suspects
        What to do with training labels that the data contradicts: ``"keep"``, ``"drop"`` or
        ``"fix"``.
    corrections
        A ``suspects.csv`` with its ``action`` column filled in, in place of ``suspects``.
    training
        The settings of the training; its seed is that of the split and of the comparison too.
    title
        Of the page.
    token
        Hub token for an encoder behind a licence; written nowhere.
    """

    label: str | None = None
    encoder: str = "minilm"
    test: float = 0.2
    near: float = 0.8
    suspects: str = "keep"
    corrections: Path | None = None
    training: TuneOptions = field(default_factory=TuneOptions)
    title: str = ""
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TuneResult:
    """What was learnt, how it was judged, and where it is.

    Attributes
    ----------
    records
        All rows.
    label
        The column learnt from.
    labels
        Shape (n,): the labels as they were used.
    split
        Rows learnt from and rows judged on.
    kept
        Of the rows learnt from, those by which the best epoch was chosen.
    suspects, decided
        Labels that the data contradicts among the rows learnt from, numbered within these, and
        what was done.
    training
        How the training went.
    base, tuned
        Both encoders on the rows judged on.
    metrics
        What ``metrics.json`` holds.
    folder
        The tuned encoder, and the page.
    """

    records: Records
    label: str
    labels: npt.NDArray[np.object_]
    split: Split
    kept: npt.NDArray[np.int64]
    suspects: Suspects
    decided: Decided
    training: Training
    base: Side
    tuned: Side
    metrics: Mapping[str, Any]
    folder: Path

    @property
    def report(self) -> Path:
        """The page."""
        return self.folder / _REPORT


def tune_encoder(
    records: Records,
    out: str | Path,
    plan: TunePlan | None = None,
    *,
    cache: EmbeddingCache | None = None,
) -> TuneResult:
    """Tune an encoder on labelled records, and compare it with the one it came from.

    Exact and near duplicates stay on one side of the split. Both encoders go through the same
    discovery with the same seed, on rows that training never saw. The folder gets the encoder,
    which `load_encoder` takes by its path, and ``report.html``, ``metrics.json``,
    ``suspects.csv`` and ``split.csv``. A run that was killed goes on where it was.

    Parameters
    ----------
    records
        With at least one label column.
    out
        The folder.
    plan
        What to do; the defaults when None.
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
        When the folder cannot be written to; what was there, and the last state of the training,
        are whole.
    """
    plan = plan or TunePlan()
    require_texts(records, "Tuning")
    require("torch", extra="torch", purpose="Tuning an encoder")
    from coterie.encoders.bert import read_bert_folder
    from coterie.tuning.train import train

    if plan.suspects not in _SUSPECTS:
        raise OptionError(f"Suspects are to be {plan.suspects!r}: choose keep, drop or fix.")
    folder, cache = Path(out), EmbeddingCache() if cache is None else cache
    label = _label(records, plan.label)
    base_folder = read_bert_folder(encoder_folder(plan.encoder, token=plan.token))
    if base_folder is None:
        raise EncoderError(
            f"The encoder {plan.encoder} cannot be tuned: name a BERT or DistilBERT with mean "
            "pooling, such as minilm."
        )
    if folder.resolve() == base_folder.path.resolve():
        raise OptionError(f"{out} is the encoder to start from: give --out another folder.")
    base = load_encoder(plan.encoder, token=plan.token)
    texts, seed = records.texts, plan.training.seed
    vectors = embed_texts(texts.tolist(), base, cache=cache)
    clusters = near_duplicates(texts.tolist(), threshold=plan.near, seed=seed).chain
    split = split_rows(records.label_texts[label], clusters, test=plan.test, seed=seed)
    suspects, decided = _guard(records, label, split, vectors, clusters, plan)
    labels = records.label_texts[label]
    labels[split.train] = decided.labels
    learnt = split.train[[value is not None for value in decided.labels]]
    kept = _kept(labels[learnt], clusters[learnt], seed)
    training = train(
        base_folder,
        texts[learnt].tolist(),
        labels[learnt],
        vectors[learnt],
        kept,
        checkpoints=folder / _STATES,
        options=plan.training,
    )
    with replacing_files(folder, owned=_FILES, last=_REPORT) as draft:
        tuned = _saved(base_folder, training, draft, base, folder.name)
        base_side, tuned_side = (
            judge(
                encoder,
                texts[split.test].tolist(),
                embedded[split.test],
                records.label_texts[label][split.test],
                (embedded[learnt], labels[learnt]),
                seed=seed,
            )
            for encoder, embedded in (
                (base, vectors),
                (tuned, embed_texts(texts.tolist(), tuned, cache=cache)),
            )
        )
        result = TuneResult(
            records=records,
            label=label,
            labels=labels,
            split=split,
            kept=learnt[kept],
            suspects=suspects,
            decided=decided,
            training=training,
            base=base_side,
            tuned=tuned_side,
            metrics=_metrics(records, label, split, learnt, kept, suspects, decided, training)
            | _compared(base_side, tuned_side, plan),
            folder=folder,
        )
        _write(result, plan, draft)
    shutil.rmtree(folder / _STATES, ignore_errors=True)
    return result


def can_tune(encoder: str, *, token: str | None = None) -> bool:
    """Whether `tune_encoder` takes an encoder: a BERT or DistilBERT with mean pooling."""
    from coterie.encoders.bert import read_bert_folder

    try:
        return read_bert_folder(encoder_folder(encoder, token=token)) is not None
    except EncoderError:
        return False


def _label(records: Records, wanted: str | None) -> str:
    """Name of the label column to learn from."""
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
    split: Split,
    vectors: Vectors,
    clusters: npt.NDArray[np.int64],
    plan: TunePlan,
) -> tuple[Suspects, Decided]:
    """Find the training labels that the data contradicts, and do with them what was asked."""
    rows = split.train
    given = records.label_texts[label][rows]
    with current().stage("Look for wrong labels"):
        suspects = find_suspects(
            vectors[rows],
            given,
            clusters[rows],
            texts=records.texts[rows],
            seed=plan.training.seed,
        )
    if plan.corrections is not None:
        return suspects, apply_decisions(
            given, suspects, read_corrections(plan.corrections, records, rows)
        )
    return suspects, apply_decisions(given, suspects, plan.suspects)


def _kept(
    labels: npt.NDArray[np.object_], clusters: npt.NDArray[np.int64], seed: int
) -> npt.NDArray[np.int64]:
    """Rows of a training that are kept back, to choose the best epoch by."""
    share = min(_KEPT_SHARE, _KEPT_MOST / len(labels))
    try:
        return split_rows(labels, clusters, test=share, seed=seed + 1).test
    except InputError:  # too few texts to keep any back: the last epoch stays
        return np.zeros(0, dtype=np.int64)


def _saved(
    base_folder: BertFolder, training: Training, draft: Path, base: Encoder, name: str
) -> Encoder:
    """Write the tuned encoder, and load it as everybody will."""
    from coterie.encoders.fast import FastEncoder
    from coterie.tuning.save import save_encoder

    about = {
        "base": base.name,
        "base_fingerprint": base.fingerprint,
        "best_epoch": training.best,
        "steps": training.steps,
        "precision": training.precision,
    }
    save_encoder(base_folder, training.weights, draft, about=about)
    return FastEncoder(draft, name=name)


def _metrics(
    records: Records,
    label: str,
    split: Split,
    learnt: npt.NDArray[np.int64],
    kept: npt.NDArray[np.int64],
    suspects: Suspects,
    decided: Decided,
    training: Training,
) -> dict[str, Any]:
    return {
        "source": records.source,
        "rows": len(records),
        "set_aside": len(records.rejects),
        "label": label,
        "labels": len({value for value in records.labels[label] if value is not None}),
        "unlabelled": split.unlabelled,
        "learnt_from": len(learnt) - len(kept),
        "kept_back": len(kept),
        "judged_on": len(split.test),
        "train_only_labels": list(split.train_only),
        "suspects": {
            "found": len(suspects.table),
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
    }


def _compared(base: Side, tuned: Side, plan: TunePlan) -> dict[str, Any]:
    return {
        "base": base.to_dict(),
        "tuned": tuned.to_dict(),
        "verdict": verdict(base, tuned),
        "settings": asdict(plan.training),
    }


def _write(result: TuneResult, plan: TunePlan, draft: Path) -> None:
    from coterie.pages.tuning import tune_page

    records, split = result.records, result.split
    write_csv(suspects_table(records, split.train, result.suspects), draft / "suspects.csv")
    used = np.full(len(records), "", dtype=object)
    used[split.train], used[split.test], used[result.kept] = "train", "test", "kept back"
    frame = pd.DataFrame({"id": records.ids, "label": result.labels, "used": used})
    write_csv(frame, draft / "split.csv")
    if len(records.rejects):
        write_quarantine(records, draft / "quarantine.csv")
    write_json(draft / "metrics.json", result.metrics)
    tune_page(result, plan.title).write(draft / _REPORT)
