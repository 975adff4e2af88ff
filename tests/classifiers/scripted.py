"""A language model in this process that likes labels which share words with the text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from coterie.classifiers import PromptClassifier
from coterie.llm import Asker, NoAnswers, Prompt, Reply

TEXTS = {
    "refund": (
        "please refund the money for my order",
        "i want a refund of the price",
        "refund me what i paid for the shoes",
        "the refund for the jacket has not come",
        "give me a refund, it is broken",
        "how do i ask for a refund of the fee",
    ),
    "password": (
        "i forgot my password and cannot log in",
        "the password is not taken by the app",
        "how can i set another password",
        "my password was changed by somebody",
        "the site wants a longer password",
        "password reset mail does not come",
    ),
    "delivery": (
        "when does the delivery of my parcel arrive",
        "the delivery is late by a week",
        "delivery came to the wrong house",
        "the driver of the delivery left it outside",
        "can the delivery be on saturday",
        "no delivery today, why",
    ),
}
NEW = (
    "where is my refund",
    "a new password, please",
    "my delivery is broken",
    "refund the delivery",
    "hello there",
    "the password of the delivery app",
)
_END = 256


def rows(each: int = 6) -> tuple[list[str], list[str]]:
    """Give some texts of each label, and the labels."""
    texts = [text for own in TEXTS.values() for text in own[:each]]
    return texts, [label for label, own in TEXTS.items() for _ in own[:each]]


class Scripted:
    """Weighs bytes: those that a word of the last text goes on with are more likely."""

    name = identity = "gguf:scripted.gguf"
    remote, window, at_once, end = False, 100_000, 1, _END

    def __init__(self) -> None:
        self.asked: list[Prompt] = []

    def count(self, text: str) -> int:
        return len(text.split())

    def tokens(self, text: str) -> list[int]:
        return list(text.encode())

    def prompt_tokens(self, prompt: Prompt) -> list[int]:
        probe = prompt.text.endswith(("<text>1</text>", "<text>Z</text>"))  # where texts begin
        if not probe and (not self.asked or self.asked[-1] is not prompt):
            self.asked.append(prompt)
        return self.tokens(prompt.text)

    def begin(self, shared: Sequence[int]) -> None:
        """Forget nothing, as nothing is read ahead."""

    def weigh(self, tokens: Sequence[int], allowed: Sequence[int]) -> list[float]:
        prompt = self.asked[-1].text
        words = re.findall(r"\w+", prompt.rpartition("<text>")[2].lower())
        said = bytes(tokens[len(prompt.encode()) :]).decode(errors="replace").lower()
        likely = {(word + "\0")[len(said)].encode()[0] for word in words if word.startswith(said)}
        found = [1.0 if token in likely else 0.2 - token / 10_000 for token in allowed]
        return [math.log(each / sum(found)) for each in found]

    def reply(self, prompt: Prompt) -> Reply:
        raise AssertionError("it weighs answers, and writes none")


def scripted(**given: object) -> PromptClassifier:
    """Give a classifier that asks such a model, not fitted; nothing is kept."""
    asker = Asker(Scripted(), NoAnswers(), None)
    return PromptClassifier("tfidf", llm=Scripted.name, calibration=10, asker=asker, **given)  # type: ignore[arg-type]
