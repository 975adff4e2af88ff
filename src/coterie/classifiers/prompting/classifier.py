"""Classification by asking a language model, which learns nothing and is shown examples."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from coterie.classifiers.base import TextClassifier
from coterie.classifiers.classification_heads import Features, Floats, Head, Said
from coterie.classifiers.confidence import fit_confidence
from coterie.classifiers.examples import draw_rows, keep_examples
from coterie.classifiers.features.texts import find_speakers
from coterie.classifiers.inputs import Inputs, TextsOrFrame, encode_labels, read_inputs
from coterie.classifiers.model import Held
from coterie.classifiers.predictions import REFUSED, Predictions, Shares
from coterie.classifiers.prompting.labels import LabelSheet, choose_examples, label_names
from coterie.classifiers.prompting.order import OrderBias, order_bias, rotated
from coterie.classifiers.prompting.questions import LabelAnswer, label_question, scored_prompt
from coterie.classifiers.scope_fit import fit_scope
from coterie.classifiers.training_rows import training_rows
from coterie.encoders import Vectors
from coterie.errors import CoterieWarning, InputError, LanguageModelError, OptionError
from coterie.llm import (
    Answered,
    Asker,
    KeptAnswers,
    ModelName,
    Price,
    Question,
    load_model,
    score_answers,
    weighs,
)
from coterie.progress import current

__all__ = ["BOUNDS", "ROTATIONS", "ModelAnswers", "PromptClassifier"]

Ints = npt.NDArray[np.int64]

BOUNDS = {"examples": (0, 20), "shortlist": (2, 1000), "calibration": (10, 100_000)}
"""Least and most of parameters."""

ROTATIONS = 1, 20
"""Of the orders of the labels, where they are given."""

_MOST_CALIBRATED = 0.5  # share of a class's rows that calibrate; the others are examples
_LEAST_SHARE = 0.5  # votes for a label that no order was answered with; a judgement
_MANY = 20  # texts, from which on it is said before what asking will take: a judgement
_TITLE = "Asking the language model"


@dataclass(frozen=True, slots=True, eq=False)
class ModelAnswers:
    """What a language model said of n texts.

    Attributes
    ----------
    scores
        Shape (n, k), float64: log-probability of each label, the mean over the orders; NaN for
        labels that were not shown, and for all of a text that was refused.
    orders
        Of each text, the orders in which labels were shown, as places in the classes.
    answers
        Of each text and order, the label answered, -1 for none.
    why
        Of each text, why it was refused; "" where it was not.
    """

    scores: Floats
    orders: Sequence[Sequence[Sequence[int]]]
    answers: Sequence[Sequence[int]]
    why: Sequence[str]


@dataclass(eq=False, repr=False)
class PromptClassifier(TextClassifier):
    """A language model is shown the labels, what they mean, an example of each, and the text.

    The answer is one of the labels, or a refusal with the status ``"refused"``. A model on this
    machine that says how likely a token is (``gguf:``, ``transformers:``) is asked for the
    likelihood of each label. Any other answers with JSON, is asked again once, and has votes for
    probabilities. Of many labels, those nearest to the text by the encoder are shown.

    The training rows give examples; some of them calibrate the confidence, and are no examples
    then. Nothing else is learnt, and a saved model holds no weights of a language model. The other
    parameters and attributes are those of `coterie.classifiers.base.TextClassifier`; there are no
    context columns.

    Parameters
    ----------
    llm
        Name of the language model, see `coterie.llm.load_model`.
    descriptions
        Label to what it means.
    examples
        Training texts that are shown of each label.
    shortlist
        Labels that are shown at most, 2 or more.
    rotations
        Orders of the labels in which each text is asked; None for 3 where likelihoods are had, and
        else for 1, which differs from text to text.
    calibration
        Training rows, at most, that calibrate the confidence.
    asker
        Who asks, with its cache, its limits and its ledger. Where it is None, a model on this
        machine is asked, and a remote one is not. It is not part of a saved model.

    Attributes
    ----------
    sheet_
        The labels as the language model is told them.
    centres_
        Shape (k, dim), float32: mean vector of each label's examples, for the shortlist.
    order_bias_
        How far the answers for the calibration rows depend on the order of the labels.
    """

    kind = "prompt"

    llm: str = ""
    _: KW_ONLY
    descriptions: Mapping[Any, str] | None = None
    examples: int = 1
    shortlist: int = 8
    rotations: int | None = None
    calibration: int = 100
    asker: Asker | None = None

    def fit(self, X: TextsOrFrame, y: Any, groups: Any = None) -> Self:  # noqa: ARG002
        """Choose examples, and calibrate the confidence; see `TextClassifier.fit`.

        Raises
        ------
        LanguageModelError
            When the language model cannot be used.
        """
        self._check()
        inputs = read_inputs(X, self.text)
        if inputs.vectors is not None:
            raise OptionError(
                "The model prompt reads texts, and vectors were given: leave --vectors "
                "(vectors=) out."
            )
        self.rows_ = training_rows(self.contents(X))
        codes, self.classes_ = encode_labels(y, len(inputs))
        if len(set(inputs.texts)) < 2:
            raise InputError("All texts are the same: give texts that differ.")
        self.origin_, self.context_ = None, None
        self.speakers_ = find_speakers(inputs.texts) if self.pooling == "speakers" else ()
        self.spelling_, self.folds_ = False, None
        self.encoder_ = self._fit_encoder(inputs.texts, codes, np.arange(len(codes)))
        self._note_reading(inputs.texts)
        vectors = self.vectors_of(inputs)
        held = _calibration_rows(codes, inputs.texts, self.calibration, self.examples, self.seed)
        asked = [inputs.texts[row] for row in held.tolist()]
        hidden = set(asked)
        shown = np.array([row for row, text in enumerate(inputs.texts) if text not in hidden])
        self._show(vectors[shown], codes[shown], [inputs.texts[row] for row in shown.tolist()])
        said = self.ask(asked, vectors[held])
        usual = _usual(said.scores) if self.is_scored else np.zeros(len(self.classes_))
        self.head_: Head = Said(usual, self.width)
        self.order_bias_: OrderBias | None = order_bias(said.orders, said.answers, codes[held])
        answered = ~np.isnan(said.scores).all(axis=1)
        judged = held[answered]
        scores = self.head_.scores(self._beside(vectors[held], said.scores))[answered]
        self.confidence_ = fit_confidence(scores, codes[judged], accuracy=self.accuracy)
        if not len(judged):
            warnings.warn(
                "The confidence is not calibrated and all answers are ambiguous, because the "
                "language model answered no row that is not an example: give more rows.",
                CoterieWarning,
                stacklevel=2,
            )
        self.setting_ = None
        self.examples_ = keep_examples(
            vectors, codes, inputs.texts, seed=self.seed, outside=self.outside
        )
        self.scope_, belonging = fit_scope(
            vectors,
            codes,
            _numbered(inputs.texts),
            self.examples_,
            draw_rows(codes, self.seed),
            seed=self.seed,
            unknown=self.unknown,
            outside=self.outside,
        )
        standing = None if self.scope_ is None else self.scope_.standing_of(belonging).take(judged)
        shares = self.confidence_.probabilities(scores)
        self.held_: Held | None = Held(judged, codes[judged], shares, None, standing)
        return self

    def ask(self, texts: Sequence[str], vectors: Vectors | None = None) -> ModelAnswers:
        """Ask the language model about n texts; ``vectors`` are theirs, where they are known."""
        found = self.embed(texts) if vectors is None else vectors
        places = self._shortlisted(found)
        turns = self.rotations or (3 if self.is_scored else 1)
        orders = [
            rotated(text, own, turns) for text, own in zip(texts, places.tolist(), strict=True)
        ]
        return self._weighed(texts, orders) if self.is_scored else self._voted(texts, orders)

    def measure_order(self, texts: Sequence[str], truth: Sequence[Any]) -> OrderBias | None:
        """Measure the order bias on labelled texts, whose answers are kept from a prediction."""
        place = {str(label): code for code, label in enumerate(self.classes_.tolist())}
        codes = np.array([place.get(str(label), -1) for label in truth], dtype=np.int64)
        said = self.ask(texts)
        return order_bias(said.orders, said.answers, codes)

    def decisions_of(self, features: Features, readable: Shares | None = None) -> Predictions:
        """Decide as `decide` does; a text without an answer has no label, and is refused."""
        found = super().decisions_of(features, readable)
        refused = np.isnan(features[:, self.vector_width :]).all(axis=1)
        if not refused.any():
            return found
        labels = found.labels.astype(object)
        labels[refused] = None
        found.statuses[refused] = REFUSED
        return Predictions(
            labels, found.confidences, found.statuses, found.probabilities, found.classes
        )

    @property
    def width(self) -> int:
        """Columns of all features: those of the vector, and one for each label."""
        return self.vector_width + len(self.classes_)

    @property
    def who_asks(self) -> Asker:
        """The asker, made where it was not given.

        Raises
        ------
        OptionError
            When the language model is remote, and nobody named it now.
        """
        if self.asker is None:
            name = ModelName.parse(self.llm)
            if name.remote:
                raise OptionError(
                    f"This model asks {self.llm}, and the texts would leave this machine: name it "
                    f"again with --llm {self.llm} (llm=) to allow that."
                )
            self.asker = Asker(load_model(name), KeptAnswers(), Price.of(name))
        return self.asker

    @property
    def is_scored(self) -> bool:
        """Whether the language model is asked for likelihoods."""
        return weighs(self.who_asks.model)

    def _join(self, vectors: Vectors, inputs: Inputs) -> Features:
        return self._beside(vectors, self.ask(inputs.texts, vectors).scores)

    def _beside(self, vectors: Vectors, said: Floats) -> Features:
        return np.hstack([vectors, said.astype(np.float32)])

    def _show(self, vectors: Vectors, codes: Ints, texts: Sequence[str]) -> None:
        """Choose what is shown of each label."""
        known = [str(label) for label in self.classes_.tolist()]
        told = {str(label): text for label, text in (self.descriptions or {}).items()}
        names = {str(label): text for label, text in (self.class_names or {}).items()}
        chosen, self.centres_ = choose_examples(vectors, codes, texts, len(known), self.examples)
        self.sheet_ = LabelSheet(
            label_names(known, names),
            tuple(told.get(label, "") for label in known),
            tuple(map(tuple, chosen)),
        )

    def _shortlisted(self, vectors: Vectors) -> Ints:
        """Choose the labels that are shown, (n, m) places in the classes, in their order."""
        k = len(self.classes_)
        if k <= self.shortlist:
            return np.tile(np.arange(k), (len(vectors), 1))
        near = np.argsort(-(vectors @ self.centres_.T), axis=1, kind="stable")
        return np.sort(near[:, : self.shortlist], axis=1).astype(np.int64)

    def _weighed(
        self, texts: Sequence[str], orders: Sequence[Sequence[Sequence[int]]]
    ) -> ModelAnswers:
        """Ask for the likelihood of each label, in each order."""
        asker = self.who_asks
        asked = [(row, turn) for row in range(len(texts)) for turn in range(len(orders[row]))]
        asked.sort(
            key=lambda each: tuple(orders[each[0]][each[1]])
        )  # what begins alike is read once
        made = [
            scored_prompt(self.sheet_, orders[row][turn], texts[row], asker.model)
            for row, turn in asked
        ]
        if len(texts) >= _MANY:
            prompts = [prompt for prompt, _ in made]
            current().say(asker.estimate_prompts(prompts, answers=False).line)
        said = score_answers(asker, [p for p, _ in made], [names for _, names in made], _TITLE)
        scores = np.full((len(texts), len(self.classes_)), np.nan)
        answers = [[-1] * len(own) for own in orders]
        for (row, turn), weights in zip(asked, said, strict=True):
            order = orders[row][turn]
            scores[row, order] = np.nan_to_num(scores[row, order]) + weights
            answers[row][turn] = order[int(weights.argmax())]
        counts = np.array([len(own) for own in orders], dtype=np.float64)
        return ModelAnswers(
            scores / np.maximum(counts, 1)[:, None], orders, answers, [""] * len(texts)
        )

    def _voted(
        self, texts: Sequence[str], orders: Sequence[Sequence[Sequence[int]]]
    ) -> ModelAnswers:
        """Ask for a label in each order, and count."""
        asker = self.who_asks
        asked = [(row, turn) for row in range(len(texts)) for turn in range(len(orders[row]))]
        questions: list[Question[LabelAnswer]] = [
            label_question(self.sheet_, orders[row][turn], texts[row], asker.model, "a text")
            for row, turn in asked
        ]
        if len(texts) >= _MANY:
            current().say(asker.estimate(questions).line)
        said: list[Answered[LabelAnswer]] = asker.ask(questions, _TITLE)
        place = {name.casefold(): at for at, name in enumerate(self.sheet_.names)}
        scores = np.full((len(texts), len(self.classes_)), np.nan)
        answers = [[-1] * len(own) for own in orders]
        why = [""] * len(texts)
        for (row, turn), each in zip(asked, said, strict=True):
            if each.answer is None:
                why[row] = each.why
            else:
                answers[row][turn] = place[each.answer.label.strip().casefold()]
        for row, given in enumerate(answers):
            votes = [answer for answer in given if answer >= 0]
            if votes:
                shown = orders[row][0]
                counts = np.bincount(votes, minlength=len(self.classes_))[shown] + _LEAST_SHARE
                scores[row, shown] = np.log(counts / counts.sum())
                why[row] = ""
        if texts and not asker.ledger.calls and not asker.ledger.kept:
            raise LanguageModelError(f"{asker.model.name} gave no answer: {why[0]}.")
        return ModelAnswers(scores, orders, answers, why)

    def _check(self) -> None:
        super()._check()
        if not self.llm:
            raise OptionError(
                "The model prompt asks a language model, and none is named: name it with --llm "
                "(llm=), as ollama:llama3.2 or gguf:FILE, or after a colon, as "
                "prompt:ollama:llama3.2."
            )
        if self.context:
            raise OptionError(
                "The model prompt reads texts only: leave context columns out, or put them into "
                "the text, as --text '{column}. {other}'."
            )
        bounds = {**BOUNDS, **({} if self.rotations is None else {"rotations": ROTATIONS})}
        for name, (least, most) in bounds.items():
            if not least <= getattr(self, name) <= most:
                raise OptionError(f"{name} is {getattr(self, name)}: give {least} to {most:,}.")

    def _fit_head(self, features: Features, codes: Ints, known: Ints, setting: Any) -> Head:  # noqa: ARG002
        return self.head_


def _calibration_rows(
    codes: Ints, texts: Sequence[str], most: int, examples: int, seed: int
) -> Ints:
    """Draw rows of different texts, as many of each class, that leave enough for examples."""
    rng = np.random.default_rng(seed)
    first = np.sort(np.unique(np.array(texts, dtype=object).astype(str), return_index=True)[1])
    order = rng.permutation(first)
    each: list[list[int]] = []
    for code in np.unique(codes).tolist():
        own = order[codes[order] == code].tolist()
        free = min(int(_MOST_CALIBRATED * len(own)), len(own) - max(examples, 1))
        each.append(own[: max(free, 0)])
    drawn: list[int] = []
    depth = 0
    while len(drawn) < most and any(len(own) > depth for own in each):
        drawn += [own[depth] for own in each if len(own) > depth]
        depth += 1
    return np.sort(np.array(drawn[:most], dtype=np.int64))


def _numbered(texts: Sequence[str]) -> Ints:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.int64)


def _usual(said: Floats) -> Floats:
    """Give the mean of what was said of each label, (k,), of rows (n, k); 0 for one never shown."""
    shown = ~np.isnan(said)
    counts = shown.sum(axis=0)
    sums = np.where(shown, said, 0.0).sum(axis=0)
    means: Floats = np.where(counts > 0, sums / np.maximum(counts, 1), 0.0)
    return means
