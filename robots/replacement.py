"""A file that is replaced in whole: whoever reads it sees what was there before or what is there now, and nothing between."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a file beside the path that its owner alone can read, and put it in its place when the block ends; an error leaves all as it was.

    Args:
        path: of the file; its folder is made when it is missing.

    Raises:
        OSError: the folder can't be written to.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    os.close(handle)
    try:
        yield Path(name)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
