"""Keep earlier figures on the page until they are measured again."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["merged"]

_MACHINE = "Machine and versions"


def merged(earlier: str, fresh: str, measured: Collection[str]) -> str:
    """Put a freshly written page over an earlier one.

    Sections of the earlier page keep their places. Those that the fresh page lacks stay unchanged,
    and so do the machines that they ran on.
    """
    before, after = _sections(earlier), _sections(fresh)
    machine = [
        *after.pop(_MACHINE, "").strip().split("\n\n"),
        *_others(before.pop(_MACHINE, ""), measured),
    ]
    head = after.pop("")
    del before[""]
    body = "".join(f"## {title}\n{text}" for title, text in {**before, **after}.items())
    told = "\n\n".join(line for line in machine if line)
    return f"{head}{body.rstrip()}\n\n## {_MACHINE}\n\n{told}\n"


def _sections(page: str) -> dict[str, str]:
    """Split a page by its headings of level two; the text before them is under ""."""
    head, *rest = f"\n{page}".split("\n## ")
    parts = {"": head.lstrip("\n") + "\n"}
    for part in rest:
        title, _, body = part.partition("\n")
        parts[title] = body.rstrip("\n") + "\n\n"
    return parts


def _others(section: str, measured: Collection[str]) -> list[str]:
    """Lines about machines, without the parts that were measured again."""
    lines = []
    for line in section.strip().split("\n\n"):
        names, _, facts = line.partition(": ")
        left = [name for name in names.split(", ") if name not in measured]
        if left and facts:
            lines.append(f"{', '.join(left)}: {facts}")
    return lines
