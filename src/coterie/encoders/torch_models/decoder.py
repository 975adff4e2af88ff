"""Decoder models (Mistral, Llama...) as encoders, by a hidden state."""

from __future__ import annotations

from typing import Any

from coterie.encoders.torch_models.base import TransformerEncoder

__all__ = ["DecoderEncoder", "is_decoder"]

_TYPES = {
    *("falcon", "gemma", "gemma2", "gpt2", "gpt_neox", "llama", "mistral", "mixtral", "olmo"),
    *("olmo2", "phi", "phi3", "qwen2", "qwen3"),
}


class DecoderEncoder(TransformerEncoder):
    """The mean over a text's tokens of the second-to-last hidden layer.

    The last layer of a decoder is trained to predict the next token; the one before it carries more
    of the meaning (bert-as-service, https://github.com/jina-ai/clip-as-service, takes the same).
    """

    def _pool(self, ids: Any) -> Any:
        output = self._model(input_ids=ids, output_hidden_states=True, use_cache=False)
        return output.hidden_states[-2].float().mean(dim=1)

    def _traits(self) -> str:
        return "layer=-2 pooling=mean"


def is_decoder(config: dict[str, Any]) -> bool:
    """Whether ``config.json`` describes a decoder."""
    architectures = config.get("architectures") or []
    return config.get("model_type") in _TYPES or any(
        name.endswith("ForCausalLM") for name in architectures
    )
