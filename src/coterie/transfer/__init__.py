"""Files to and from another machine by SFTP: checked, continued after a cut, whole or not there.

::

    .NAME.SHA256.part    a file on its way to a server, in its folder there
    .NAME.part           a file on its way from a server, in its folder here
    .NAME.part.log       what it will be, and a digest of each block that has come
"""

from coterie.transfer.address import Address, parse_address
from coterie.transfer.moving import pull_files, push_files
from coterie.transfer.results import Moved, Transfer

__all__ = ["Address", "Moved", "Transfer", "parse_address", "pull_files", "push_files"]
