"""What to know first about a table: the sentences of an exploration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from coterie.profile.labels import LabelColumn, tells_rows_apart
from coterie.profile.profile import Profile, ProfileFinding
from coterie.profile.traces import Tally

__all__ = ["tell_findings"]

_Said = tuple[str, Literal["info", "warning", "good"]]

# Where a figure becomes worth a sentence or a warning is a judgement, here and below.
_FEW_ROWS = 10
_NOTEWORTHY = 0.01  # of the rows
_LONG_WORDS = 190  # about the 256 word pieces that small encoders read


def tell_findings(profile: Profile) -> tuple[ProfileFinding, ...]:
    """Say in sentences what matters in a profile, in the order of its parts."""
    parts: tuple[tuple[str, Callable[[Profile], Iterator[_Said]]], ...] = (
        ("readability", _readability),
        ("set_aside", _size),
        ("exact_duplicates", _exact),
        ("near_duplicates", _near),
        ("labels", _labels),
        ("cross_tables", _nesting),
        ("words", _lengths),
        ("scripts", _scripts),
        ("placeholders", _placeholders),
        ("personal_data", _personal_data),
        ("markup", _markup),
        ("diversity", _diversity),
        ("table", _columns),
        ("time", _time),
    )
    return tuple(
        ProfileFinding(text, kind, about) for about, say in parts for text, kind in say(profile)
    )


def _readability(p: Profile) -> Iterator[_Said]:
    if p.readability.note:
        yield p.readability.note, "warning"


def _size(p: Profile) -> Iterator[_Said]:
    if not p.set_aside.rows:
        yield (f"All {_count(p.rows_in, 'row')} can be used.", "good")
        return
    reason, rows = next(iter(p.set_aside.reasons.items()))
    yield (
        f"{_share(p.set_aside.share)} of the rows ({p.set_aside.rows:,} of {p.rows_in:,}) were set "
        f"aside; the most frequent reason is “{reason}” ({_count(rows, 'row')}).",
        "warning" if p.set_aside.share > 0.01 else "info",
    )


def _exact(p: Profile) -> Iterator[_Said]:
    exact = p.exact_duplicates
    if not exact.rows:
        yield ("No two texts are the same.", "good")
        return
    yield (
        f"{_share(exact.share)} of the {p.unit} are exact copies: {exact.distinct:,} of {p.rows:,} "
        f"texts are different. The most frequent text appears {exact.largest:,} times.",
        "warning" if exact.share > 0.5 else "info",
    )
    for name, texts in exact.conflicts.items():
        if texts:
            yield (
                f"{_count(texts, 'text')} {'occurs' if texts == 1 else 'occur'} under more than "
                f"one {name}: their labels contradict each other.",
                "warning",
            )


def _near(p: Profile) -> Iterator[_Said]:
    near = p.near_duplicates
    if not near.groups:
        yield (f"No two different texts are {_share(near.threshold)} similar.", "good")
        return
    yield (
        f"{_share(near.texts / p.exact_duplicates.distinct)} of the different texts "
        f"({near.texts:,}) have a near duplicate; they form {_count(near.groups, 'group')}. Put "
        "the texts of a group on the same side of any split into training and test.",
        "warning" if near.texts > 0.05 * p.exact_duplicates.distinct else "info",
    )
    for name, groups in near.conflicts.items():
        if groups:
            yield (
                f"{_count(groups, 'group')} of near duplicates "
                f"{'holds' if groups == 1 else 'hold'} more than one {name}.",
                "info",
            )


def _labels(p: Profile) -> Iterator[_Said]:
    for column in p.labels:
        if not column.counts:
            yield (f"No row has a value of {column.name}.", "warning")
            continue
        if column.missing:
            yield (
                f"{_share(column.missing / p.rows)} of the {p.unit} ({column.missing:,}) have no "
                f"{column.name}.",
                "info",
            )
        labelled = sum(column.counts.values())
        if tells_rows_apart(len(column.counts), labelled):
            yield (
                f"{column.name} has {len(column.counts):,} different values in {labelled:,} rows: "
                "it looks like an id and not like a label.",
                "warning",
            )
            continue
        yield from _balance(column)
        few = sum(rows < _FEW_ROWS for rows in column.counts.values())
        if few:
            yield (
                f"{few:,} of {len(column.counts):,} values of {column.name} have fewer than "
                f"{_FEW_ROWS} rows: too few to train and to test on.",
                "warning",
            )
        if column.lookalikes:
            pairs = "; ".join(
                " / ".join(f"“{n}”" for n in group) for group in column.lookalikes[:3]
            )
            yield (
                f"Some values of {column.name} are spelled in more than one way: {pairs}.",
                "warning",
            )


def _balance(column: LabelColumn) -> Iterator[_Said]:
    kinds = len(column.counts)
    largest, rows = next(iter(column.counts.items()))
    if kinds == 1:
        yield (f"Every labelled row has the same {column.name}.", "warning")
    elif column.imbalance <= 1.5:
        yield (
            f"The {kinds:,} values of {column.name} are balanced: the largest has "
            f"{_times(column.imbalance)} times the rows of the smallest.",
            "good",
        )
    else:
        yield (
            f"{column.half:,} of {kinds:,} values of {column.name} hold half of the rows; the "
            f"largest, “{largest}” ({rows:,}), has {_times(column.imbalance)} times the rows of "
            "the smallest.",
            "warning" if column.imbalance > 20 else "info",
        )


def _nesting(p: Profile) -> Iterator[_Said]:
    for table in p.cross_tables:
        if table.nested and len(table.row_names) > 1:
            yield (
                f"Each {table.columns} belongs to one {table.rows}: the two columns are levels "
                "of one hierarchy.",
                "good",
            )


def _lengths(p: Profile) -> Iterator[_Said]:
    words = p.words
    low, high = f"{words.quarter:,.0f}", f"{words.three_quarters:,.0f}"
    half = f"Half of the texts have {low} to {high} words"
    if low == high:
        half = f"Half of the texts or more have {low} {'word' if low == '1' else 'words'}"
    yield (
        f"{half}; the longest text has {_count(words.maximum, 'word')} and "
        f"{_count(p.characters.maximum, 'character')}.",
        "info",
    )
    if words.p95 > _LONG_WORDS:
        yield (
            f"One text in twenty has more than {words.p95:,.0f} words: encoders that read 256 word "
            "pieces, such as MiniLM, read only their beginning.",
            "warning",
        )


def _scripts(p: Profile) -> Iterator[_Said]:
    letters = [tally for tally in p.scripts if tally.name != "no letters"]
    if len(several := _noteworthy(letters)) > 1:
        yield f"The texts are in several scripts: {_listed(several)}.", "warning"


def _placeholders(p: Profile) -> Iterator[_Said]:
    for first in _noteworthy(p.placeholders[:1]):
        yield (
            f"The texts hold {_count(len(p.placeholders), 'placeholder')}, most often {first.name} "
            f"({_count(first.rows, 'row')}, {_share(first.share)}); they are left out of the word "
            "counts.",
            "info",
        )


def _personal_data(p: Profile) -> Iterator[_Said]:
    if p.personal_data:
        listed = ", ".join(f"{each.name} ({_count(each.rows, 'row')})" for each in p.personal_data)
        yield (
            f"Some texts seem to hold personal data: {listed}. Mask them before you share a text.",
            "warning",
        )


def _markup(p: Profile) -> Iterator[_Said]:
    for tally in _noteworthy(p.markup):
        yield f"{_share(tally.share)} of the rows hold {_article(tally.name)}.", "info"


def _diversity(p: Profile) -> Iterator[_Said]:
    for measured in p.diversity:
        shared = {
            each.label: 1 - each.mean_distance
            for each in measured.labels
            if each.mean_distance is not None
        }
        if len({*shared.values()}) < 2:
            continue
        least, most = max(shared, key=shared.__getitem__), min(shared, key=shared.__getitem__)
        yield (
            f"The {'texts' if measured.of == 'text' else f'values of {measured.of}'} vary least "
            f"under {measured.by} “{least}” (two of them share {_share(shared[least])} of their "
            f"words on average) and most under “{most}” ({_share(shared[most])}).",
            "info",
        )


def _columns(p: Profile) -> Iterator[_Said]:
    rows = max(p.table.rows, 1)
    gaps = [(column.missing + column.blank, column.name) for column in p.table.by_column]
    wide = sorted((gap for gap in gaps if gap[0] > 0.2 * rows), reverse=True)
    if wide:
        listed = ", ".join(f"{name} ({_share(missing / rows)})" for missing, name in wide[:4])
        yield (
            f"{_count(len(wide), 'column')} {'is' if len(wide) == 1 else 'are'} empty in more than "
            f"a fifth of the rows: {listed}{' and others' if len(wide) > 4 else ''}.",
            "info",
        )
    constant = [column.name for column in p.table.by_column if column.distinct == 1]
    if constant and rows > 1:
        yield (
            f"Only one value occurs in {', '.join(constant[:6])}: it cannot help a model.",
            "info",
        )


def _time(p: Profile) -> Iterator[_Said]:
    if p.time is None:
        return
    busiest = max(range(len(p.time.counts)), key=p.time.counts.__getitem__)
    yield (
        f"The rows run from {p.time.first[:10]} to {p.time.last[:10]}; the busiest {p.time.unit} "
        f"begins on {p.time.starts[busiest]} ({_count(p.time.counts[busiest], 'row')}).",
        "info",
    )


def _noteworthy(tallies: Sequence[Tally]) -> list[Tally]:
    return [tally for tally in tallies if tally.share >= _NOTEWORTHY]


def _listed(tallies: Sequence[Tally]) -> str:
    return ", ".join(f"{tally.name} {_share(tally.share)}" for tally in tallies)


def _share(share: float) -> str:
    """Write a share: ``8.3%``, ``<0.1%``, ``80%``."""
    percent = share * 100
    if 0 < percent < 0.1:
        return "<0.1%"
    return f"{percent:.0f}%" if percent >= 99.95 or percent == round(percent) else f"{percent:.1f}%"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiouAEIOUH' else 'a'} {noun}"
