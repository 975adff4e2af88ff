"""The components for LangChain: its own standard tests, and what is Coterie's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("langchain_core", reason="needs coterie[langchain]")
pytest.importorskip("langchain_tests", reason="needs coterie[dev]")

from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.indexing import InMemoryRecordManager, index
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)
from langchain_tests.unit_tests import EmbeddingsUnitTests

import coterie
from coterie.encoders import NoCache, TfidfEncoder, fit_tfidf
from coterie.errors import (
    ColumnError,
    CoterieWarning,
    EncoderMismatchError,
    InputError,
    IntegrityError,
    OptionError,
    StoreError,
)
from coterie.integrations.langchain import (
    CoterieEmbeddings,
    CoterieRetriever,
    CoterieVectorStore,
    FaissVectorStore,
    faiss_store,
)

TEXTS = [
    "My card was stolen on the train.",
    "The card was charged twice for one order.",
    "Please cancel my order, it is too late.",
    "When does the shop in Bern open?",
    "The parcel never arrived, where is it?",
    "I forgot the password of my account.",
]
METADATA: list[dict[str, Any]] = [
    {"page": 3, "source": "a.pdf", "tags": ["card", "theft"], "author": {"name": "Ada", "age": 36}},
    {"page": 3.5, "source": "b.pdf", "tags": ["card"], "urgent": True},
    {
        "page": None,
        "source": "a.pdf",
        "when": "2024-03-01",
        "empty": [],
        "deep": [{"a": [1, None]}],
    },
    {},
    {"page": 12, "when": "2025-01-31", "urgent": False, "ü ber": 'quo"te\n'},
    {"source": "007", "big": 2**70, "small": 1e-300},
]
IDS = list("abcdef")


class Mean(Embeddings):
    """Embeddings that know words, and whose vectors are of any length."""

    def __init__(self, width: int = 64) -> None:
        self.width = width

    def embed_query(self, text: str) -> list[float]:
        found = np.full(self.width, 0.01)
        for word in text.lower().split():
            rng = np.random.default_rng(sum(word.strip(".,?").encode()))
            found += rng.normal(size=self.width)
        return found.tolist()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


def tfidf() -> TfidfEncoder:
    return fit_tfidf(TEXTS * 4, dim=8)


@pytest.fixture(params=["lasting", "flat", "hnsw"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Any], VectorStore]:
    """Make an empty store of each kind."""
    if request.param == "lasting":
        return lambda embedding: CoterieVectorStore(tmp_path / "store", embedding)
    return lambda embedding: FaissVectorStore(embedding, method=request.param)


@pytest.fixture
def store(make: Callable[[Any], VectorStore]) -> VectorStore:
    filled = make(Mean())
    filled.add_texts(TEXTS, METADATA, ids=IDS)
    return filled


def ids_of(documents: list[Document]) -> list[str | None]:
    return sorted(str(document.id) for document in documents)


class TestCoterieVectorStore(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> VectorStore:
        return CoterieVectorStore(tmp_path / "store", self.get_embeddings())


class TestFaissFlat(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self) -> VectorStore:
        return FaissVectorStore(self.get_embeddings())


class TestFaissHnsw(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self) -> VectorStore:
        return FaissVectorStore(self.get_embeddings(), method="hnsw")


class TestRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.home = tmp_path / "store"
        CoterieVectorStore.from_texts(TEXTS, Mean(), METADATA, folder=self.home)

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return CoterieRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"index": self.home, "embedding": Mean()}

    @property
    def retriever_query_example(self) -> str:
        return "a stolen card"


class TestEmbeddings(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CoterieEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"encoder": tfidf()}


class TestEmbeddingsAtWork(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CoterieEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"encoder": "tfidf", "fit_on": TEXTS * 4, "dim": 8}


def test_metadata_and_ids_come_back_exactly(store: VectorStore) -> None:
    found = {document.id: document for document in store.similarity_search("card", k=10)}
    assert sorted(found) == IDS
    for key, text, metadata in zip(IDS, TEXTS, METADATA, strict=True):
        document = found[key]
        assert document.page_content == text
        assert json.dumps(document.metadata) == json.dumps(metadata)


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("page >= 3.5", "be"),
        ("page IS NULL", "cdf"),
        ("source = 'a.pdf'", "ac"),
        ("source = '007'", "f"),
        ("tags HAS 'theft'", "a"),
        ("NOT tags HAS 'theft'", "b"),
        ("urgent = TRUE OR \"when\" < '2025-01-01'", "bc"),
        ('"author.name" = \'Ada\' AND "author.age" < 40', "a"),
        ({"source": "a.pdf", "page": 3}, "a"),
        ({"source": "a.pdf", "page": None}, "c"),
        ({"tags": "card"}, "ab"),
        ({"tags": ["card", "theft"]}, "a"),
        ({"author": {"name": "Ada"}}, "a"),
        ({"urgent": False}, "e"),
        ({"page": np.int64(12)}, "e"),
        ({"when": "2024-03-01"}, "c"),
        ({"ü ber": 'quo"te'}, "e"),
        ({"source": "none"}, ""),
        ({}, "abcdef"),
    ],
)
def test_filters_are_exact(store: VectorStore, where: Any, ids: str) -> None:
    assert ids_of(store.similarity_search("a stolen card", k=9, filter=where)) == sorted(ids)
    by_vector = store.similarity_search_by_vector(Mean().embed_query("card"), k=9, filter=where)
    assert ids_of(by_vector) == sorted(ids)
    varied = store.max_marginal_relevance_search("card", k=9, filter=where)
    assert ids_of(varied) == sorted(ids)


def test_filters_that_cannot_be_read_are_errors(store: VectorStore) -> None:
    for where, error in (
        ({"pages": 3}, ColumnError),
        ("page >", OptionError),
        ({"source": ["a.pdf"]}, OptionError),
        ({"page": "many"}, OptionError),
        (lambda document: True, OptionError),
    ):
        with pytest.raises(error):
            store.similarity_search("card", filter=where)


def test_scores_are_cosines(store: VectorStore) -> None:
    texts = np.array(Mean().embed_documents(TEXTS))
    query = np.array(Mean().embed_query("stolen card"))
    lengths = np.linalg.norm(texts, axis=1) * np.linalg.norm(query)
    expected = dict(zip(IDS, texts @ query / lengths, strict=True))
    found = store.similarity_search_with_score("stolen card", k=6)
    assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)
    for document, score in found:
        assert score == pytest.approx(expected[str(document.id)], abs=1e-5)
    shown = store.similarity_search_with_relevance_scores("stolen card", k=6)
    assert all(0 <= score <= 1 for _, score in shown)
    assert shown[0][0].id == "a"


def test_varied_hits_are_not_all_alike(make: Callable[[Any], VectorStore]) -> None:
    store = make(Mean())
    store.add_texts(["a stolen card", "a stolen card!", "a stolen card?", "parcel and a card"])
    plain = store.similarity_search("a stolen card", k=2)
    varied = store.max_marginal_relevance_search("a stolen card", k=2, lambda_mult=0.3)
    assert "parcel and a card" not in [each.page_content for each in plain]
    assert "parcel and a card" in [each.page_content for each in varied]
    vector = Mean().embed_query("a stolen card")
    same = store.max_marginal_relevance_search_by_vector(vector, k=2, lambda_mult=1)
    assert [each.page_content for each in same] == [each.page_content for each in plain]
    assert store.max_marginal_relevance_search("card", k=0) == []


def test_later_keys_can_be_filtered_by(store: VectorStore) -> None:
    store.add_texts(["A new text."], [{"colour": "red", "page": 4}], ids=["g"])
    assert ids_of(store.similarity_search("card", k=9, filter="colour = 'red'")) == ["g"]
    assert ids_of(store.similarity_search("card", k=9, filter="colour IS NULL")) == IDS
    assert ids_of(store.similarity_search("card", k=9, filter="page >= 4")) == ["e", "g"]


def test_metadata_of_another_kind_counts_as_missing_and_comes_back(store: VectorStore) -> None:
    def fill_and_ask() -> list[Document]:
        store.add_texts(["A preface."], [{"page": "iv"}, {"page": [1, 2]}][:1], ids=["g"])
        return store.similarity_search("preface", k=9, filter={"source": "a.pdf"})

    if isinstance(store, CoterieVectorStore):
        with pytest.warns(CoterieWarning, match="page"):
            fill_and_ask()
        assert "g" in ids_of(store.similarity_search("card", k=9, filter="page IS NULL"))
    else:
        fill_and_ask()  # kinds are found anew: a column with a text is one of text
        assert ids_of(store.similarity_search("card", k=9, filter="page = 'iv'")) == ["g"]
    assert store.get_by_ids(["g"])[0].metadata == {"page": "iv"}


def test_documents_are_replaced_and_deleted(store: VectorStore) -> None:
    store.add_texts(["one", "two"], [{"page": 1}, {"page": 2}], ids=["a", "a"])
    assert [each.page_content for each in store.get_by_ids(["a"])] == ["two"]
    assert len(store) == 6
    assert store.delete(["b", "c", "d", "none"])
    assert ids_of(store.similarity_search("card", k=9)) == ["a", "e", "f"]
    assert ids_of(store.similarity_search("card", k=9, filter="page >= 2")) == ["a", "e"]
    assert store.delete()
    assert len(store) == 0
    assert store.similarity_search("card") == []
    assert store.similarity_search("card", filter={"page": 2}) == []
    store.add_texts(["again"], ids=["b"])
    assert ids_of(store.similarity_search("card", k=9)) == ["b"]


def test_an_empty_store_finds_nothing(make: Callable[[Any], VectorStore]) -> None:
    store = make(Mean())
    assert store.similarity_search("card", filter={"anything": 1}) == []
    assert store.similarity_search_by_vector([1.0, 0.0]) == []
    assert store.max_marginal_relevance_search("card") == []
    assert store.get_by_ids(["a"]) == []
    assert store.delete() is True
    assert store.delete(["a"]) is True
    assert store.add_documents([]) == []
    assert len(store) == 0
    assert store


@pytest.mark.parametrize(
    "metadata",
    [{"when": pd.Timestamp("2024-03-01")}, {"raw": b"x"}, {"in": {3: "x"}}, {"set": {1}}],
)
def test_metadata_that_json_does_not_hold_is_refused(
    make: Callable[[Any], VectorStore], metadata: dict[str, Any]
) -> None:
    store = make(Mean())
    with pytest.raises(InputError):
        store.add_texts(["text"], [metadata])
    assert len(store) == 0


def test_what_does_not_fit_together_is_refused(store: VectorStore) -> None:
    with pytest.raises(InputError):
        store.add_texts(["one", "two"], [{}])
    with pytest.raises(InputError):
        store.add_texts(["one", "two"], ids=["a"])
    with pytest.raises(EncoderMismatchError):
        store.similarity_search_by_vector([1.0, 0.0])
    assert len(store) == 6


def test_odd_texts_are_taken(make: Callable[[Any], VectorStore]) -> None:
    store = make(Mean())
    ids = store.add_texts(["", "half \ud800", "nul \x00", "😀"], [{"t": "\ud800"}, {}, {}, {}])
    found = store.get_by_ids(ids)
    assert [each.page_content for each in found] == [
        "",
        "half \ufffd\ufffd\ufffd",
        "nul \x00",
        "😀",
    ]
    assert found[0].metadata == {"t": "\ud800"}


def test_a_retriever_of_a_store_takes_filters(store: VectorStore) -> None:
    retriever = store.as_retriever(search_kwargs={"k": 9, "filter": {"source": "a.pdf"}})
    assert ids_of(retriever.invoke("card")) == ["a", "c"]
    varied = store.as_retriever(search_type="mmr", search_kwargs={"k": 2})
    assert len(asyncio.run(varied.ainvoke("card"))) == 2
    near = store.as_retriever(
        search_type="similarity_score_threshold", search_kwargs={"score_threshold": 0.99}
    )
    assert ids_of(near.invoke(TEXTS[3])) == ["d"]


def test_documents_added_at_once_are_all_there(store: VectorStore) -> None:
    async def add() -> None:
        texts = [[f"text {n}", f"other {n}"] for n in range(6)]
        await asyncio.gather(*(store.aadd_texts(each, [{"n": 1}, {"m": 2}]) for each in texts))

    asyncio.run(add())
    assert len(store) == 18
    assert len(store.similarity_search("text", k=20, filter="n = 1")) == 6


def test_indexing_api_of_langchain_keeps_the_store_in_step(store: VectorStore) -> None:
    manager = InMemoryRecordManager("notes")
    manager.create_schema()
    store.delete()
    documents = [Document(t, metadata={"source": s}) for t, s in (("one", "x"), ("two", "y"))]
    for expected in ({"num_added": 2}, {"num_skipped": 2}):
        done = index(
            documents,
            manager,
            store,
            cleanup="full",
            source_id_key="source",
            key_encoder="sha256",
        )
        assert {key: done[key] for key in expected} == expected
    done = index(
        documents[:1], manager, store, cleanup="full", source_id_key="source", key_encoder="sha256"
    )
    assert done["num_deleted"] == 1
    assert [each.page_content for each in store.similarity_search("x")] == ["one"]


# A store in a folder.


def test_a_folder_is_there_after_a_restart_and_shared(tmp_path: Path) -> None:
    one = CoterieVectorStore.from_texts(TEXTS, tfidf(), METADATA, ids=IDS, folder=tmp_path / "s")
    other = CoterieVectorStore(tmp_path / "s")  # with the encoder that the folder holds
    asked = "a stolen card"
    assert other.similarity_search(asked, k=3) == one.similarity_search(asked, k=3)
    other.add_texts(["A brand new text."], ids=["g"])
    assert len(one) == 7
    assert one.get_by_ids(["g"])[0].page_content == "A brand new text."
    assert one.index.search("stolen", k=1).hits["id"].tolist() == ["a"]


def test_many_small_changes_keep_metadata(tmp_path: Path) -> None:
    store = CoterieVectorStore(tmp_path / "s", Mean())
    for n in range(40):  # more parts than an index has, so that rows are written anew
        store.add_texts(
            [f"text {n}"], [{"n": n, f"k{n % 3}": [str(n)], "deep": {"x": n}}], ids=[str(n)]
        )
    assert [d.metadata["deep"] for d in store.get_by_ids(["0", "39"])] == [{"x": 0}, {"x": 39}]
    assert ids_of(store.similarity_search("x", k=50, filter={"deep": {"x": 7}})) == ["7"]
    assert len(store.similarity_search("x", k=50, filter="k0 IS NULL")) == 26


def test_an_index_of_a_table_is_a_store(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "key": IDS * 4,
            "text": TEXTS * 4,
            "page": [3, 4, None, 1, 12, 5] * 4,
            "when": pd.Timestamp("2024-03-01"),
        }
    ).assign(key=[f"r{n}" for n in range(24)])
    made = coterie.index(table, text="text", id="key", encoder="tfidf")
    folder = made.save(tmp_path / "index")
    store = CoterieVectorStore(folder)
    (found,) = store.get_by_ids(["r1"])
    assert found.metadata == {"page": 4, "when": "2024-03-01T00:00:00"}
    assert store.get_by_ids(["r2"])[0].metadata == {"when": "2024-03-01T00:00:00"}
    store.add_texts(["A new one."], [{"page": 99, "more": {"x": [1]}}], ids=["new"])
    hits = store.similarity_search("card", k=3, filter="page >= 12")
    assert {hit.metadata["page"] for hit in hits} <= {12, 99}
    memory = faiss_store(folder)
    assert len(memory) == 25
    asked = "a stolen card"
    one = memory.similarity_search_with_score(asked, k=25)
    two = store.similarity_search_with_score(asked, k=25)
    assert [score for _, score in one] == pytest.approx([score for _, score in two], abs=1e-5)
    assert memory.get_by_ids(["new", "r1"]) == store.get_by_ids(["new", "r1"])


def test_a_store_without_embeddings_or_with_others_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OptionError):
        CoterieVectorStore(tmp_path / "s")
    CoterieVectorStore.from_texts(TEXTS, tfidf(), folder=tmp_path / "s")
    with pytest.raises(EncoderMismatchError):
        CoterieVectorStore(tmp_path / "s", fit_tfidf(TEXTS[:4] * 4, dim=6))
    with pytest.raises(EncoderMismatchError):
        CoterieVectorStore(tmp_path / "s", Mean())
    CoterieVectorStore.from_texts(TEXTS, Mean(), folder=tmp_path / "t")
    with pytest.warns(CoterieWarning, match="Mean"):
        CoterieVectorStore(tmp_path / "t", DeterministicFakeEmbedding(size=64))
    with pytest.raises(EncoderMismatchError):
        _ = CoterieVectorStore(tmp_path / "t").embeddings


# A store in memory.


@pytest.mark.parametrize("method", ["flat", "hnsw"])
def test_a_saved_store_is_the_same(tmp_path: Path, method: Any) -> None:
    store = FaissVectorStore.from_texts(TEXTS, Mean(), METADATA, ids=IDS, method=method)
    store.delete(["d"])
    folder = store.save(tmp_path / "saved")
    read = FaissVectorStore.load(folder, Mean())
    assert read.method == method
    assert read.similarity_search("card", k=9) == store.similarity_search("card", k=9)
    assert {path.suffix for path in folder.iterdir()} == {".json", ".faiss"}
    with pytest.raises(OptionError):
        store.save(folder)
    store.delete()
    store.save(folder, overwrite=True)
    assert [path.name for path in folder.iterdir()] == ["documents.json"]
    assert len(FaissVectorStore.load(folder, Mean())) == 0


def test_a_store_that_was_altered_is_refused(tmp_path: Path) -> None:
    folder = FaissVectorStore.from_texts(TEXTS, Mean()).save(tmp_path / "saved")
    (vectors,) = folder.glob("*.faiss")
    whole = vectors.read_bytes()
    vectors.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(IntegrityError):
        FaissVectorStore.load(folder, Mean())
    vectors.write_bytes(whole)
    documents = folder / "documents.json"
    documents.write_text(documents.read_text().replace("stolen", "stoned"))
    with pytest.raises(IntegrityError):
        FaissVectorStore.load(folder, Mean())
    vectors.unlink()
    with pytest.raises(StoreError):
        FaissVectorStore.load(folder, Mean())
    with pytest.raises(OptionError):
        FaissVectorStore(Mean(), method="best")  # type: ignore[arg-type]


def test_a_graph_finds_all_that_pass_a_narrow_filter() -> None:
    rng = np.random.default_rng(0)
    texts = [f"w{n}" for n in range(600)]
    vectors = dict(zip(texts, rng.normal(size=(600, 16)).tolist(), strict=True))

    class Given(Embeddings):
        def embed_query(self, text: str) -> list[float]:
            return vectors[text]

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [vectors[text] for text in texts]

    metadata = [{"n": n} for n in range(600)]
    graph = FaissVectorStore.from_texts(texts, Given(), metadata, method="hnsw")
    flat = FaissVectorStore.from_texts(texts, Given(), metadata)
    for where in ("n = 17", "n < 5", "n >= 300", None):
        one, two = (
            {d.page_content for d in s.similarity_search("w3", k=9, filter=where)}
            for s in (graph, flat)
        )
        assert len(one & two) >= 0.8 * len(two)
        assert len(one) == len(two)


# The retriever.


def test_hits_say_why_they_are_hits(tmp_path: Path) -> None:
    metadata = [{**each, "match": "own"} for each in METADATA]
    store = CoterieVectorStore.from_texts(TEXTS, tfidf(), metadata, ids=IDS, folder=tmp_path / "s")
    for source in (store, tmp_path / "s", store.index):
        found = CoterieRetriever(index=source, k=3).invoke("a stolen card")
        assert len(found) == 3
        assert found[0].id == "a"
        assert found[0].metadata["author"] == {"name": "Ada", "age": 36}
        assert found[0].metadata["match (column)"] == "own"
        assert found[0].metadata["found_by"] == "both"
        assert 0 < found[0].metadata["cosine"] <= 1
        assert "stolen" in found[0].metadata["why"]
    words = CoterieRetriever(index=store, by="words", where="page >= 3.5", k=9, filters=False)
    assert ids_of(words.invoke("card")) == ["b", "e"]
    assert words.invoke("card")[0].metadata["cosine"] is None
    assert words.invoke("card", k=1)[0].id == "b"
    store.add_texts(["A stolen bicycle."], [{"page": 4}], ids=["g"])
    assert ids_of(words.invoke("bicycle", k=1)) == ["g"]


def test_a_retriever_of_nothing_finds_nothing(tmp_path: Path) -> None:
    retriever = CoterieRetriever(index=CoterieVectorStore(tmp_path / "s", Mean()))
    assert retriever.invoke("card") == []
    CoterieVectorStore.from_texts(TEXTS, Mean(), folder=tmp_path / "s")
    assert retriever.invoke("  ") == []
    assert len(retriever.invoke("card")) == 4
    with pytest.raises(ValueError, match="no index"):  # pydantic's own, with the message inside
        CoterieRetriever(index=tmp_path / "none")


# Embeddings.


def test_embeddings_are_those_of_the_encoder() -> None:
    encoder = tfidf()
    embeddings = CoterieEmbeddings(encoder, cache=NoCache())
    expected = encoder.encode(TEXTS)
    np.testing.assert_array_equal(np.float32(embeddings.embed_documents(TEXTS)), expected)
    np.testing.assert_array_equal(np.float32(embeddings.embed_query(TEXTS[0])), expected[0])
    assert embeddings.embed_documents([]) == []


def test_vectors_of_documents_are_kept_and_those_of_queries_are_not(tmp_path: Path) -> None:
    cache = coterie.EmbeddingCache(tmp_path / "cache")
    embeddings = CoterieEmbeddings(tfidf(), cache=cache)
    embeddings.embed_documents(TEXTS)
    embeddings.embed_query("another text")
    assert [info.vectors for info in cache.info()] == [len(TEXTS)]
