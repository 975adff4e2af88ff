"""Every error a user can meet.

Each message is one sentence that says what is wrong and how to fix it. What the user can fix
ends a command with exit code 2, our own fault with 1.

::

    CoterieError
    ├── UserError                    the user can fix it (exit code 2)
    │   ├── InputError               a table that cannot be read, or not as asked
    │   │   ├── ColumnError          a column that is missing, doubled or renamed
    │   │   ├── TextEncodingError    bytes that are not text in the encoding named
    │   │   └── NoRowsError          nothing left to work on after bad rows were set aside
    │   ├── OptionError              an option or recipe key outside what is allowed
    │   ├── MissingExtraError        an optional library that is not installed
    │   ├── EncoderError             an encoder that cannot be found or loaded
    │   │   └── EncoderMismatchError vectors of another encoder or width than the data at hand
    │   ├── LanguageModelError       a language model that cannot be reached or used
    │   ├── SegmentError             an edit that the segmentation does not allow
    │   ├── StoreError               a file of Coterie, absent, altered or of another version
    │   │   ├── IntegrityError       a file whose hash is not the one recorded
    │   │   └── LogError             a prediction log that cannot be opened, read or written
    │   │       └── LogFullError     more entries wait to be written than may
    │   ├── TransferError            files that could not be moved to or from another machine
    │   └── UnavailableError         a service that cannot answer now, and says when to try again
    └── InternalError                our fault (exit code 1)
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "ColumnError",
    "ColumnWarning",
    "CoterieError",
    "CoterieWarning",
    "EncoderError",
    "EncoderMismatchError",
    "InputError",
    "IntegrityError",
    "InternalError",
    "LanguageModelError",
    "LogError",
    "LogFullError",
    "MissingExtraError",
    "NoRowsError",
    "OptionError",
    "SegmentError",
    "StoreError",
    "TextEncodingError",
    "TransferError",
    "UnavailableError",
    "UserError",
]


class CoterieError(Exception):
    """Base of every error that Coterie raises on purpose."""

    exit_code = 1


class UserError(CoterieError):
    """Something the user can fix; the message says how."""

    exit_code = 2


class InputError(UserError, ValueError):
    """A table that cannot be read, or not in the way that was asked."""


class ColumnError(InputError, KeyError):
    """A column that is missing, doubled or renamed; the message names the nearest ones."""

    __str__ = Exception.__str__  # KeyError would show the repr


class TextEncodingError(InputError):
    """Bytes that are not text in the encoding found or named."""


class NoRowsError(InputError):
    """No row is left to work on after the bad ones were set aside."""


class OptionError(UserError, ValueError):
    """An option or a recipe key that is unknown or outside its allowed values.

    Parameters
    ----------
    message
        The sentence.
    instead
        Option to the value that mends it, as ``{"--model": "ensemble"}``: the command line shows
        the whole command with it.
    """

    def __init__(self, message: str = "", *, instead: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.instead = dict(instead or {})


class MissingExtraError(UserError, ImportError):
    """An optional library is not installed; the message holds the command that installs it."""


class EncoderError(UserError):
    """An encoder that cannot be found or loaded."""


class EncoderMismatchError(EncoderError, ValueError):
    """Vectors of another encoder or width than a cache, index, model or file expects."""


class LanguageModelError(UserError):
    """A language model that cannot be reached, loaded or used."""


class SegmentError(UserError, ValueError):
    """An edit or a look-up that the segmentation does not allow."""


class StoreError(UserError):
    """A file written by Coterie that is absent, altered or of a version this one cannot read."""


class IntegrityError(StoreError):
    """A file whose hash is not the recorded one; nothing of it was parsed."""


class TransferError(UserError):
    """Files could not be moved to or from another machine; none is half-written under its name."""


class UnavailableError(UserError):
    """A service cannot answer now.

    Parameters
    ----------
    message
        The sentence.
    seconds
        After which it is worth trying again.
    """

    def __init__(self, message: str = "", *, seconds: float = 1.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class LogError(StoreError):
    """A prediction log that cannot be opened, read or written."""


class LogFullError(LogError):
    """More entries wait to be written to a prediction log than may; try again later."""


class InternalError(CoterieError):
    """A fault of Coterie itself."""


class CoterieWarning(UserWarning):
    """Something was done that the user should know of; nothing is lost."""


class ColumnWarning(CoterieWarning):
    """A column that a model learnt from is absent, or holds cells that it cannot use."""
