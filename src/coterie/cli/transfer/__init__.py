"""``coterie transfer``: files to and from another machine by SFTP."""

from coterie.cli.transfer.commands import app

__all__ = ["app"]
