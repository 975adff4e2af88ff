"""One sales conversation: what is behind it, what is known beforehand, and what the two say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coterie.synthetic.draws import Draws
from coterie.synthetic.grammar import Phrase, Phrases, Slots
from coterie.synthetic.sales.causes import OUTCOMES, Causes, Deal, chance_of_converted
from coterie.synthetic.sales.script import read_script
from coterie.synthetic.style import sentences, slips

__all__ = ["FIRST_TURNS", "Context", "Conversation", "ConversationWriter", "Turn"]

FIRST_TURNS = 5
"""Turns that never state the outcome; all that the posterior knows is said in them."""

Context = dict[str, str | int]
Turn = tuple[str, str]
"""What the seller says, and what the buyer answers."""

# How a talk goes: judgements, not measured; none of them depends on the outcome.
_INTERACTIONS = {"none": (0, 0), "few": (1, 2), "several": (3, 5), "many": (6, 11)}
_SMALL = {"micro", "small"}
_KNOWN = 2  # earlier interactions from which on the two pick up where they left off
_TOPICS = {  # with the place in the talk where each tends to come up
    "requirements": 0.0,
    "competitor": 0.5,
    "colleagues": 0.5,
    "doubt": 1.0,
    "timeline": 1.0,
    "decision": 1.2,
    "budget": 1.2,
    "price": 2.0,
}
_STRANGERS = ("budget", "decision", "timeline", "price")  # topics for who hardly knows the seller
_ADDED = ("budget", "decision", "timeline", "competitor", "colleagues", "doubt")  # also unasked
_ASKED = 3
_CHAT = 0.4
_TONED = 0.3
_PITCH = 0.3
_ADDS = 0.5
_MANNER_TURNS = (1, 2, 3)
_LAST_TURNS = (1, 2, 3, 4)  # after the first five
_FAREWELL = 0.5
_OPEN = 0.1
_HASTY = 0.06
_TYPO = 0.003


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of six to nine turns."""

    context: Context  # what is known beforehand, by column
    turns: list[Turn]
    posterior: float  # chance of "converted" given the context and the first five turns
    context_posterior: float  # the same given the context alone


class ConversationWriter:
    """Writes the conversations of one block; ``words`` are names that slots may take."""

    def __init__(self, known: Causes, words: Phrases, draws: Draws) -> None:
        self._known, self._words, self._draws = known, words, draws

    def conversation(self, outcome: int) -> Conversation:
        """Make up a conversation that ends like this: an index in `OUTCOMES`."""
        draws = self._draws
        deal = Deal(self._known, outcome, draws)
        context = self._context(deal)
        before = chance_of_converted(self._known, deal.shown)
        talk = _Talk(deal, context, Slots(self._slots(context), draws), draws)
        turns = talk.first_turns()
        after = chance_of_converted(self._known, deal.shown)
        return Conversation(
            context, self._typed([*turns, *talk.last_turns(outcome)]), after, before
        )

    def _context(self, deal: Deal) -> Context:
        draws = self._draws
        size = deal.show("company_size")
        interactions = _INTERACTIONS[deal.show("previous_interactions")]
        return {
            "company_size": size,
            "industry": draws.pick(list(read_script().industries)),
            "contact_role": deal.show("role_small" if size in _SMALL else "role_large"),
            "urgency": deal.show("urgency"),
            "budget_authority": deal.show("budget_authority"),
            "previous_interactions": draws.between(*interactions),
            "lead_source": deal.show("lead_source"),
        }

    def _slots(self, context: Context) -> Phrases:
        held, size = read_script(), str(context["company_size"])
        industry = held.industries[str(context["industry"])]
        above = held.above["small" if size in _SMALL else "large"]
        return {
            **self._words,
            **held.words,
            **industry.words,
            **self._draws.pick(industry.work),
            **held.sizes[size],
            "above": above[str(context["contact_role"])],
        }

    def _typed(self, turns: list[Turn]) -> list[Turn]:
        draws = self._draws
        hasty = draws.chance(_HASTY)
        typed = []
        for seller, buyer in turns:
            said = slips(buyer, _TYPO, draws)
            if hasty and draws.chance(0.8):
                said = said.lower().rstrip(".")
            typed.append((slips(seller, _TYPO, draws), said))
        return typed


class _Talk:
    """What is said in one conversation."""

    def __init__(self, deal: Deal, context: Context, slots: Slots, draws: Draws) -> None:
        self._deal, self._context, self._slots, self._draws = deal, context, slots, draws
        self._reply = ""  # what the seller will take the last answer with
        self._said: set[str] = set()
        self._asks = draws.sample(read_script().curious, 2)

    def first_turns(self) -> list[Turn]:
        """Give the turns that the posterior knows of."""
        manner = self._deal.show("manner")
        marked = self._draws.sample(_MANNER_TURNS, 2) if manner != "plain" else []
        asked, left = self._agenda()
        turns = [self._opening()]
        for number, topic in enumerate(["pain", *asked], start=1):
            pitch = number > 1 and self._draws.chance(_PITCH)
            seller = [self._reply, *([self._fresh("pitch")] if pitch else [])]
            seller.append(self._say(read_script().questions[topic]))
            buyer = [self._answer(topic)]
            self._reply = self._takes(topic)
            if left and number > 1 and manner != "curt" and self._draws.chance(_ADDS):
                extra = left.pop()  # nobody asked about it
                buyer.append(f"{self._say(read_script().links[extra])} {self._answer(extra)}")
                self._reply = self._fresh("neutral")
            if number in marked:
                buyer.append(self._mark(manner))
            turns.append(_turn(seller, buyer))
        return turns

    def last_turns(self, outcome: int) -> list[Turn]:
        """Give the turns after them: small talk first, then how it ends."""
        draws, held = self._draws, read_script()
        size = draws.pick(_LAST_TURNS)
        farewell = size > 1 and draws.chance(_FAREWELL)
        pairs = draws.sample(held.middle, size - 1 - farewell)
        turns = [_turn([self._say([seller])], [self._say([buyer])]) for seller, buyer in pairs]
        because = held.because[OUTCOMES[outcome]][self._deal.telling(outcome)]
        self._slots[f"because_{OUTCOMES[outcome]}"] = self._say(because)
        ending = "open" if draws.chance(_OPEN) else OUTCOMES[outcome]
        turns.append(_turn([self._say(held.closing["ask"])], [self._say(held.closing[ending])]))
        if farewell:
            bye = held.farewell[ending]
            turns.append(_turn([self._say(bye["seller"])], [self._say(bye["buyer"])]))
        return turns

    def _agenda(self) -> tuple[list[str], list[str]]:
        """Topics that the seller asks about, and those that the buyer may add."""
        draws, context = self._draws, self._context
        cold = (
            context["lead_source"] == "cold call" and int(context["previous_interactions"]) < _KNOWN
        )
        topics = _STRANGERS if cold else tuple(_TOPICS)
        asked = draws.sample(topics, _ASKED)
        place = {topic: _TOPICS[topic] + 1.5 * draws.unit() for topic in asked}
        left = [topic for topic in _ADDED if topic in topics and topic not in asked]
        return sorted(asked, key=place.__getitem__), draws.sample(left, len(left))

    def _opening(self) -> Turn:
        draws, held = self._draws, read_script()
        earlier = int(self._context["previous_interactions"])
        way = "again" if earlier >= _KNOWN else str(self._context["lead_source"])
        opening = held.openings[way]
        seller, buyer = [self._say(opening["seller"])], [self._say(opening["buyer"])]
        if way != "cold call" and not seller[0].endswith("?") and draws.chance(_CHAT):
            ask, answer = draws.pick(held.chat)
            seller.append(self._say([ask]))
            buyer.append(self._say([answer]))
        elif earlier < _KNOWN:
            buyer.append(self._say(held.ready))
        return _turn(seller, buyer)

    def _takes(self, topic: str) -> str:
        """Take an answer, mostly without a tone of its own."""
        tone = ("good", "neutral", "bad")[self._deal.shown[topic]]
        name = tone if self._draws.chance(_TONED) else "neutral"
        own = f"{topic}_{name}"
        return self._fresh(own if own in read_script().replies else name)

    def _fresh(self, name: str) -> str:
        """Say something of this kind that was not said yet, where a few tries find it."""
        for _ in range(5):
            said = self._say(read_script().replies[name])
            if said not in self._said:
                break
        self._said.add(said)
        return said

    def _answer(self, topic: str) -> str:
        return self._say(read_script().answers[topic][self._deal.show(topic)])

    def _mark(self, manner: str) -> str:
        """Show the buyer's manner: a question, which the seller answers next, or haste."""
        if manner == "curt":
            return self._fresh("curt")
        ask, answer = self._asks.pop()
        self._reply = self._say([answer])
        return self._say([ask])

    def _say(self, phrases: Sequence[Phrase]) -> str:
        return self._draws.pick(phrases).say(self._draws, self._slots)


def _turn(seller: Sequence[str], buyer: Sequence[str]) -> Turn:
    return sentences(" ".join(seller)), sentences(" ".join(buyer))
