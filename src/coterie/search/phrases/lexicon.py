"""English words that the reading of queries depends on, whatever the columns are."""

from __future__ import annotations

from coterie.search.filters.conditions import Operator

__all__ = [
    "AGES",
    "AMOUNT_WORDS",
    "ARTICLES",
    "COMPARED_AFTER",
    "COMPARED_BEFORE",
    "CURRENCIES",
    "DEMONYMS",
    "FAMILIES",
    "FILLERS",
    "HEADS",
    "HIGH",
    "HOLDING",
    "LINKS",
    "LOW",
    "MONEY_NAMES",
    "MONTHS",
    "NEGATORS",
    "NO_PERSONS",
    "NUMBER_WORDS",
    "PERSONS",
    "PERSON_ENDINGS",
    "PREPOSITIONS",
    "REQUESTS",
    "SCALES",
    "SHORT_FORMS",
    "STOPS",
    "TENURE",
    "TOPICS",
    "UNITS",
    "VAGUE",
    "words",
]


def words(text: str) -> frozenset[str]:
    """Give the words of a text as a set."""
    return frozenset(text.split())


def _listed(text: str) -> list[str]:
    return text.split()


def _phrases(texts: dict[Operator, str]) -> dict[tuple[str, ...], Operator]:
    return {
        tuple(phrase.split()): operator
        for operator, text in texts.items()
        for phrase in text.split(";")
    }


ARTICLES = words("a an the any some their his her its our your my this that these those")
PREPOSITIONS = words("in from as by via through on at within outside inside for of to with into")
LINKS = words("is are am was were be been being 's 're")
REQUESTS = words(
    "find show list get give search select display me us i want need would like to see look "
    "looking for please can could you all every each any only just the those everyone everybody "
    "anyone anybody somebody someone there who that which are is with people users user persons "
    "person clients client customers customer respondents ones"
)
HEADS = words(
    "people person users user clients client customers customer persons workers worker "
    "employees employee respondents respondent members member folks ones leads lead contacts "
    "contact accounts account companies company firms firm businesses organisations "
    "organizations individuals adults holders holder owners owner subscribers subscriber "
    "readers reader recipients recipient fans fan enthusiasts enthusiast lovers speakers "
    "speaker listeners listener learners learner attendees attendee participants staff "
    "professionals professional men women students courses course everyone everybody anyone "
    "anybody adopters buyers shoppers coders visitors candidates graduates alumni "
    "tickets ticket cases case reviews review comments comment messages responses records rows"
)
"""Nouns for those who are looked for, which a value may stand before."""

FILLERS = words(
    "a an the any some their his her its our your my of in on at for to from with by as is are "
    "am was were be been being has have had having do does did who that which it they he she we "
    "i you would will could can may this these those currently already ever yet still about and "
    "really very so now just only mostly mainly"
)
STOPS = FILLERS | words(
    "or but not no never nor neither without except excluding than then there here what when "
    "where why how many much one ones if whether while because since before after until during "
    "between among per each every all both either other another more most less least few fewer "
    "own same such too us me him them s t re ve ll d m don doesn isn aren hasn haven didn also "
    "however though although upon up down out off over under above below again once apart aged "
    "age into onto via through within outside inside'"
)
NEGATORS = words(
    "not never no without except excluding outside nor neither non cannot don't doesn't didn't "
    "haven't hasn't hadn't isn't aren't wasn't weren't won't wouldn't can't couldn't"
)
PERSONS = words(
    "women men parents mothers fathers families couples adults seniors retirees kids children "
    "teens teenagers students residents patients agents clients tenants freelancers experts "
    "locals expats immigrants colleagues friends guys ladies entrepreneurs"
)
PERSON_ENDINGS = ("ers", "ors", "ists", "ians", "ees", "ants")
NO_PERSONS = words(
    "papers computers printers numbers orders offers letters routers servers vouchers "
    "newspapers dinners flowers summers winters errors doors colors floors fees trees coffees "
    "restaurants plants discounts grants pants others powers towers covers matters centers "
    "centres theatres"
)
TOPICS = words(
    "about regarding concerning discuss discusses discussing mention mentions mentioning "
    "mentioned complain complains complaining complained worry worries worried afraid fear "
    "fears ask asks asking asked talk talks talking opinion opinions question questions how why "
    "what whether tired annoyed angry hate hates frustrated struggle struggles struggling "
    "recommendations"
)
"""Words after which what is named is a topic, and no property of a person."""

HOLDING = words(
    "have has had having with own owns owned owning hold holds holding use uses used using like "
    "likes enjoy enjoys into take takes taken taking took tried try attend attends attended "
    "attending went going visit visited visiting listen listens listening listened prefer "
    "prefers preferring follow follows following completed join joined did bought buy buys "
    "prefer rather speak speaks speaking study studied studying learn learned watched play "
    "plays"
)

NUMBER_WORDS: dict[str, float] = {
    word: number
    for number, word in enumerate(
        _listed(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen "
            "fourteen fifteen sixteen seventeen eighteen nineteen"
        )
    )
} | {
    word: 10.0 * tens
    for tens, word in enumerate(
        _listed("twenty thirty forty fifty sixty seventy eighty ninety"), start=2
    )
}
AMOUNT_WORDS: dict[str, float] = {
    "hundred": 100,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "m": 1e6,
    "mio": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "dozen": 12,
}
CURRENCIES = words(
    "dollar dollars euro euros franc francs pound pounds usd eur chf gbp yen jpy bucks us$"
)
MONEY_NAMES = words(
    "budget salary balance income revenue price cost money spend spending spent earn earnings "
    "amount dollars dollar usd eur euros chf wage pay payment expenses fee fees debt savings "
    "turnover value"
)
UNITS: dict[str, str] = {
    word: unit
    for unit, words in {
        "second": "second seconds secs sec",
        "minute": "minute minutes mins min",
        "hour": "hour hours hrs hr h",
        "day": "day days",
        "week": "week weeks weekly",
        "month": "month months monthly",
        "year": "year years yrs yr yearly",
        "percent": "percent % pct",
    }.items()
    for word in words.split()
}
COMPARED_BEFORE = _phrases(
    {
        ">": "over; above; more than; greater than; exceeding; exceeds; higher than; larger "
        "than; bigger than; older than; longer than; beyond; better than; >; in excess of; "
        "past",
        "<": "under; below; less than; fewer than; lower than; smaller than; younger than; "
        "shorter than; beneath; worse than; <",
        ">=": "at least; no less than; no fewer than; not less than; not under; not below; "
        "minimum of; minimum; a minimum of; min; >=; ≥; upwards of; not younger than; no "
        "younger than; from at least",
        "<=": "at most; up to; no more than; not more than; maximum of; maximum; a maximum of; "
        "max; <=; ≤; not over; not above; no older than; not older than; not exceeding; no "
        "longer than; no higher than",
        "=": "exactly; equal to; equals; =; precisely",
    }
)
COMPARED_AFTER = _phrases(
    {
        ">=": "or more; or older; or over; or above; or higher; or longer; or better; or greater; "
        "and more; and older; and over; and above; and up; and higher; upwards; plus; +; or "
        "up",
        "<=": "or less; or fewer; or younger; or under; or below; or lower; or shorter; and "
        "under; and below; and younger; and lower; or worse",
    }
)
AGES = words("age aged ages old older younger")
TENURE = words("us client clients customer customers member members company bank loyal")
"""Words beside years or months that tell how long somebody has been with a firm."""

HIGH = words("high big large great long huge many lots substantial strong")
LOW = words("low small little short tiny few weak")
VAGUE = words(
    "other none n/a na unknown yes no all any both many few some more less most same new old "
    "true false"
)
"""Values that say nothing without the name of their column."""

SCALES = (
    ("very low", "lowest", "minimal"),
    ("low", "small", "little", "tiny", "limited", "weak"),
    ("medium", "moderate", "average", "mid", "middle", "mid-range", "intermediate"),
    ("high", "big", "large", "strong", "great", "huge", "strongest"),
    ("very high", "highest", "huge"),
)
"""Words for the places of the scale low to high; values and queries use any of a line."""

MONTHS: dict[str, int] = {}
for _number, _name in enumerate(
    _listed(
        "january february march april may june july august september october november december"
    ),
    start=1,
):
    MONTHS[_name] = MONTHS[_name[:3]] = _number
MONTHS["sept"] = 9

# Words that name the same in the name of a column; of each line the first is the key.
_FAMILIES = """
tech technical technology technological technologies technically
proficiency proficient proficiently
satisfaction satisfied satisfying
experience experienced
age aged ages
speak speaks speaking speaker speakers language languages spoken
country countries
region regions area
sector sectors industry industries field
role roles
risk risks risky
learn learning learned learns study studying studies
spend spends spending spent
earn earns earning earnings
salary salaries
program programming coding coded
attend attended attending attends went
recommend recommended recommending recommends
relocate relocating relocation
job jobs position
join joined joining joins joiners
contact contacted contacts contacting
finish finished finishing finishes
work works working worked
budget budgets
remote remotely
churn churned
tenure tenures
apply applying applies applied
prefer prefers preferring preferred preference rather
friend friends
take takes taking took taken
get gets getting got gotten
pay pays paying paid
buy buys buying bought
make makes making made
leave leaves leaving left
"""
FAMILIES: dict[str, str] = {
    word: line.split()[0] for line in _FAMILIES.strip().splitlines() for word in line.split()
}
SHORT_FORMS: dict[str, str] = {
    "usa": "united states",
    "us": "united states",
    "u.s.": "united states",
    "u.k.": "united kingdom",
    "america": "united states",
    "united states of america": "united states",
    "uk": "united kingdom",
    "britain": "united kingdom",
    "great britain": "united kingdom",
    "holland": "netherlands",
    "uae": "united arab emirates",
    "ai": "artificial intelligence",
    "artificial intelligence": "ai",
    "ml": "machine learning",
    "vr": "virtual reality",
    "ar": "augmented reality",
    "iot": "internet of things",
    "tech": "technology",
    "information technology": "it",
}
_DEMONYMS = """
american united states; british united kingdom; german germany; french france; italian italy;
spanish spain; swiss switzerland; dutch netherlands; swedish sweden; polish poland; indian
india; canadian canada; brazilian brazil; australian australia; japanese japan; mexican mexico;
chinese china; austrian austria; belgian belgium; danish denmark; norwegian norway; finnish
finland; irish ireland; portuguese portugal; greek greece; turkish turkey; nigerian nigeria;
kenyan kenya; egyptian egypt; korean south korea; south korean south korea; singaporean
singapore; south african south africa; russian russia; ukrainian ukraine; czech czech republic;
hungarian hungary; romanian romania; argentinian argentina; chilean chile; colombian colombia;
indonesian indonesia; vietnamese vietnam; thai thailand; eastern east; western west; northern
north; southern south
"""
DEMONYMS: dict[str, str] = {}
for _pair in _DEMONYMS.replace("\n", " ").split(";"):
    _words = _pair.split()
    _cut = 2 if _words[0] == "south" else 1
    DEMONYMS[" ".join(_words[:_cut])] = " ".join(_words[_cut:])
