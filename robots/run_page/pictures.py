"""The masked pictures of a run, small enough to lie in its page; what there is no room for is linked where it lies beside the page."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from robots.run_page.lines import Line

#: of all pictures in a page
ROOM_BYTES = 1_200_000
#: pictures that a page names; of more, the folder is the place to look
MOST_PICTURES = 300
_WIDTH = 900
_QUALITY = 55
#: a page of a web system can be long, and what has more points than this is no picture of a screen
_MOST_POINTS = 60_000_000
_NAME = re.compile(r"([0-9]{1,8}-[A-Za-z0-9_]{1,60}\.(?:jpe?g|png))(?=:|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture, with what the log says of it."""

    name: str
    #: beside the page
    link: str
    #: a data address; empty where there was no room
    embedded: str
    line: Line


class Album:
    """The pictures of one run's folder; each is made small once."""

    def __init__(self, folder: Path, *, room_bytes: int = ROOM_BYTES) -> None:
        self._folder = folder
        self._left = room_bytes
        self._is_full = False
        self._pictures: list[Picture] = []
        self._seen = 0

    def look(self, told: list[Line]) -> tuple[Picture, ...]:
        """Return the pictures of all lines that tell of one; `told` only ever grows."""
        for line in told[self._seen :]:
            path = self._path(line)
            if path is not None and len(self._pictures) < MOST_PICTURES:
                link = quote(path.relative_to(self._folder).as_posix())
                self._pictures.append(Picture(name=path.name, link=link, embedded=self._embedded(path), line=line))
        self._seen = len(told)
        return tuple(self._pictures)

    def _path(self, line: Line) -> Path | None:
        named = _NAME.match(line.message)
        folder = self._folder / "pictures"
        places: Iterable[Path] = (folder / named[1], folder / named[1].partition("-")[2].partition(".")[0] / named[1]) if named else ()
        # No link is followed: what lies elsewhere is no masked picture of this run.
        return next((path for path in places if path.is_file() and not path.is_symlink()), None)

    def _embedded(self, path: Path) -> str:
        if self._is_full:
            return ""
        try:
            small = _small(path)
        except Exception:  # noqa: BLE001 - the library raises what it likes over a file that is half written, and a page has more to tell than one picture
            return ""
        written = f"data:image/webp;base64,{base64.b64encode(small).decode('ascii')}"
        if len(written) > self._left:
            # No further one is made small only to see whether it has room: a run has other things to do.
            self._is_full = True
            return ""
        self._left -= len(written)
        return written


def _small(path: Path) -> bytes:
    from PIL import Image

    with Image.open(path, formats=("JPEG", "PNG")) as image:
        if image.width * image.height > _MOST_POINTS:
            raise ValueError("too large")
        image.thumbnail((_WIDTH, _WIDTH * 2))
        into = io.BytesIO()
        image.convert("RGB").save(into, "WEBP", quality=_QUALITY, method=2)
        return into.getvalue()
