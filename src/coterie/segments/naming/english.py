"""The little of English that naming needs: function words, openers and word endings."""

from __future__ import annotations

from functools import lru_cache

__all__ = [
    "BREAKS",
    "DETERMINERS",
    "DROPPED",
    "EMPTY",
    "LINKS",
    "NEGATIONS",
    "OPENERS",
    "PARTICLES",
    "PRONOUNS",
    "TIMES",
    "stem",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that announce a noun.
DETERMINERS = _words("a an the my your our his her its their this that these those any some ur")

#: Words that announce a verb.
PRONOUNS = _words("i you he she it we they to let's i'd i'll i've you've they've who")

#: Left out of a phrase without harm: "cancel my last order" is about "cancel last order".
DROPPED = DETERMINERS | _words(
    """am is are was were be been being do does did has have had having will would can could shall
    should may might must isn aren wasn weren don doesn didn hasn haven hadn won wouldn couldn me
    just also already still even very really quite so too ever please pls plz kindly currently
    actually again now here there maybe simply only got recently d ll ve re m s t i'm it's yet
    damn goddamn bloody fucking freaking
    yes yeah yep ya oh ah wow um uh hmm lol haha
    ok okay hi hello hey dear thanks thank sorry urgently asap always"""
)

#: Kept inside a phrase, never at its ends.
LINKS = _words(
    """of to for on in with from by at into without about between using via against per as
    around across among along towards toward within behind beside beyond despite"""
)

#: Stand before what they deny, and are shown as "not".
NEGATIONS = _words(
    """not cannot can't cant don't dont doesn't doesnt didn't didnt isn't isnt aren't wasn't wasnt
    weren't hasn't hasnt haven't havent hadn't won't wont wouldn't couldn't couldnt never no"""
)

#: Belong to the verb before them, so a phrase may end with them.
PARTICLES = _words("up out off back down through away abroad")

#: Verbs that say nothing of what is done, for names where nothing else tells groups apart.
EMPTY = _words(
    """use uses using used utilize utilise utilizing utilising employ employs employing have has
    having had want wants wanting wanted need needs needing needed expect expects expecting
    expected"""
)

#: When, which is seldom what a text is about.
TIMES = _words(
    """second seconds minute minutes hour hours day days week weeks weekend month months year years
    time times date morning afternoon evening night ago"""
)

#: A phrase does not run across them.
BREAKS = _words(
    """i you he she it we they u him us them myself yourself what where when why who which whom
    whose how whether if and or but because since while although though than then after before
    until during once unless however like whats what's how's where's who's i'd i'll i've i'm it'll
    you're you've they're there's that's let's im ive id lets where'd etc both each all else
    something anything someone anyone everything nothing somewhere one ones let more most much many
    lot lots few several other others another same such every own over under out-of
    am pm today yesterday tomorrow"""
)

#: Ways to begin that say nothing of what is wanted.
OPENERS = _words(
    """want wants wanted wanna need needs needed nee help helps helping assist assistance assisting
    know knowing tell telling try trying tries tried able unable would possible wondering wonder
    explain give ask asking asked looking look see seeing think thinking seem seems say says said
    understand figure happen happens happened happening going go goes gonna gotta come comes make
    makes making made get gets getting keep keeps kept sure show showing way ways thing things
    came coming gave given gives giving saw seen sees saying thought thinks knew known knows felt
    feels feeling meant meaning became become becomes helped
    reason reasons question questions hoping hope wish appreciate guide inform mean means believe
    guess idea soon long often matter due feel take takes taking instructions steps good great
    best better new different various"""
)

_IRREGULAR = {
    word: base
    for base, forms in {
        "buy": "bought", "pay": "paid", "send": "sent", "lose": "lost",
        "steal": "stole stolen",
        "get": "got gotten", "forget": "forgot forgotten", "take": "took taken",
        "break": "broke broken", "freeze": "froze frozen",
        "withdraw": "withdrew withdrawn withdrawal",
        "make": "made", "leave": "left", "find": "found", "write": "wrote written",
        "choose": "chose chosen", "keep": "kept", "spend": "spent", "tell": "told",
        "go": "went gone", "come": "came", "give": "gave given",
        "see": "saw seen", "say": "said", "think": "thought", "know": "knew known",
        "bring": "brought", "catch": "caught", "fall": "fell fallen", "feel": "felt",
        "hear": "heard", "hide": "hid hidden", "hold": "held",
        "run": "ran", "sell": "sold", "speak": "spoke spoken", "stand": "stood",
        "teach": "taught", "throw": "threw thrown", "wear": "wore worn", "drive": "drove driven",
        "begin": "began begun", "become": "became", "meet": "met",
        "child": "children", "person": "people",
    }.items()
    for word in forms.split()
}  # fmt: skip


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Give the stem of a lower-case English word, and of the forms that follow no rule.

    Names are shown as people write them; stems only count forms together. After M. Porter, "The
    English (Porter2) stemming algorithm" (2002).
    """
    from snowballstemmer.english_stemmer import EnglishStemmer

    stemmer = EnglishStemmer()  # holds the word it is at, so threads must not share one
    return str(stemmer.stemWord(_IRREGULAR.get(word, word)))
