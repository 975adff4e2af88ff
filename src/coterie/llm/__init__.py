"""One door to every chat model: on this machine first, checked, counted, and kept.

``ollama:llama3.2``, ``anthropic:…``, ``openai:…`` (any compatible address), ``gguf:FILE`` and
``transformers:FOLDER`` are asked in the same way, see `Asker`. No text leaves this machine unless a
remote model is named, and personal data is masked before one sees it.
"""

from coterie.llm.answers import Answer, schema_of
from coterie.llm.asking import Answered, Asker, Question
from coterie.llm.base import ChatModel, Prompt, Reply, TokenModel, weighs
from coterie.llm.kept import KeptAnswers, NoAnswers
from coterie.llm.ledger import Estimate, Ledger
from coterie.llm.likelihoods import answer_likelihoods
from coterie.llm.load import TIMEOUT, load_model, why_unreachable
from coterie.llm.names import ModelName
from coterie.llm.prices import Price
from coterie.llm.scoring import score_answers, with_answers

__all__ = [
    "TIMEOUT",
    "Answer",
    "Answered",
    "Asker",
    "ChatModel",
    "Estimate",
    "KeptAnswers",
    "Ledger",
    "ModelName",
    "NoAnswers",
    "Price",
    "Prompt",
    "Question",
    "Reply",
    "TokenModel",
    "answer_likelihoods",
    "load_model",
    "schema_of",
    "score_answers",
    "weighs",
    "why_unreachable",
    "with_answers",
]
