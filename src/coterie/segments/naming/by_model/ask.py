"""Groups and their families named by a language model, each name checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from coterie.llm import Answered, Asker, Prompt, Question
from coterie.segments.model import Segment
from coterie.segments.naming.by_model.checks import (
    first_sentence,
    wrong_description,
    wrong_name,
)
from coterie.segments.naming.by_model.groups import GroupView
from coterie.segments.naming.by_model.questions import (
    BelongingAnswer,
    NameAnswer,
    Wishes,
    ask_belonging,
    ask_family,
    ask_name,
)
from coterie.segments.naming.names import name_key

__all__ = ["GroupName", "Names", "ask_names", "naming_questions"]

# judgements
_CHANCE = 0.5  # what `GroupName.told_apart` is by chance, however many texts there are of each
_ROUNDS = 2  # of names that two groups have, before the name made of words stays
_ENOUGH = 5  # questions without any answer, after which the model is asked nothing more


@dataclass(frozen=True, slots=True)
class GroupName:
    """A name that a language model gave.

    Attributes
    ----------
    name, description
        Checked.
    told_apart
        How well the model sorts texts by this name and description: the mean of the share of the
        group's texts that it finds, and of the neighbour's that it leaves out; 0.5 is chance. None
        where that was not asked.
    """

    name: str
    description: str
    told_apart: float | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Names of groups and of families.

    Attributes
    ----------
    groups
        Id of a segment to its name.
    families
        Name of a family, as it was, to its new one.
    why
        Id of a segment, or name of a family, to why it got no name.
    exchanges
        Every prompt and answer, as JSON takes them.
    """

    groups: Mapping[str, GroupName]
    families: Mapping[str, GroupName]
    why: Mapping[str, str]
    exchanges: Sequence[Mapping[str, Any]] = field(default_factory=list)


def ask_names(
    asker: Asker,
    views: Sequence[GroupView],
    families: Mapping[str, Sequence[Segment]],
    wishes: Wishes,
    *,
    kept: Sequence[str] = (),
    kept_families: Sequence[str] = (),
    second_look: bool = True,
    seed: int = 0,
) -> Names:
    """Ask for names until each group has one of its own, or keeps the one made of words.

    Parameters
    ----------
    asker
        Asks, counts and keeps.
    views
        The groups to name.
    families
        Name of a family to the groups in it, of those families to name.
    wishes
        How names should be.
    kept, kept_families
        Names that no group may get, and those that no family may get.
    second_look
        Whether to test each name: the model sorts further texts of the group and of its neighbour.
    seed
        Random seed of the order of those texts.
    """
    told = _Told(asker, {name_key(name) for name in kept})
    found = _unique(
        told,
        {view.segment.id: _group_question(view, wishes, asker) for view in views},
        {view.segment.id: view.segment.name for view in views},
        "Naming the groups",
    )
    if second_look:
        found = _telling(told, views, _tested(told, views, found, seed))
    renamed = {key: [_renamed(child, found) for child in group] for key, group in families.items()}
    now = [found.get(view.segment.id, view.segment) for view in views]
    told.taken |= {name_key(each.name) for each in now}
    told.taken |= {name_key(name) for name in kept_families}
    above = _unique(
        told,
        {name: _family_question(name, group, wishes, asker) for name, group in renamed.items()},
        {name: name for name in families},
        "Naming the families",
    )
    return Names(found, above, told.why, told.exchanges)


def naming_questions(
    asker: Asker,
    views: Sequence[GroupView],
    families: Mapping[str, Sequence[Segment]],
    wishes: Wishes,
    *,
    second_look: bool = True,
    seed: int = 0,
) -> list[Question[Any]]:
    """Give the questions of `ask_names`, as far as they are known before the first answer."""
    found: list[Question[Any]] = [_group_question(view, wishes, asker)(()) for view in views]
    if second_look:
        for view in views:
            about = GroupName(view.segment.name, view.segment.description)
            asked = _look(view, about, asker, seed)
            found += [] if asked is None else [asked[0]]
    found += [_family_question(name, group, wishes, asker)(()) for name, group in families.items()]
    return found


Asking = Callable[[Sequence[str]], Question[NameAnswer]]
Write = Callable[[Callable[[str], str], Sequence[str]], Prompt]


class _Told:
    """What the model said until now, and the names that are taken."""

    def __init__(self, asker: Asker, taken: set[str]) -> None:
        self.asker, self.taken, self.gone = asker, taken, ""
        self.why: dict[str, str] = {}
        self.exchanges: list[Mapping[str, Any]] = []

    def ask(self, questions: Sequence[Question[Any]], title: str) -> list[Answered[Any]]:
        if not questions:
            return []
        if self.gone:  # why the model answers nothing more
            found = [Answered[Any](question.about, why=self.gone) for question in questions]
            self.asker.ledger.refused += len(found)
        else:
            found = self.asker.ask(questions, title)
            self.gone = found[-1].why if all(each.failed for each in found[-_ENOUGH:]) else ""
        for each in found:
            said = [{"about": each.about, **exchange} for exchange in each.exchanges]
            self.exchanges += said or [{"about": each.about, "why": each.why}]
        return found


def _unique(
    told: _Told, asking: Mapping[str, Asking], words: Mapping[str, str], title: str
) -> dict[str, GroupName]:
    """Ask for names, and again for those that another has: the first keeps it."""
    found: dict[str, GroupName] = {}
    open_keys, clashes = list(asking), dict[str, str]()
    for _ in range(_ROUNDS + 1):
        used = [each.name for each in found.values()]
        questions = [
            asking[key]([clashes[key], *used] if key in clashes else ()) for key in open_keys
        ]
        answers = told.ask(questions, f"{title} again" if clashes else title)
        again = []
        for key, answered in zip(open_keys, answers, strict=True):
            if answered.answer is None:
                told.why[key] = answered.why
                continue
            name = " ".join(answered.answer.name.split())
            own = name_key(name)
            others = {name_key(words[k]) for k in words if k != key and k not in found}
            if own in told.taken or own in others:
                clashes[key] = name
                told.why[key] = f"The name '{name}' is that of another group."
                again.append(key)
                continue
            told.taken.add(own)
            told.why.pop(key, None)
            found[key] = GroupName(name, first_sentence(answered.answer.description))
        open_keys = again
        if not open_keys:
            break
    return {key: found[key] for key in asking if key in found}


def _group_question(view: GroupView, wishes: Wishes, asker: Asker) -> Asking:
    def write(hide: Callable[[str], str], taken: Sequence[str]) -> Prompt:
        return ask_name(view, wishes, asker.model, hide, taken)

    return _asking(f"group {view.segment.id}", write, wishes, view.segment.terms)


def _family_question(
    name: str, children: Sequence[Segment], wishes: Wishes, asker: Asker
) -> Asking:
    pairs = [(child.name, child.description) for child in children]

    def write(hide: Callable[[str], str], taken: Sequence[str]) -> Prompt:
        return ask_family(pairs, wishes, asker.model, hide, taken)

    return _asking(f"family {name}", write, wishes, ())


def _asking(about: str, write: Write, wishes: Wishes, terms: Sequence[str]) -> Asking:
    def asking(taken: Sequence[str]) -> Question[NameAnswer]:
        hidden: Callable[[str], str] = str

        def written(hide: Callable[[str], str]) -> Prompt:
            nonlocal hidden
            hidden = hide
            return write(hide, taken)

        def check(answer: NameAnswer) -> str:
            said = f"{answer.name} {answer.description}"
            if hidden(said) != said:  # masked in what was asked, as names of people are
                return "The answer holds personal data: name what the texts have in common."
            return wrong_name(
                answer.name, words=wishes.words, terms=terms, business=wishes.business
            ) or wrong_description(answer.description, language=wishes.language)

        return Question(about, written, NameAnswer, check)

    return asking


def _renamed(segment: Segment, found: Mapping[str, GroupName]) -> Segment:
    given = found.get(segment.id)
    if given is None:
        return segment
    return replace(segment, name=given.name, description=given.description)


def _look(
    view: GroupView, given: GroupName, asker: Asker, seed: int
) -> tuple[Question[BelongingAnswer], frozenset[int]] | None:
    """Ask which of mixed texts belong; also gives the numbers of those that do."""
    if not view.own or not view.neighbours:
        return None
    mixed = [*view.own, *view.neighbours]
    # of its own, so that answers about other groups change nothing
    rng = np.random.default_rng([seed, *view.segment.id.encode()])
    order = rng.permutation(len(mixed)).tolist()
    right = frozenset(place + 1 for place, at in enumerate(order) if at < len(view.own))
    texts = [mixed[at] for at in order]

    def check(answer: BelongingAnswer) -> str:
        odd = [number for number in answer.numbers if not 1 <= number <= len(texts)]
        return f"There is no text {odd[0]}: the texts are 1 to {len(texts)}." if odd else ""

    question = Question(
        f"second look at {view.segment.id}",
        lambda hide: ask_belonging(given.name, given.description, texts, asker.model, hide),
        BelongingAnswer,
        check,
    )
    return question, right


def _telling(
    told: _Told, views: Sequence[GroupView], found: Mapping[str, GroupName]
) -> dict[str, GroupName]:
    """Leave out names by which the model itself sorts texts no better than chance.

    A name that is made of words comes back then; where it is that of another group by now, that
    group too gets back the one made of words.
    """
    words = {view.segment.id: name_key(view.segment.name) for view in views}
    poor = {
        key
        for key, given in found.items()
        if given.told_apart is not None and given.told_apart <= _CHANCE
    }
    for key in poor:
        told.why[key] = f"By the name '{found[key].name}' the model cannot tell the group's texts."
    while True:
        back = {words[key] for key in poor}
        clashing = {k for k, given in found.items() if name_key(given.name) in back} - poor
        if not clashing:
            return {key: given for key, given in found.items() if key not in poor}
        for key in clashing:
            told.why[key] = f"The name '{found[key].name}' is that of another group."
        poor |= clashing


def _tested(
    told: _Told, views: Sequence[GroupView], found: Mapping[str, GroupName], seed: int
) -> dict[str, GroupName]:
    """Measure how well each name tells its group apart from the nearest other one."""
    looks = {
        view.segment.id: (view, asked)
        for view in views
        if view.segment.id in found
        and (asked := _look(view, found[view.segment.id], told.asker, seed)) is not None
    }
    answers = told.ask([asked[0] for _, asked in looks.values()], "Testing the names")
    tested = dict(found)
    for (key, (view, (_, right))), answered in zip(looks.items(), answers, strict=True):
        if answered.answer is not None:
            said = set(answered.answer.numbers)
            hits = len(said & right) / len(view.own)
            left_out = 1 - len(said - right) / len(view.neighbours)
            tested[key] = replace(found[key], told_apart=(hits + left_out) / 2)
    return tested
