"""Filters as people type them, read into conditions."""

from __future__ import annotations

import re

from coterie.errors import ColumnError, OptionError
from coterie.formatting import shorten
from coterie.search.filters.checking import (
    check_condition,
    example_of,
    fold,
    read_date,
    read_number,
    what_is,
)
from coterie.search.filters.conditions import (
    And,
    Comparison,
    Condition,
    Contains,
    Has,
    Missing,
    Not,
    OneOf,
    Operator,
    Or,
    Value,
)
from coterie.search.filters.tokens import Token, TokenKind, point_at, split_tokens
from coterie.search.filters.writing import KEYWORDS, write_name, write_value
from coterie.search.schema import Column, Schema

__all__ = ["MOST_CHARACTERS", "MOST_DEPTH", "parse_filter"]

MOST_CHARACTERS = 100_000
"""The longest filter; a judgement, not measured."""

MOST_DEPTH = 100
"""The most parentheses and NOT around a condition; a judgement, not measured."""

_SIGNS: dict[str, Operator] = {
    "=": "=",
    "==": "=",
    "!=": "!=",
    "<>": "!=",
    "≠": "!=",
    "<": "<",
    "<=": "<=",
    "≤": "<=",
    ">": ">",
    ">=": ">=",
    "≥": ">=",
}
_MENDS = {"=>": ">=", "=<": "<=", "===": "=", "!==": "!=", "=!": "!=", "><": "!=", "~": "CONTAINS"}
_JOINS = {"&": "AND", "&&": "AND", "|": "OR", "||": "OR", "!": "NOT"}
_FLIPPED: dict[Operator, Operator] = {
    "=": "=",
    "!=": "!=",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}
_KNOWN = "=, !=, <, <=, >, >=, IN, BETWEEN, IS NULL, CONTAINS or HAS"
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:T\S*)?", re.ASCII)
_MOST_WORDS = 8  # of a name or a value whose quotes were forgotten; a judgement, not measured
_SHOWN = 60


def parse_filter(expression: str, schema: Schema) -> Condition:
    """Read a filter such as ``budget >= 3 AND sector = 'Health'``.

    Keywords are read in any case. NOT binds more tightly than AND, and AND more tightly than OR.
    Names of columns stand alone or in double quotes, backticks or brackets; texts and dates are in
    single quotes. Values are checked against the kinds of the columns. Time grows with the length
    of the expression.

    Parameters
    ----------
    expression
        At most 100,000 characters, with parentheses and NOT at most 100 deep.
    schema
        The columns.

    Returns
    -------
    Condition
        With the names of columns as in the schema, and values of their kinds.

    Raises
    ------
    coterie.errors.ColumnError
        When a column is unknown, with the nearest names.
    coterie.errors.OptionError
        When the expression cannot be read, or a column cannot be compared in this way.

    See Also
    --------
    coterie.search.filters.doubts : What in a valid filter looks like a mistake.
    """
    if len(expression) > MOST_CHARACTERS:
        raise OptionError(
            f"The filter has {len(expression):,} characters, and {MOST_CHARACTERS:,} are allowed: "
            "make it shorter."
        )
    return _Parser(expression, schema).parse()


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, expression: str, schema: Schema) -> None:
        self.expression = expression
        self.schema = schema
        self.tokens = split_tokens(expression)
        self.at = 0
        self.depth = 0
        self.columns: dict[str, Column] = {}

    def parse(self) -> Condition:
        if self.stands("end"):
            raise OptionError(f"The filter is empty: write a condition such as {self.example}.")
        condition = self.any_of()
        if self.stands(")"):
            raise self.error("This ) closes nothing", "leave it out, or add a ( before")
        if not self.stands("end"):
            raise self.error_after_condition()
        return condition

    # The tokens.

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    @property
    def next_token(self) -> Token:
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.at += 1
        return token

    def stands(self, kind: TokenKind) -> bool:
        return self.token.kind == kind

    def took(self, *words: str) -> bool:
        """Take the token where it is one of some keywords."""
        if self.token.is_word(*words):
            self.at += 1
            return True
        return False

    # Errors.

    @property
    def example(self) -> str:
        return next(map(example_of, self.schema), "budget >= 3")

    def error(self, what: str, mend: str, token: Token | None = None) -> OptionError:
        place = point_at(self.expression, (token or self.token).start)
        return OptionError(f"{what} {place}: {mend}.")

    def error_after_condition(self) -> OptionError:
        token = self.token
        if token.text in _JOINS:
            return self.error(f"'{token.text}' has no meaning", f"write {_JOINS[token.text]}")
        if token.kind == ",":
            mend = "join conditions by AND or OR, and write 1000 or 1_000 for a thousand"
            return self.error("A comma stands only in a list of IN", mend)
        if token.kind == "sign":
            mend = "write x BETWEEN 1 AND 3, or join two comparisons by AND"
            return self.error("A comparison has only one sign", mend)
        return self.error("AND, OR or the end is expected", "join conditions by AND or OR")

    # The grammar.

    def any_of(self) -> Condition:
        parts = [self.all_of()]
        while self.took("OR"):
            parts.append(self.all_of())
        return Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def all_of(self) -> Condition:
        parts = [self.part()]
        while self.took("AND"):
            parts.append(self.part())
        return And(tuple(parts)) if len(parts) > 1 else parts[0]

    def part(self) -> Condition:
        depth = self.depth
        nots = 0
        while self.took("NOT"):
            nots += 1
            self.deeper()
        if self.stands("("):
            opening = self.take()
            self.deeper()
            condition = self.any_of()
            self.close(opening)
        else:
            condition = self.comparison()
        self.depth = depth
        for _ in range(nots):
            condition = Not(condition)
        return condition

    def close(self, opening: Token) -> None:
        if self.stands("end"):
            raise self.error("This ( is not closed", "add a )", opening)
        if not self.stands(")"):
            raise self.error_after_condition()
        self.take()

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            mend = f"use at most {MOST_DEPTH} within each other"
            raise self.error("There are too many parentheses or NOT", mend)

    def comparison(self) -> Condition:
        if self.starts_value():
            return self.value_first()
        column = self.column()
        sign = self.token
        if sign.kind == "sign":
            return self.checked(self.compared(column, self.sign()))
        negated = sign.is_word("NOT") and self.next_token.is_word(
            "IN", "BETWEEN", "CONTAINS", "HAS", "LIKE", "ILIKE"
        )
        if negated:
            self.take()
        condition = self.worded(column)
        if condition is None:
            return self.bare(column)
        condition = self.checked(condition)
        return Not(condition) if negated else condition

    def worded(self, column: Column) -> Condition | None:
        """Read what follows a column where that is a word; None where it is none."""
        if self.took("IN"):
            return self.one_of(column)
        if self.took("BETWEEN"):
            low = self.value(column)
            if not self.took("AND"):
                raise self.error("AND is expected", "write BETWEEN the lower AND the higher value")
            high = self.value(column)
            return And((Comparison(column.name, ">=", low), Comparison(column.name, "<=", high)))
        if self.took("IS"):
            return self.state(column)
        if self.took("CONTAINS"):
            return Contains(column.name, self.words(column, "CONTAINS"))
        if self.took("HAS"):
            return Has(column.name, self.words(column, "HAS"))
        return self.like(column) if self.took("LIKE", "ILIKE") else None

    def compared(self, column: Column, operator: Operator) -> Condition:
        if self.token.is_word("NULL"):
            test = "IS NOT NULL" if operator == "!=" else "IS NULL"
            raise self.error("NULL is no value", f"write {write_name(column.name)} {test}")
        return Comparison(column.name, operator, self.value(column))

    def sign(self) -> Operator:
        sign = self.take()
        if sign.text in _SIGNS:
            return _SIGNS[sign.text]
        if sign.text in _MENDS:
            raise self.error(f"'{sign.text}' is no comparison", f"write {_MENDS[sign.text]}", sign)
        raise self.error(f"'{sign.text}' is no comparison", f"write {_KNOWN}", sign)

    def bare(self, column: Column) -> Condition:
        """Read a column of truth that stands alone."""
        token = self.token
        ends = token.kind in ("end", ")") or token.is_word("AND", "OR")
        if ends and column.kind == "truth":
            return Comparison(column.name, "=", True)
        name = shorten(column.name, _SHOWN)
        if ends:
            raise OptionError(
                f"'{name}' is {what_is(column)}, and alone it is no condition: write "
                f"{example_of(column)}."
            )
        if token.is_word("NOT"):
            mend = "write NOT before the column, or NOT IN, NOT BETWEEN, NOT CONTAINS or NOT HAS"
            raise self.error("NOT is at a wrong place", mend)
        raise self.error(f"A comparison is expected after '{name}'", f"write {_KNOWN}")

    def one_of(self, column: Column) -> Condition:
        if not self.stands("("):
            name = write_name(column.name)
            mend = f"write {name} IN ({self.example_value(column)}, …)"
            raise self.error("A list in parentheses is expected after IN", mend)
        opening = self.take()
        if self.stands(")"):
            raise self.error("The list of IN is empty", "write one value or more")
        values = [self.value(column)]
        while self.stands(","):
            self.take()
            values.append(self.value(column))
        if self.stands("end"):
            raise self.error("This ( is not closed", "add a )", opening)
        if not self.stands(")"):
            raise self.error("A comma or ) is expected", "separate values by commas")
        self.take()
        if column.kind == "tags":
            tests = [f"{write_name(column.name)} HAS {write_value(value)}" for value in values[:3]]
            raise OptionError(
                f"'{shorten(column.name, _SHOWN)}' is {what_is(column)}, and IN compares a single "
                f"value: write {' OR '.join(tests)}."
            )
        return OneOf(column.name, tuple(values))

    def state(self, column: Column) -> Condition:
        negated = self.took("NOT")
        if self.took("NULL"):
            return Not(Missing(column.name)) if negated else Missing(column.name)
        if self.token.is_word("TRUE", "FALSE"):
            wanted = self.take().is_word("TRUE")
            if not negated:
                return Comparison(column.name, "=", wanted)
            return Or((Comparison(column.name, "=", not wanted), Missing(column.name)))
        sign = "!=" if negated else "="
        mend = f"write {write_name(column.name)} {sign} {self.example_value(column)}"
        raise self.error("NULL, TRUE or FALSE is expected after IS", mend)

    def words(self, column: Column, operator: str) -> str:
        token = self.token
        if token.is_word(*KEYWORDS):
            raise self.value_error(column)
        kind = Has if operator == "HAS" else Contains
        self.checked(kind(column.name, ""))
        value = self.value(column)
        if not isinstance(value, str):
            mend = f"write {write_name(column.name)} {operator} {write_value(token.text)}"
            raise self.error(f"{operator} takes a text in quotes", mend, token)
        return value

    def like(self, column: Column) -> Condition:
        token = self.token
        pattern = self.words(column, "LIKE")
        inner = pattern.strip("%")
        if pattern == f"%{inner}%" and inner and not set(inner) & set("%_"):
            return Contains(column.name, inner)
        if not set(pattern) & set("%_"):
            mend = f"write {write_name(column.name)} = {write_value(pattern)}"
        else:
            text = max(re.split("[%_]", pattern), key=len) or "text"
            mend = f"write {write_name(column.name)} CONTAINS {write_value(text)}"
        raise self.error("LIKE is read only as '%text%'", mend, token)

    def value_first(self) -> Condition:
        """Read a comparison whose value stands before its column."""
        token = self.token
        at = self.at
        self.literal()
        if not self.stands("sign"):
            if self.has(token.text):
                raise self.error("A value is no condition", self.as_column(token), token)
            mend = f"write the column first, as in {self.example}"
            raise self.error("A comparison is expected after a value", mend)
        operator = self.sign()
        right = self.token
        if right.kind not in ("word", "name") or self.starts_value():
            mend = f"write a column at one side, as in {self.example}"
            if self.has(token.text):
                mend = self.as_column(token)
            raise self.error("Two values are compared", mend, token)
        column = self.column()
        after, self.at = self.at, at
        value = self.value(column)
        self.at = after
        return self.checked(Comparison(column.name, _FLIPPED[operator], value))

    def as_column(self, token: Token) -> str:
        return f"write {write_name(self.find(token.text).name)} if you mean the column"

    # Columns and values.

    def checked(self, condition: Condition) -> Condition:
        return check_condition(condition, self.schema)

    def has(self, name: str) -> bool:
        try:
            self.find(name)
        except ColumnError:
            return False
        return True

    def find(self, name: str) -> Column:
        if name not in self.columns:
            self.columns[name] = self.schema.find(name)
        return self.columns[name]

    def starts_value(self) -> bool:
        """Whether a value is at hand, and no column."""
        token, after = self.token, self.next_token
        if token.kind == "text" or token.is_word("TRUE", "FALSE"):
            return True
        if token.is_word("DATE") and after.kind == "text":
            return True
        if token.kind == "name":
            return token.is_double and self.is_text_before_column(token)
        if token.kind != "word":
            return False
        return read_number(token.text) is not None or _DAY.fullmatch(token.text) is not None

    def is_text_before_column(self, token: Token) -> bool:
        """Whether what is in double quotes is a value, as in ``"Health" = sector``."""
        if self.next_token.kind != "sign" or self.has(token.text):
            return False
        right = self.tokens[min(self.at + 2, len(self.tokens) - 1)]
        return right.kind in ("word", "name") and self.has(right.text)

    def column(self) -> Column:
        token = self.take()
        if token.is_word(*KEYWORDS):
            quoted = '"' + token.text + '"'
            mend = f"put a name like this in double quotes, as {quoted}"
            raise self.error(f"A column is expected in the place of {token.text}", mend, token)
        if token.text in _JOINS:
            raise self.error(f"'{token.text}' has no meaning", f"write {_JOINS[token.text]}", token)
        if token.kind not in ("word", "name"):
            mend = f"write one such as {self.example}"
            raise self.error("A condition is expected", mend, token)
        try:
            return self.find(token.text)
        except ColumnError:
            if token.kind == "word":
                self.fail_spaced(token)
            raise

    def fail_spaced(self, first: Token) -> None:
        """Raise where a name with spaces lacks its quotes."""
        end = self.at
        while end < len(self.tokens) and self.tokens[end].kind == "word":
            end += 1
        for last in range(min(end, self.at + _MOST_WORDS) - 1, self.at - 1, -1):
            name = " ".join(self.expression[first.start : self.tokens[last].end].split())
            if self.has(name):
                quoted = '"' + self.find(name).name.replace('"', '""') + '"'
                raise self.error("A name with spaces needs quotes", f"write {quoted}", first)

    def value(self, column: Column) -> Value:
        """Read the value that a column is compared with."""
        token = self.token
        if token.kind == "name" or (token.kind == "word" and not self.starts_value()):
            self.check_name(column, token)
            self.take()
            return token.text
        if token.kind not in ("word", "text"):
            raise self.value_error(column)
        value = self.literal()
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and column.kind in ("text", "tags"):
            raise self.text_error(column, token)
        return value

    def check_name(self, column: Column, token: Token) -> None:
        """Raise where what stands as a value is a column, or a word without quotes."""
        is_word = token.kind == "word"
        if token.is_word(*KEYWORDS):
            raise self.value_error(column)
        is_value = token.is_double and fold(token.text) in map(fold, column.values)
        if self.has(token.text) and not is_value:
            mend = f"write a value, such as {self.example_value(column)}, texts in single quotes"
            raise self.error("Two columns cannot be compared", mend, token)
        if is_word:
            raise self.text_error(column, token)
        if not token.is_double:
            raise self.value_error(column)

    def text_error(self, column: Column, token: Token) -> OptionError:
        """Say that a text lacks its quotes, and show it with them."""
        end = self.tokens.index(token, max(self.at - 1, 0))
        last = token
        for each in self.tokens[end + 1 : end + _MOST_WORDS]:
            if each.kind != "word" or each.is_word(*KEYWORDS):
                break
            last = each
        quoted = write_value(self.expression[token.start : last.end])
        if column.kind in ("number", "date"):
            return self.error(
                f"A {column.kind} is expected",
                f"write one such as {self.example_value(column)}",
                token,
            )
        shown = shorten(quoted, _SHOWN)
        name = shorten(write_name(column.name), _SHOWN)
        return self.error(
            "A text needs single quotes", f"write {shown} to compare {name} with it", token
        )

    def value_error(self, column: Column) -> OptionError:
        what = f"A value of '{shorten(column.name, _SHOWN)}' is expected"
        return self.error(what, f"write one such as {self.example_value(column)}")

    def example_value(self, column: Column) -> str:
        return example_of(column).removeprefix(write_name(column.name)).split(maxsplit=1)[1]

    def literal(self) -> Value:
        """Read a value that is surely one."""
        token = self.take()
        if token.is_word("DATE") and self.stands("text"):
            return self.date()
        if token.is_word("TRUE", "FALSE"):
            return token.is_word("TRUE")
        number = read_number(token.text) if token.kind == "word" else None
        return token.text if number is None else number

    def date(self) -> Value:
        token = self.take()
        moment = read_date(token.text)
        if moment is None:
            mend = "write one such as DATE '2024-03-01'"
            raise self.error(f"'{shorten(token.text, _SHOWN)}' is no date", mend, token)
        return moment
