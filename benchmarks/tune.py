"""P9 and Q6: time of tuning, compared with sentence-transformers' trainer, and its effect.

``python -m benchmarks.tune speed [steps] [repeats]`` trains MiniLM on the same number of Bitext
pairs with both trainers, in turn, and evaluates both on rows that neither saw.
``python -m benchmarks.tune quality FILE TEXT LABEL`` runs ``coterie tune`` and prints its figures.
``python -m benchmarks.tune transfer`` tunes on Banking77's training file and discovers its test
file with the original encoder and the tuned one.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]

_JUDGED = 1000


def data(*parts: str) -> Path:
    home = os.environ.get("COTERIE_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    return Path(home).joinpath(*parts)


def bitext(rows: int, seed: int) -> tuple[list[str], Any, list[str], Any]:
    """Texts and labels for training, and others for testing; no text is in both."""
    import pandas as pd

    table = pd.read_csv(data("support", "bitext_27k.csv")).drop_duplicates("instruction")
    table = table.sample(rows + _JUDGED, random_state=seed)
    texts, labels = table["instruction"].astype(str).tolist(), table["intent"].to_numpy(object)
    return texts[:rows], labels[:rows], texts[rows:], labels[rows:]


def with_coterie(texts: list[str], labels: Any, folder: Path, seed: int) -> float:
    """Seconds to train one epoch; the encoder is left in the folder."""
    from coterie.encoders import encoder_folder
    from coterie.encoders.bert import read_bert_folder
    from coterie.options import TrainerOptions
    from coterie.tuning.save import save_encoder
    from coterie.tuning.train import train

    base = read_bert_folder(encoder_folder("minilm"))
    assert base is not None
    vectors = np.zeros((len(texts), base.dim), np.float32)  # for hard negatives only
    started = time.perf_counter()
    result = train(
        base,
        texts,
        labels,
        vectors,
        np.zeros(0, np.int64),
        checkpoints=folder / "states",
        options=TrainerOptions(epochs=1, seed=seed),
    )
    spent = time.perf_counter() - started
    save_encoder(base, result.weights, folder, about={})
    return spent


def with_peer(texts: list[str], labels: Any, folder: Path, seed: int) -> float:
    """Seconds of sentence-transformers' trainer for one epoch over pairs drawn in the same way."""
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
    from sentence_transformers import SentenceTransformerTrainingArguments as Arguments
    from sentence_transformers.losses import MultipleNegativesRankingLoss

    from coterie.encoders import encoder_folder
    from coterie.tuning import draw_pairs

    pairs = draw_pairs(labels, texts=np.array(texts, object), rng=np.random.default_rng(seed))
    columns = {
        "anchor": [texts[row] for row in pairs[:, 0]],
        "positive": [texts[row] for row in pairs[:, 1]],
    }
    model = SentenceTransformer(str(encoder_folder("minilm")), device="cpu")
    arguments = Arguments(
        output_dir=str(folder / "states"),
        num_train_epochs=1,
        per_device_train_batch_size=64,
        warmup_steps=0.1,
        seed=seed,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )
    started = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        SentenceTransformerTrainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_dict(columns),
            loss=MultipleNegativesRankingLoss(model),
        ).train()
    spent = time.perf_counter() - started
    model.save(str(folder))
    return spent


def judged(folder: Path | str, texts: list[str], labels: Any) -> float:
    """Mean silhouette of rows that training never saw, by their labels."""
    from coterie.encoders import load_encoder
    from coterie.metrics import cosine_silhouette

    codes = np.unique(labels.astype(str), return_inverse=True)[1]
    return cosine_silhouette(load_encoder(str(folder)).encode(texts), codes).mean


def speed(steps: int, repeats: int) -> Row:
    found: dict[str, list[float]] = {"coterie": [], "peer": []}
    quality: dict[str, list[float]] = {"coterie": [], "peer": []}
    bases = []
    for repeat in range(repeats):
        texts, labels, others, theirs = bitext(64 * steps, repeat)
        bases.append(judged("minilm", others, theirs))
        for name, run in (("coterie", with_coterie), ("peer", with_peer)):
            with tempfile.TemporaryDirectory() as folder:
                found[name].append(run(texts, labels, Path(folder), repeat))
                quality[name].append(judged(folder, others, theirs))
    ratios = [peer / own for own, peer in zip(found["coterie"], found["peer"], strict=True)]
    return {
        "pairs": 64 * steps,
        "repeats": repeats,
        "ratio": statistics.median(ratios),
        "least": min(ratios),
        "most": max(ratios),
        "seconds": {name: statistics.median(spent) for name, spent in found.items()},
        "separation": {
            "base": statistics.mean(bases),
            **{name: statistics.mean(values) for name, values in quality.items()},
        },
    }


def quality(path: str, text: str, label: str) -> Row:
    from coterie import read_records
    from coterie.workflows.tuning.tune import tune_encoder

    records = read_records(path, text=text, labels=[label])
    metrics = tune_encoder(records).to_dict()
    return {key: metrics[key] for key in ("base", "tuned", "judged_on", "learnt_from", "training")}


def transfer() -> Row:
    """Tune on one file of Banking77, discover the other with both encoders."""
    from coterie import read_records
    from coterie.encoders import embed_texts, load_encoder
    from coterie.metrics import score_clusters
    from coterie.options import TuneOptions
    from coterie.segments import EncoderRef, find_groups
    from coterie.verbs.tuning import tune_into

    train = read_records(data("banking77", "train.csv"), text="text", labels=["category"])
    test = read_records(data("banking77", "test.csv"), text="text", labels=["category"])
    row: Row = {}
    with tempfile.TemporaryDirectory() as folder:
        tune_into(train, folder, TuneOptions(test=0.05))
        for name, which in (("base", "minilm"), ("tuned", folder)):
            encoder = load_encoder(which)
            vectors = embed_texts(test.texts.tolist(), encoder)
            ref = EncoderRef(encoder.name, encoder.fingerprint, encoder.dim)
            found = find_groups(test.texts.tolist(), vectors, encoder=ref)
            scores = score_clusters(found.levels["best"], test.labels["category"])
            row[name] = {"ari": scores.ari, "nmi": scores.nmi, "groups": scores.groups}
    return {**row, "rows": len(test)}


if __name__ == "__main__":
    kind, *rest = sys.argv[1:]
    if kind == "speed":
        steps, repeats = (int(value) for value in [*rest, *["40", "5"][len(rest) :]])
        print(json.dumps(speed(steps, repeats)))
    elif kind == "quality":
        print(json.dumps(quality(*rest)))
    else:
        print(json.dumps(transfer()))
