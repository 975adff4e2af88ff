"""Packed tokens, losses, and a training that goes on after a kill: on tiny random models."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs coterie[torch]")

from safetensors.torch import load_file  # noqa: E402

from coterie.classifiers import ContrastiveClassifier  # noqa: E402
from coterie.encoders import load_encoder  # noqa: E402
from coterie.encoders.bert import (  # noqa: E402
    BertFolder,
    Tokeniser,
    read_bert_folder,
)
from coterie.errors import CoterieWarning, OptionError, StoreError  # noqa: E402
from coterie.options import TrainerOptions  # noqa: E402
from coterie.tuning.checkpoint import Checkpoint, CheckpointFolder  # noqa: E402
from coterie.tuning.losses import info_nce, ranking, triplet  # noqa: E402
from coterie.tuning.packed import PackedEncoder  # noqa: E402
from coterie.tuning.save import ENCODER_FILES, save_encoder  # noqa: E402
from coterie.tuning.train import Training, train  # noqa: E402

WORDS = ("card", "lost", "cancel", "order", "refund", "payment", "top", "up", "where", "my")
KINDS = {"lost": ("card", "lost"), "refund": ("refund", "payment"), "cancel": ("cancel", "order")}


def messages(n: int = 90) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(0)
    texts, labels = [], []
    for row in range(n):
        label = list(KINDS)[row % 3]
        words = [*KINDS[label], *rng.choice(WORDS, rng.integers(1, 6))]
        texts.append(" ".join(rng.permutation(words)))
        labels.append(label)
    return texts, np.array(labels, dtype=object)


@pytest.fixture
def folder(st_folder: Callable[..., Path]) -> BertFolder:
    found = read_bert_folder(st_folder("bert"))
    assert found is not None
    return found


def tuned(folder: BertFolder, checkpoints: Path, **options: object) -> Training:
    texts, labels = messages()
    vectors = load_encoder(str(folder.path), precision="f32").encode(texts)
    settings = {"batch": 16, "epochs": 3, "learning_rate": 5e-3, "precision": "f32", **options}
    return train(
        folder,
        texts,
        labels,
        vectors,
        np.arange(0, 90, 10),
        checkpoints=checkpoints,
        options=TrainerOptions(**settings),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_packed_vectors_are_those_of_sentence_transformers(
    kind: str, st_folder: Callable[..., Path]
) -> None:
    from sentence_transformers import SentenceTransformer

    path = st_folder(kind)
    found = read_bert_folder(path)
    assert found is not None
    texts, _ = messages(30)
    ids = Tokeniser(path, found.max_length).ids(texts)
    model = PackedEncoder(found, np.unique(np.concatenate(ids))).eval()
    with torch.no_grad():
        packed = model(ids).numpy()
    theirs = SentenceTransformer(str(path), device="cpu").encode(texts, normalize_embeddings=True)
    assert np.allclose(packed, theirs, atol=1e-5)


def test_gradients_are_those_of_the_padded_model(folder: BertFolder) -> None:
    from transformers import AutoModel

    texts, _ = messages(8)
    ids = Tokeniser(folder.path, 16).ids(texts)
    packed = PackedEncoder(folder, np.unique(np.concatenate(ids))).train()
    weight = torch.randn(8, folder.dim, generator=torch.Generator().manual_seed(0))
    (packed(ids) * weight).sum().backward()
    plain = AutoModel.from_pretrained(str(folder.path)).eval()
    longest = max(map(len, ids))
    padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in map(list, ids)])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    hidden = plain(padded, attention_mask=mask).last_hidden_state
    mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    (torch.nn.functional.normalize(mean, dim=1) * weight).sum().backward()
    theirs = {name: parameter.grad for name, parameter in plain.named_parameters()}
    checked = 0
    for name, parameter in packed.named_parameters():
        full = name.replace("/", ".")
        if "word_embeddings" in full:
            continue
        assert torch.allclose(parameter.grad, theirs[full], atol=1e-4), full
        checked += 1
    assert checked > 40


def test_rows_of_one_label_are_no_negatives() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(6, 4), dim=1)
    other = torch.nn.functional.normalize(torch.randn(6, 4), dim=1)
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    cosines = vectors @ other.T / 0.05
    expected = []
    for row in range(6):
        kept = [c for c in range(6) if c == row or labels[c] != labels[row]]
        expected.append(-torch.log_softmax(cosines[row, kept], dim=0)[kept.index(row)])
    assert torch.allclose(ranking(vectors, other, labels), torch.stack(expected).mean(), atol=1e-5)
    alone = ranking(vectors, other, torch.zeros(6, dtype=torch.int64))
    assert alone == 0  # nothing to tell apart
    further = ranking(vectors, other, labels, negatives=other, negative_labels=labels)
    assert further > ranking(vectors, other, labels)


def test_infonce_is_the_mean_over_pairs_of_a_label() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(5, 3), dim=1)
    labels = torch.tensor([0, 0, 1, 1, 2])
    losses = []
    for row in range(4):
        others = [c for c in range(5) if c != row]
        log_share = torch.log_softmax(vectors[row] @ vectors[others].T / 0.1, dim=0)
        mates = [others.index(c) for c in others if labels[c] == labels[row]]
        losses.append(-log_share[mates].mean())
    expected = torch.stack(losses).mean()
    assert torch.allclose(info_nce(vectors, labels, temperature=0.1), expected, atol=1e-5)


def test_a_triplet_far_enough_apart_costs_nothing() -> None:
    near, far = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert triplet(near, near, far) == 0
    assert triplet(near, far, near, margin=0.5) == pytest.approx(1.5)


@pytest.mark.parametrize("loss", ["ranking", "infonce", "triplet", "both"])
def test_each_loss_draws_the_labels_apart(loss: str, folder: BertFolder, tmp_path: Path) -> None:
    result = tuned(folder, tmp_path, loss=loss)
    first, last = result.checks[0], result.checks[result.best]
    assert first.loss is None
    assert last.separation > first.separation + 0.1
    assert result.steps == 3 * 5
    again = tuned(folder, tmp_path / "again", loss=loss)
    assert all(torch.equal(again.weights[name], value) for name, value in result.weights.items())


def test_a_tuned_encoder_serves_without_torch(folder: BertFolder, tmp_path: Path) -> None:
    result = tuned(folder, tmp_path / "states")
    out = tmp_path / "encoder"
    out.mkdir()
    save_encoder(folder, result.weights, out, about={"base": "tiny"})
    written = {path.name for path in out.iterdir()}
    assert {"model.safetensors", "tuned.json", "tokenizer.json"} <= written <= {*ENCODER_FILES}
    texts, _ = messages(20)
    model = PackedEncoder(read_bert_folder(out), np.arange(20)).eval()  # type: ignore[arg-type]
    with torch.no_grad():
        expected = model(Tokeniser(out, folder.max_length).ids(texts)).numpy()
    program = f"""
        import sys
        sys.modules["torch"] = None
        import numpy as np
        from coterie.encoders import load_encoder
        encoder = load_encoder({str(out)!r}, precision="f32")
        np.save({str(tmp_path / "v.npy")!r}, encoder.encode({texts!r}))
        print(encoder.fingerprint)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    served = np.load(tmp_path / "v.npy")
    assert ((served * expected).sum(axis=1) > 0.999).all()
    assert done.stdout.strip() != load_encoder(str(folder.path), precision="f32").fingerprint


def test_a_killed_training_ends_with_the_same_weights(folder: BertFolder, tmp_path: Path) -> None:
    whole = tuned(folder, tmp_path / "whole")
    program = f"""
        import os, signal
        from pathlib import Path
        import coterie.tuning.train as room
        from test_train import tuned
        from coterie.encoders.bert import read_bert_folder
        room._KEEP_EVERY = 0.0
        step = room._Run._step
        def counted(self, batch):
            if self._state.step == 8:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(self, batch)
        room._Run._step = counted
        tuned(read_bert_folder(Path({str(folder.path)!r})), Path({str(tmp_path / "states")!r}))
    """
    environment = {
        **os.environ,
        "PYTHONPATH": f"{Path(__file__).parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    }
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env=environment, check=False
    )
    assert died.returncode == -signal.SIGKILL
    gone_on = tuned(folder, tmp_path / "states")
    assert gone_on.resumed == 8
    assert [c.separation for c in gone_on.checks] == [c.separation for c in whole.checks]
    assert all(torch.equal(gone_on.weights[name], value) for name, value in whole.weights.items())


def test_a_state_of_other_settings_is_not_taken_up(folder: BertFolder, tmp_path: Path) -> None:
    tuned(folder, tmp_path)
    assert tuned(folder, tmp_path).resumed == 15
    assert tuned(folder, tmp_path, seed=1).resumed == 0


def test_a_full_disk_leaves_the_earlier_state_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = CheckpointFolder(tmp_path / "states", "one")
    states.write("latest", Checkpoint({"a": torch.ones(3)}, {"step": 1}))

    def full(_path: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(StoreError, match="No space left"):
            states.write("latest", Checkpoint({"a": torch.zeros(3)}, {"step": 2}))
    kept = states.read("latest")
    assert kept is not None
    assert kept.facts == {"step": 1}
    assert [path.name for path in (tmp_path / "states").iterdir()] == ["latest.safetensors"]
    assert CheckpointFolder(tmp_path / "states", "other").read("latest") is None
    (tmp_path / "states" / "latest.safetensors").write_bytes(b"no safetensors")
    assert states.read("latest") is None


def test_training_stops_when_nothing_gets_better(folder: BertFolder, tmp_path: Path) -> None:
    result = tuned(folder, tmp_path, learning_rate=1e-9, epochs=9, patience=2)
    assert len(result.checks) == 1 + 3
    assert result.best == 0
    base = load_file(folder.path / "model.safetensors")
    assert all(torch.equal(weights, base[name]) for name, weights in result.weights.items())


@pytest.mark.parametrize(
    ("setting", "value"), [("loss", "best"), ("epochs", 0), ("temperature", 0.0), ("batch", 1)]
)
def test_settings_out_of_bounds_are_named(setting: str, value: object) -> None:
    with pytest.raises(OptionError, match=setting):
        TrainerOptions(**{setting: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("head", ["DistilBertModel", "DistilBertForMaskedLM"])
def test_a_distilbert_without_pooling_files_is_tuned_as_it_comes_from_the_hub(
    head: str, model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    import transformers
    from sentence_transformers import SentenceTransformer

    plain = tmp_path / "distilbert-base-uncased"
    shutil.copytree(model_folder("distilbert"), plain)
    config = transformers.DistilBertConfig.from_pretrained(str(plain))
    getattr(transformers, head)(config).save_pretrained(str(plain))
    folder = read_bert_folder(plain)
    assert folder is not None
    texts, labels = messages(60)
    encoder = load_encoder(str(plain), precision="f32")
    theirs = SentenceTransformer(str(plain), device="cpu")
    expected = theirs.encode(texts, normalize_embeddings=True)
    assert np.allclose(encoder.encode(texts), expected, atol=1e-5)

    names = np.array(labels, dtype=object)
    model = ContrastiveClassifier(str(plain), epochs=2, learning_rate=1e-3, projection=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        model.fit(texts, names)
    assert (model.predict(texts) == names).mean() > 1 / len(set(labels))

    result = tuned(folder, tmp_path / "states")
    out = tmp_path / "tuned"
    out.mkdir()
    save_encoder(folder, result.weights, out, about={"base": "tiny"})
    assert {path.name for path in out.iterdir()} <= {*ENCODER_FILES}
    served = load_encoder(str(out), precision="f32").encode(texts)
    assert np.allclose(served, SentenceTransformer(str(out), device="cpu").encode(texts), atol=1e-5)
    assert not np.allclose(served, expected, atol=1e-3)
