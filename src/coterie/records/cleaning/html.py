"""HTML into the text that a person would read, where a text truly is HTML.

Tags are read one by one, without a tree: a tree of HTML takes quadratic time on 200,000 nested
tags, and a text needs none.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5

__all__ = ["is_html", "strip_html"]

_SETS_OFF = frozenset(
    (
        "p",
        "blockquote",
        "table",
        "ul",
        "ol",
        "dl",
        "pre",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    )
)
_BREAKS = _SETS_OFF | frozenset(
    (
        "address",
        "article",
        "aside",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "option",
        "section",
        "summary",
        "tbody",
        "tfoot",
        "thead",
        "tr",
    )
)
_CELLS = frozenset(("td", "th"))
_KNOWN = (
    _BREAKS
    | _CELLS
    | frozenset(
        (
            "a",
            "abbr",
            "acronym",
            "area",
            "audio",
            "b",
            "base",
            "bdi",
            "bdo",
            "big",
            "button",
            "canvas",
            "cite",
            "code",
            "col",
            "colgroup",
            "data",
            "datalist",
            "del",
            "dfn",
            "em",
            "embed",
            "font",
            "frame",
            "frameset",
            "head",
            "i",
            "iframe",
            "img",
            "input",
            "ins",
            "kbd",
            "label",
            "link",
            "map",
            "mark",
            "meta",
            "meter",
            "nobr",
            "noscript",
            "object",
            "optgroup",
            "output",
            "param",
            "picture",
            "progress",
            "q",
            "rp",
            "rt",
            "ruby",
            "s",
            "samp",
            "script",
            "select",
            "small",
            "source",
            "span",
            "strike",
            "strong",
            "style",
            "sub",
            "sup",
            "svg",
            "template",
            "textarea",
            "time",
            "title",
            "track",
            "tt",
            "u",
            "var",
            "video",
            "wbr",
        )
    )
)
_UNREAD = frozenset(("script", "style", "title", "xml"))  # what they hold is not read
# Of these one that stands as markup does is enough; others are words in angle brackets too.
_SURE = _SETS_OFF | frozenset(
    (
        "body",
        "br",
        "center",
        "div",
        "html",
        "li",
        "style",
        "tbody",
        "td",
        "th",
        "tr",
    )
)

_TAG = re.compile(
    r"<(?:(?P<comment>!--)|[!?][^<>]*+>"
    r"|(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*+(?::[A-Za-z0-9]++)?)(?=[\s/>])"
    r"(?P<rest>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>|[^<>]*+>))"
)
_DOCTYPE = re.compile(r"\s*<!doctype\s+html", re.IGNORECASE)
_ENTITY = re.compile(  # those of entities that were written as entities again, too
    r"&(?:amp;)*(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)
_BARE_AND = re.compile(rf"&(?!{_ENTITY.pattern[1:]})")  # no program escaped such a text
_WHITE = re.compile(r"[ \t\r\n\f]+")
_INSIDE_LINE = re.compile(r"[ \t\f]+")
_UNSEEN = re.compile(r"[\u00ad\u034f\u200b-\u200d\u2060\ufeff]+(?=\s|$)")  # pads the preview line
_QUOTED = "\ue000"  # private use: marks the lines of a quotation until they are laid out
_AROUND = frozenset("\"'`([{\u201c\u2018\u00ab\u201e")  # a tag after one of these is spoken of
_BARE = re.compile(r"\s*/?>")
_ROUNDS = 8  # for HTML that was escaped again and again: a judgement
_SPACED = 3  # line breaks between blanks, from which on they are markup: a judgement


def strip_html(text: str) -> str:
    """Turn a text that is HTML into lines; decode entities in any text.

    Paragraphs, rows and line breaks become lines, a quotation's lines begin with ``> ``; scripts,
    styles, comments and titles go. Angle brackets that are no HTML stay: ``a < b > c``, ``<name>``,
    "use the <b> tag". Time grows linearly with the text, whatever it holds.

    Returns
    -------
    str
        Not longer than the text; "" where markup was all it held; the text itself where there was
        nothing to do.
    """
    for _ in range(_ROUNDS):
        if is_html(text):
            read = _read(text)
        elif "&" in text and not _BARE_AND.search(text):
            read = _decoded(text)
        else:
            return text
        if read == text:
            return text
        text = read
    return text


def is_html(text: str) -> bool:
    """Tell whether a text is HTML, and does not only hold angle brackets or speak of tags.

    It is where a tag of a block or a line break stands as markup does, close to a word or at the
    begin of a line; where a pair of tags encloses words; or where there is a document type.
    """
    if "<" not in text:
        return False
    if _DOCTYPE.match(text):
        return True
    opened: dict[str, int] = {}
    spaced = 0
    for tag in _TAG.finditer(text):
        name = (tag["name"] or "").lower()
        if name not in _KNOWN or not (_BARE.fullmatch(tag["rest"]) or "=" in tag["rest"]):
            continue
        left = text[tag.start() - 1] if tag.start() else ""
        right = text[tag.end()] if tag.end() < len(text) else ""
        if left in _AROUND and left:
            continue
        if tag["end"] and left and not left.isspace() and opened.get(name, len(text)) < tag.start():
            return True  # a pair that is empty, as in "put it into <div></div>", is not enough
        if name in _SURE and _is_close(left, right):
            return True
        if not tag["end"] and right and not right.isspace() and name not in _UNREAD:
            opened.setdefault(name, tag.end())
        spaced += name == "br"
        if spaced == _SPACED:
            return True
    return False


def _is_close(left: str, right: str) -> bool:
    """Whether a tag touches what is beside it, or stands where a line begins or ends."""
    if left and not left.isspace() and left != ">":
        return True
    begins = left in ("", "\n", "\r")
    return (begins and right not in ("", " ", "\t")) or right in ("\n", "\r")


def _read(text: str) -> str:
    flows = any((tag["name"] or "").lower() in _BREAKS for tag in _TAG.finditer(text))
    read = _laid_out("".join(_pieces(text, flows)), "> ")
    return read if len(read) <= len(text) else _laid_out(read, "")


def _pieces(text: str, flows: bool) -> Iterator[str]:
    """Give what is read, and a line break where one is seen.

    Where the lines of a text ``flows``, as tags break them, its own line breaks are blanks.
    """
    at, depth, verbatim = 0, 0, 0
    open_ended = set[str]()
    while tag := _TAG.search(text, at):
        between = text[at : tag.start()]
        yield (_WHITE if flows and not verbatim else _INSIDE_LINE).sub(" ", between)
        at = tag.end()
        if tag["comment"]:
            end = text.find("-->", tag.start() + 2)
            at = len(text) if end < 0 else end + 3
            continue
        name, opens = (tag["name"] or "").lower(), not tag["end"]
        if name in _UNREAD and opens and not tag["rest"].endswith("/>"):
            end = -1 if name in open_ended else _end_of(name, text, at)
            if end < 0:
                open_ended.add(name)
            at = end if end >= 0 else at if name == "title" else len(text)
        elif name in _CELLS:
            yield " "
        elif name in _BREAKS:
            step = 1 if opens else -1
            depth = max(0, depth + step * (name == "blockquote"))
            verbatim = max(0, verbatim + step * (name == "pre"))
            yield ("\n\n" if name in _SETS_OFF else "\n") + (_QUOTED if depth else "")
        elif name and name not in _KNOWN and ":" not in name and "=" not in tag["rest"]:
            yield tag[0]  # a placeholder, such as <name>
    yield (_WHITE if flows and not verbatim else _INSIDE_LINE).sub(" ", text[at:])


def _end_of(name: str, text: str, at: int) -> int:
    """Find where the content of a script, style or title ends; -1 where it is left open."""
    end = re.compile(rf"</{name}\s{{0,20}}>", re.IGNORECASE).search(text, at)
    return -1 if end is None else end.end()


def _laid_out(text: str, mark: str) -> str:
    """Tidy lines up: entities decoded, blanks collapsed, at most one line empty, quotes marked."""
    lines: list[str] = []
    for line in _UNSEEN.sub("", _decoded(text)).split("\n"):
        quoted = _QUOTED in line or (not mark and line.startswith("> "))
        said = " ".join(line.removeprefix("> ").split() if not mark else line.split())
        if quoted:
            said = said.replace(_QUOTED, "").strip()
            said = f"{mark}{said}" if said else ""
        if said or (lines and lines[-1]):
            lines.append(said)
    return "\n".join(lines).strip()


def _decoded(text: str) -> str:
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(entity: re.Match[str]) -> str:
    body = entity[1]
    known = html.unescape(f"&{body};") if body[0] == "#" else html5.get(f"{body};", entity[0])
    return " " if known == "\xa0" else known
