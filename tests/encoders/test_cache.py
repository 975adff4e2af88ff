"""The cache: what is in it, what must never be, and what it survives."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.encoders import EmbeddingCache, NoCache, Vectors, embed_texts
from coterie.errors import CoterieWarning, EncoderError, EncoderMismatchError


class Counting:
    """A real if simple encoder: the histogram of a text's characters. Counts what it is asked."""

    name = "counting"

    def __init__(self, dim: int = 8, fingerprint: str = "f" * 64) -> None:
        self.dim, self.fingerprint, self.asked = dim, fingerprint, 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked += len(texts)
        vectors = np.ones((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for letter in text:
                vectors[row, ord(letter) % self.dim] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Broken(Counting):
    """Gives NaN for one text."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = super().encode(texts)
        vectors[[text == "bad" for text in texts]] = np.nan
        return vectors


def test_a_text_is_embedded_once(tmp_path: Path) -> None:
    encoder, cache = Counting(), EmbeddingCache(tmp_path)
    texts = ["a", "b", "a", "", "b"]
    first = embed_texts(texts, encoder, cache=cache)
    assert encoder.asked == 3
    second = embed_texts([*texts, "c"], encoder, cache=cache)
    assert encoder.asked == 4
    assert np.array_equal(second[:5], first)
    assert np.array_equal(first, Counting().encode(texts))


def test_without_a_cache_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COTERIE_CACHE", str(tmp_path))
    encoder = Counting()
    for _ in range(2):
        vectors = embed_texts(["a"], encoder, cache=NoCache())
        assert np.array_equal(vectors, Counting().encode(["a"]))
    assert encoder.asked == 2
    assert list(tmp_path.iterdir()) == []
    assert NoCache().info() == []
    assert NoCache().clear() == 0


def test_none_is_the_cache_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COTERIE_CACHE", str(tmp_path))
    encoder = Counting()
    for _ in range(2):
        embed_texts(["a"], encoder)
    assert encoder.asked == 1
    assert EmbeddingCache().folder == tmp_path
    assert [info.vectors for info in EmbeddingCache().info()] == [1]


@given(batches=st.lists(st.lists(st.text(max_size=20), max_size=30), max_size=4))
def test_any_texts_in_any_order_come_back_as_computed(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[str]]
) -> None:
    cache = EmbeddingCache(tmp_path_factory.mktemp("cache"))
    for texts in batches:
        kept = embed_texts(texts, Counting(), cache=cache)
        assert np.array_equal(kept, Counting().encode(texts))


def test_another_width_under_the_same_fingerprint_is_refused(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    embed_texts(["a"], Counting(dim=8), cache=cache)
    with pytest.raises(EncoderMismatchError, match=r"width 8\b.*width 16\b"):
        embed_texts(["a"], Counting(dim=16), cache=cache)


def test_another_encoder_in_the_same_file_is_refused(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    embed_texts(["a"], Counting(fingerprint="f" * 64), cache=cache)
    with pytest.raises(EncoderMismatchError, match="counting"):
        embed_texts(["a"], Counting(fingerprint="f" * 32 + "0" * 32), cache=cache)


def test_a_vector_of_another_width_in_the_file_is_refused(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    embed_texts(["a"], Counting(), cache=cache)
    with sqlite3.connect(next(tmp_path.glob("*.sqlite"))) as database:
        database.execute("UPDATE vectors SET vector = ?", (b"\0" * 12,))
    database.close()
    with pytest.raises(EncoderMismatchError, match=r"width 3\b"):
        embed_texts(["a"], Counting(), cache=cache)


def test_vectors_that_are_not_finite_are_never_kept(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    with pytest.raises(EncoderError, match="1 of 3"):
        embed_texts(["a", "bad", "b"], Broken(), cache=cache)
    healthy = Counting()
    embed_texts(["a", "bad", "b"], healthy, cache=cache)
    assert healthy.asked == 1


def test_a_cache_that_cannot_be_opened_costs_a_warning_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(CoterieWarning, match="file"):
        vectors = embed_texts(["a"], Counting(), cache=EmbeddingCache(tmp_path / "file"))
    assert np.array_equal(vectors, Counting().encode(["a"]))


def test_a_full_disk_costs_a_warning_only(tmp_path: Path) -> None:
    cache, encoder = EmbeddingCache(tmp_path), Counting(dim=512)
    with cache.open(encoder) as shelf:
        assert shelf._database is not None
        pages = shelf._database.execute("PRAGMA page_count").fetchone()[0]
        shelf._database.execute(f"PRAGMA max_page_count = {pages + 2}")
        texts = [str(number) for number in range(50)]
        with pytest.warns(CoterieWarning, match="full"):
            shelf.write(texts, encoder.encode(texts))
        shelf.write(texts, encoder.encode(texts))
    assert not EmbeddingCache(tmp_path).info()[0].vectors


def test_a_damaged_file_costs_a_warning_only(tmp_path: Path) -> None:
    cache, encoder = EmbeddingCache(tmp_path), Counting()
    (tmp_path / f"{encoder.fingerprint[:32]}.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.warns(CoterieWarning, match="not a database"):
        vectors = embed_texts(["a"], encoder, cache=cache)
    assert vectors.shape == (1, 8)


def test_info_and_clear(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    embed_texts(["a", "b"], Counting(), cache=cache)
    embed_texts(["a"], Counting(dim=4, fingerprint="0" * 64), cache=cache)
    held = {info.fingerprint[0]: (info.vectors, info.dim) for info in cache.info()}
    assert held == {"f": (2, 8), "0": (1, 4)}
    assert cache.clear("f" * 64) > 0
    assert [info.fingerprint[0] for info in cache.info()] == ["0"]
    cache.clear()
    assert cache.info() == []


SLOW = """
import sys, numpy as np
from coterie.encoders import EmbeddingCache, embed_texts

class Slow:
    name, dim, fingerprint = "slow", 4, "5" * 64

    def batches(self, texts):
        for start in range(0, len(texts), 10):
            print(start, flush=True)
            rows = np.arange(start, min(start + 10, len(texts)))
            sys.stdin.readline()  # the parent allows one batch at a time
            yield rows, np.ones((len(rows), 4), dtype=np.float32)

    def encode(self, texts):
        return np.ones((len(texts), 4), dtype=np.float32)

embed_texts([str(n) for n in range(int(sys.argv[2]))], Slow(), cache=EmbeddingCache(sys.argv[1]))
print("done", flush=True)
"""


def start(folder: Path, texts: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, str(folder), str(texts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def allow(process: subprocess.Popen[str]) -> str:
    """Let one batch through; returns the line that follows."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_killed_work_redoes_at_most_one_batch(tmp_path: Path) -> None:
    first = start(tmp_path, 100)
    with first:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == "0"
        for batch in range(1, 6):
            assert allow(first) == str(batch * 10)
        first.send_signal(signal.SIGKILL)
        first.communicate()
    assert first.returncode == -signal.SIGKILL
    second = start(tmp_path, 100)
    with second:
        lines, _ = second.communicate("\n" * 20)
    assert second.returncode == 0
    # five batches were through when the sixth was asked for: 50 texts are known, 50 are left
    assert lines.split() == ["0", "10", "20", "30", "40", "done"]


def test_two_processes_share_one_cache(tmp_path: Path) -> None:
    both = [start(tmp_path, 300), start(tmp_path, 300)]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n" * 60)
        process.stdin.flush()
    for process in both:
        with process:
            lines, _ = process.communicate()
        assert process.returncode == 0
        assert lines.endswith("done\n")
    assert EmbeddingCache(tmp_path).info()[0].vectors == 300


def test_a_cache_in_memory_tells_what_it_keeps() -> None:
    from coterie.encoders import embed_texts, fit_tfidf
    from coterie.encoders.memory import MemoryCache

    encoder = fit_tfidf(["a card", "a parcel", "a refund"], dim=2)
    cache = MemoryCache()
    assert cache.info() == []
    embed_texts(["a card", "a parcel"], encoder, cache=cache)
    (kept,) = cache.info()
    assert (kept.name, kept.vectors, kept.dim) == (encoder.name, 2, encoder.dim)
    assert kept.bytes == cache.nbytes == cache.clear()
    assert cache.info() == []


def test_a_file_left_open_is_left_when_it_was_deleted(tmp_path: Path) -> None:
    cache, encoder = EmbeddingCache(tmp_path), Counting()
    embed_texts(["a"], encoder, cache=cache)
    for path in tmp_path.iterdir():
        path.unlink()
    embed_texts(["a"], encoder, cache=cache)
    embed_texts(["a"], encoder, cache=cache)
    assert encoder.asked == 2
    assert [info.vectors for info in cache.info()] == [1]


HOLDS = """
import sys
from coterie.encoders import EmbeddingCache, embed_texts, load_encoder

cache = EmbeddingCache(sys.argv[1])
encoder = load_encoder("tfidf", fit_on=["my card was lost", "a card came"])
for line in sys.stdin:
    embed_texts([line], encoder, cache=cache)
    print(sum(info.vectors for info in cache.info()), flush=True)
"""


def test_clearing_leaves_the_file_that_another_process_has_open(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert allow(other) == "1"
        cache = EmbeddingCache(tmp_path)
        assert cache.clear() >= 0
        assert [info.vectors for info in cache.info()] == [0]
        assert allow(other) == "1"
        assert [info.vectors for info in cache.info()] == [1]
    cache.clear()
    assert cache.info() == []


def test_threads_and_forked_processes_share_a_cache(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    cache = EmbeddingCache(tmp_path)
    texts = [f"text {number % 40}" for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: embed_texts([text], Counting(), cache=cache), texts))
    assert np.array_equal(np.concatenate(found), Counting().encode(texts))
    assert [info.vectors for info in cache.info()] == [40]
    script = (
        "import os, sys\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from test_cache import Counting\n"
        "from coterie.encoders import EmbeddingCache, embed_texts\n"
        "cache, encoder = EmbeddingCache(sys.argv[1]), Counting()\n"
        "embed_texts(['before'], encoder, cache=cache)\n"
        "child = os.fork() if hasattr(os, 'fork') else 0\n"
        "embed_texts([f'of {bool(child)}', 'before'], encoder, cache=cache)\n"
        "if child:\n"
        "    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
        "    assert cache.info()[0].vectors == 43, cache.info()\n"
        "assert encoder.asked == 2\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), str(Path(__file__).parent)], check=False
    )
    assert done.returncode == 0
