"""Questions to a model: asked at once where it can, kept, checked, and asked again once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Condition, Event, Lock
from typing import Any, Generic, TypeVar

from coterie.errors import LanguageModelError, OptionError
from coterie.llm.answers import Answer, BadAnswerError, read_answer
from coterie.llm.base import ChatModel, Prompt, Reply, TryAgainError
from coterie.llm.kept import KeptAnswers, NoAnswers
from coterie.llm.ledger import Estimate, Ledger, dollars
from coterie.llm.prices import Price
from coterie.llm.thinking import without_thinking
from coterie.personal import Masks
from coterie.progress import current

__all__ = ["Answered", "Asker", "Question"]

AnswerT = TypeVar("AnswerT", bound=Answer)

# judgements, not measured
_TRIES = 5
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0  # seconds; doubled each time
_LONGEST_TOLD = 300.0  # seconds, where the server says how long
_GIVE_UP = 5  # questions without any answer, one after the other, before the rest is left out
_SHOWN_BACK = 1500  # characters of a bad answer that a model sees again
_UNSEEN = 600  # tokens that a provider adds to a prompt of its own, as for tools


@dataclass(frozen=True, slots=True)
class Question(Generic[AnswerT]):
    """One question.

    Attributes
    ----------
    about
        What it is about, for the audit file.
    write
        Writes the prompt; customers' texts must go through the function that it is given, which
        masks personal data where they leave this machine.
    kind
        What the answer must be.
    check
        Says what is wrong with an answer, in a sentence for the model; "" for nothing.
    """

    about: str
    write: Callable[[Callable[[str], str]], Prompt]
    kind: type[AnswerT]
    check: Callable[[AnswerT], str] = lambda _: ""


@dataclass(slots=True)
class Answered(Generic[AnswerT]):
    """What came of a question.

    Attributes
    ----------
    about
        What the question was about.
    answer
        None where there is none that can be used.
    why
        Why there is none.
    exchanges
        Prompts as they were sent, and what came back, as JSON takes them.
    """

    about: str
    answer: AnswerT | None = None
    why: str = ""
    exchanges: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether the model could not be reached at all."""
        return self.answer is None and not self.exchanges


class Asker:
    """Asks one model, and counts what it takes.

    Parameters
    ----------
    model
        The model.
    kept
        Where answers are kept.
    price
        What tokens cost; None where that is not known.
    most
        US dollars that may be spent; None for no limit.
    sleep
        Waits between attempts; for tests. By default it ends early when asking ends.

    Raises
    ------
    OptionError
        When there is a limit, and the price is not known.
    """

    def __init__(
        self,
        model: ChatModel,
        kept: KeptAnswers,
        price: Price | None,
        *,
        most: float | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        if most is not None and price is None:
            raise OptionError(
                f"The price of {model.name} is not known, so its cost cannot be limited: give the "
                "price in US dollars per million tokens with --llm-price (llm_price=), as 3/15."
            )
        self.model, self.kept, self.most = model, kept, most
        self.ledger = Ledger(model.name, model.remote, price)
        self._lock, self._stopped = Lock(), Event()
        self._reserved: list[float] = []  # for each call under way
        self._released = Condition(self._lock)
        self._reason = ""
        self._given_sleep, self._sleep = sleep, sleep or self._stopped.wait

    def without_kept(self) -> Asker:
        """Give one that asks the same model, keeps nothing, and counts by itself."""
        return Asker(
            self.model, NoAnswers(), self.ledger.price, most=self.most, sleep=self._given_sleep
        )

    def ask(self, questions: Sequence[Question[AnswerT]], title: str) -> list[Answered[AnswerT]]:
        """Ask questions; one answer or refusal for each, in their order.

        What goes wrong with one question leaves the others alone. Where the model can no longer be
        reached, or the money is spent, the questions that are left are refused.

        Raises
        ------
        LanguageModelError
            When the very first question shows that the model cannot be used at all.
        """
        started = time.monotonic()
        found: list[Answered[AnswerT] | None] = [None] * len(questions)
        self._stopped.clear()
        failures = 0
        try:
            with (
                current().stage(title, len(questions)) as stage,
                ThreadPoolExecutor(max(self.model.at_once, 1)) as pool,
            ):
                waiting: dict[Future[Answered[AnswerT]], int] = {}
                todo = list(enumerate(questions))
                try:
                    while todo or waiting:
                        while todo and len(waiting) < max(self.model.at_once, 1):
                            place, question = todo.pop(0)
                            waiting[pool.submit(self._one, question)] = place
                        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                        for future in done:
                            answered = future.result()
                            found[waiting.pop(future)] = answered
                            failures = failures + 1 if answered.failed else 0
                            stage.advance()
                        if failures >= _GIVE_UP:
                            self._stop("The model could no longer be reached.")
                except BaseException:
                    self._stop("Asking was broken off.")
                    raise
        finally:
            self.ledger.seconds += time.monotonic() - started
        every = [each for each in found if each is not None]
        self.ledger.refused += sum(each.answer is None for each in every)
        return every

    def estimate(self, questions: Sequence[Question[Any]]) -> Estimate:
        """Estimate what questions will take; nothing is asked."""
        return self.estimate_prompts([self._written(question)[0] for question in questions])

    def estimate_prompts(self, prompts: Sequence[Prompt], *, answers: bool = True) -> Estimate:
        """Estimate what prompts will take, with answers in words or as likelihoods alone."""
        tokens_in = tokens_out = kept = 0
        for prompt in prompts:
            if self.kept.find(self.model, prompt) is not None:
                kept += 1
                continue
            tokens_in += self._tokens(prompt)
            tokens_out += prompt.longest if answers else 0
        calls = len(prompts) - kept
        known = self.kept.speed(self.model)
        seconds = None
        if known.calls and known.tokens:
            rate = known.seconds / known.tokens
            seconds = rate * (tokens_in + tokens_out) / max(self.model.at_once, 1)
        price = self.ledger.price
        cost = None if price is None else price.cost(tokens_in, tokens_out)
        return Estimate(
            self.model.name,
            self.model.remote,
            calls,
            2 * calls if answers else calls,
            kept,
            tokens_in,
            tokens_out,
            seconds,
            cost,
        )

    def _written(self, question: Question[AnswerT]) -> tuple[Prompt, Masks | None]:
        if not self.model.remote:
            return question.write(str), None
        masks = Masks()
        return question.write(masks.hide), masks

    def _one(self, question: Question[AnswerT]) -> Answered[AnswerT]:
        found: Answered[AnswerT] = Answered(question.about)
        try:
            prompt, masks = self._written(question)
        except LanguageModelError as error:  # it does not fit the window
            found.why = self._told_or_raised(error)
            return found
        counted = False
        for attempt in range(2):
            reply, found.why = self._known(prompt), ""
            if reply is None:
                reply, found.why = self._asked(prompt)
                if reply is not None and masks is not None and not counted:
                    counted = True
                    with self._lock:
                        self.ledger.masked.update(masks.counts)
            if reply is None:
                return found
            said = without_thinking(reply.text)
            found.exchanges.append({"prompt": prompt.messages, "answer": reply.text})
            try:
                answer = read_answer(said, question.kind)
                if masks is not None:
                    answer = _shown(answer, masks)
                wrong, is_json = question.check(answer), True
            except BadAnswerError as error:
                wrong, is_json = str(error), error.is_json
            if not wrong:
                found.answer, found.why = answer, ""
                if attempt:
                    with self._lock:
                        self.ledger.repaired += 1
                return found
            found.why = wrong
            hidden = wrong if masks is None else masks.hide(wrong)
            objection = f"{hidden} Answer the question again, with the JSON object alone."
            prompt = prompt.answered(said[:_SHOWN_BACK] or "-", objection, constrained=is_json)
        return found

    def _known(self, prompt: Prompt) -> Reply | None:
        """Give the answer that is kept."""
        known = self.kept.find(self.model, prompt)
        if known is not None:
            with self._lock:
                self.ledger.add(known, kept=True)
        return known

    def _asked(self, prompt: Prompt) -> tuple[Reply | None, str]:
        """Ask the model; or why there is no answer."""
        why = ""
        for attempt in range(_TRIES):
            if self._stopped.is_set():
                return None, why or self._reason
            reserved = self._reserve(prompt)
            if reserved is None:
                self._stop(f"The limit of {dollars(self.most or 0)} is reached.")
                return None, self._reason
            reply, told = None, None
            try:
                reply = self.model.reply(prompt)
            except TryAgainError as error:
                why, told = error.reason, error.after
            except LanguageModelError as error:
                return None, self._told_or_raised(error)
            finally:
                with self._released:
                    self._reserved.remove(reserved)
                    self._released.notify_all()
                    if reply is not None:
                        self.ledger.add(reply)
            if reply is not None:
                self.kept.keep(self.model, prompt, reply)
                return reply, ""
            if attempt + 1 < _TRIES:
                with self._lock:
                    self.ledger.again += 1
                pause = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT)
                self._sleep(min(told or pause, _LONGEST_TOLD))
        return None, why

    def _told_or_raised(self, error: LanguageModelError) -> str:
        """Say why there is no answer; raise it where there was none before either."""
        with self._lock:
            if not self.ledger.calls and not self.ledger.kept:
                raise error
        return str(error)

    def _stop(self, reason: str) -> None:
        """Ask nothing more; the first reason counts."""
        with self._lock:
            if not self._stopped.is_set():
                self._reason = reason
                self._stopped.set()

    def _tokens(self, prompt: Prompt) -> int:
        """Count what is sent, from above."""
        schema = "" if prompt.schema is None else json.dumps(prompt.schema, ensure_ascii=False)
        return self.model.count(f"{prompt.text}\n{schema}")

    def _reserve(self, prompt: Prompt) -> float | None:
        """Set money aside for a call; None where there is not enough left.

        A call costs less than is set aside for it, so this waits for those under way before it says
        that there is not enough: how many are under way at a time does not change what is refused.
        """
        price, cost = self.ledger.price, 0.0
        if self.most is not None and price is not None:
            cost = price.cost(self._tokens(prompt) + _UNSEEN, prompt.longest)
        with self._released:
            while self.most is not None and self._spent + cost > self.most:
                if not self._reserved or self._stopped.is_set():
                    return None
                self._released.wait()
            self._reserved.append(cost)
        return cost

    @property
    def _spent(self) -> float:
        """What was spent, and is set aside."""
        return (self.ledger.cost or 0.0) + sum(self._reserved)


def _shown(answer: AnswerT, masks: Masks) -> AnswerT:
    """Put back what was masked."""
    return type(answer).model_validate(_unmasked(answer.model_dump(), masks))


def _unmasked(value: Any, masks: Masks) -> Any:
    if isinstance(value, str):
        return masks.show(value)
    if isinstance(value, dict):
        return {name: _unmasked(each, masks) for name, each in value.items()}
    return [_unmasked(each, masks) for each in value] if isinstance(value, list) else value
