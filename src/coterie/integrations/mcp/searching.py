"""Tools that search the rows of a project by meaning, by example and by filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from coterie.errors import OptionError
from coterie.integrations.mcp.answers import ColumnList, ColumnShown, Filter, Found, Hit
from coterie.integrations.mcp.arguments import Limit, Offset, ProjectName, Text, Where
from coterie.integrations.mcp.source import Source
from coterie.integrations.mcp.texts import LONG, fitting, part, plain, plain_cells
from coterie.options import SearchOptions
from coterie.personal import hiding
from coterie.serve.projects.projects import Opened
from coterie.serve.projects.showing import search_rows

__all__ = ["Searching"]

_VALUES = 20  # values of a column that are shown; a judgement
_VALUE = 60  # characters of one
_FARTHEST = 1000  # hits from the best; a judgement


class Searching:
    """Tools that only read."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def tools(self) -> Sequence[Any]:
        """The tools, in the order in which an assistant gets them."""
        return self.search, self.similar, self.list_columns

    def search(
        self,
        project: ProjectName,
        query: Annotated[
            str, Field(max_length=5000, description="What to look for; '' for a filter alone.")
        ],
        where: Where = None,
        k: Limit = 10,
        offset: Offset = 0,
        drop: Annotated[
            list[str],
            Field(max_length=20, description="Recognised conditions that are not to be filters."),
        ] = [],  # noqa: B006 - it is the schema's default, and never changed
    ) -> Found:
        """Search the rows of a project in words, by meaning and by words together.

        Conditions on columns that the query states, such as 'with more than 5 seats', become
        filters: the answer lists them. Look at them, and repeat the search with drop if one is not
        what was meant. Filters are exact and come first.
        """
        if not query.strip() and not where:
            raise OptionError("There is nothing to search for: give a query, a filter, or both.")
        options = SearchOptions(k=_reach(k, offset), where=where, drop=drop)
        return _found(self._source.open_index(project), query or None, options, offset)

    def similar(
        self,
        project: ProjectName,
        text: Annotated[Text | None, Field(description="A text to be like.")] = None,
        row: Annotated[
            int | None, Field(ge=0, le=2**31, description="Number of a row to be like.")
        ] = None,
        id: Annotated[  # noqa: A002 - what people call it
            str | None, Field(max_length=200, description="Id of a row to be like.")
        ] = None,
        where: Where = None,
        k: Limit = 10,
        offset: Offset = 0,
    ) -> Found:
        """Find the rows of a project that are most like a text, or like another row."""
        if sum(each is not None for each in (text, row, id)) != 1:
            raise OptionError("Say what rows should be like: one of text, row and id.")
        opened = self._source.open_index(project)
        like = (id,) if id is not None else ()
        if row is not None:
            like = (opened.rows.show([row], {})[0]["id"],)
        options = SearchOptions(k=_reach(k, offset), where=where, like=like, filters=False)
        return _found(opened, text, options, offset)

    def list_columns(self, project: ProjectName, offset: Offset = 0) -> ColumnList:
        """List the columns of a project that filters can be about, with their values and ranges."""
        opened = self._source.open_index(project)
        hide = hiding(show_personal=opened.rows.shows_personal)
        every = opened.finding.columns()
        kept = fitting([_column(each, hide) for each in every[offset:]])
        return ColumnList(**part(len(every), offset, len(kept)), columns=kept)


def _reach(k: int, offset: int) -> int:
    if offset + k > _FARTHEST:
        raise OptionError(f"A search gives the best {_FARTHEST:,} rows: narrow it with 'where'.")
    return offset + k


def _found(opened: Opened, query: str | None, options: SearchOptions, offset: int) -> Found:
    found = search_rows(opened, query, options)
    hide = hiding(show_personal=opened.rows.shows_personal)
    hits = fitting(
        [
            Hit(
                rank=each.rank,
                row=each.at,
                id=plain(hide(each.id)),
                text=plain(each.text, LONG),
                match=None if each.match is None else round(each.match, 4),
                found_by=each.found_by,
                why=[plain(reason) for reason in each.why],
                segment=each.segment,
                values=plain_cells(each.columns, hide),
            )
            for each in found.hits[offset:]
        ]
    )
    end = offset + len(hits)
    on = end < len(found.hits) or (len(found.hits) == options.k and end < _FARTHEST)
    return Found(
        filters=[
            Filter(condition=each.expression, words=plain(each.words), note=each.note)
            for each in found.filters
        ],
        searched_for=plain(found.rest, LONG),
        doubts=[plain(hide(each), LONG) for each in found.doubts],
        passing=found.plan["matches"],
        hits=hits,
        next_offset=end if on and hits else None,
    )


def _column(found: Mapping[str, Any], hide: Callable[[str], str]) -> ColumnShown:
    values = ["true", "false"] if found["kind"] == "truth" else found["values"]
    shown: Counter[str] = Counter()  # values that are masked can look alike
    for value, count in zip(values[:_VALUES], found["counts"], strict=False):
        shown[plain(hide(value), _VALUE)] += count
    return ColumnShown(
        name=plain(found["name"]),
        kind=found["kind"],
        values=dict(shown),
        more_values=max(len(values) - _VALUES, 0),
        levels=[plain(hide(each)) for each in found["levels"][:_VALUES]],
        low=found["low"],
        high=found["high"],
        missing=found["missing"],
    )
