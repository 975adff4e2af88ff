"""``coterie.push`` and ``coterie.pull``: files to and from another machine."""

from coterie.verbs.transferring.files import pull, pull_with, push, push_with

__all__ = ["pull", "pull_with", "push", "push_with"]
