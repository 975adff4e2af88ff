"""A tiny random language model of the real architecture, saved as transformers saves it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}</s>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def write_language_model(folder: Path, kind: str, template: str | None) -> Path:
    """Write one whose tokens are bytes, so that every text can be read."""
    torch = pytest.importorskip("torch", reason="needs coterie[torch]")
    import transformers as tf
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    torch.manual_seed(3)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(["<s>", "</s>", *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    saved = tf.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>"
    )
    saved.chat_template = template
    saved.save_pretrained(str(folder))
    config = getattr(tf, f"{kind}Config")(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=48,
        max_position_embeddings=400,
        initializer_range=0.5,
        bos_token_id=0,
        eos_token_id=1,
        **({"sliding_window": 8} if kind == "Mistral" else {}),
    )
    tf.AutoModelForCausalLM.from_config(config).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="session")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Folder of a tiny model, by its kind and its chat template."""
    return lru_cache(
        lambda kind="Llama", template=None: write_language_model(
            tmp_path_factory.mktemp(kind), kind, template
        )
    )
