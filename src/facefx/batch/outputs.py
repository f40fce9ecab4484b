"""Files and folders of results: what is there, whole, and not behind a link."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

from ..errors import OutputError
from ..image.files import check_target

__all__ = ["checked_folder", "exists", "is_whole", "make_folder_for", "publish"]


def exists(path: Path) -> bool:
    """Whether there is anything of that name, a broken link too."""
    return os.path.lexists(path)


def is_whole(path: Path, size: int | None) -> bool:
    """Whether a file of so many bytes is there, itself and no link; always, if none was wanted (`size` None)."""
    if size is None:
        return True
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size


def checked_folder(root: Path, output: str) -> Path:
    """The folder of an output in `root`, which need not be there. Raises `OutputError` if a link or a file is in its way."""
    folder = root
    for part in PurePosixPath(output).parts[:-1]:
        folder = folder / part
        if folder.is_symlink():
            raise OutputError(f"{str(folder)!r} is a symbolic link, and facefx does not write through links; remove it")
        if exists(folder) and not folder.is_dir():
            raise OutputError(f"{str(folder)!r} is a file, but a folder of results has to go there; give another folder")
    return folder


def publish(staged: Path, root: Path, output: str) -> None:
    """Move a staged result to its place; both are on one file system. Raises `OutputError`."""
    target = root / output
    try:
        staged.replace(target)
    except OSError as error:
        raise OutputError(f"{str(target)!r} cannot be written: {error.strerror or error}.") from error


def make_folder_for(root: Path, output: str, *, replace: bool) -> None:
    """Make the folder that an output goes to. Raises `OutputError` if the output cannot go there."""
    folder = checked_folder(root, output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {str(folder)!r} cannot be made: {error.strerror or error}.") from error
    check_target(root / output, force=replace)
