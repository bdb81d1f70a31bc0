"""Files that survive whatever ends a process or a machine: whole under their name, and brought to the disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_CANNOT = (errno.EINVAL, errno.EBADF, errno.ENOTSUP)
"""What a file system says that cannot bring a folder to the disk, such as one that is shared by a network."""


def write_whole(file: Path, text: str) -> None:
    """Write a file so that under its name there is the old content or the new one, never a part."""
    draft = file.with_name(f".{file.name}.tmp")
    with draft.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
    settle(file.parent)


def bring_to_disk(file: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with file.open("r+b") as stream:
        os.fsync(stream.fileno())


def settle(folder: Path) -> None:
    """Bring the names of a folder to the disk, where a system can do that."""
    if os.name != "posix":
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    finally:
        os.close(place)
