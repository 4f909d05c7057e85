"""Pictures of one X screen: evidence with everything personal blacked out, and the picture way of finding an element."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mss
from PIL import Image, ImageDraw

from robots.errors import ProgramMissing, ScreenChanged

Box = tuple[int, int, int, int]
_LOWEST_CONFIDENCE = 0.9
_JPEG_QUALITY = 80
_MOST_PICTURES = 100_000
_importing = threading.Lock()


def grab(display: str) -> Image.Image:
    """Return what the display shows now."""
    with mss.MSS(display=display) as camera:
        shot = camera.grab(camera.monitors[0])
        return Image.frombytes("RGB", shot.size, shot.bgra, "raw", "BGRX")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One window as it lies on the screen, and what of it a picture may show."""

    #: all of it, with its title bar and border
    box: Box
    shown: Sequence[Box] = ()
    #: black again, within what is shown
    hidden: Sequence[Box] = ()


def masked(picture: Image.Image, layers: Iterable[Layer]) -> Image.Image:
    """Return a picture of what the layers show, the lowest of them first: each covers what is below it, and is black where it says itself."""
    result = Image.new("RGB", picture.size)
    for layer in layers:
        _paint(result, layer.box)
        for box in layer.shown:
            whole = _common(box, (0, 0, picture.width, picture.height))
            if whole is None:
                continue
            left, top, width, height = whole
            result.paste(picture.crop((left, top, left + width, top + height)), (left, top))
            for hidden in layer.hidden:
                if part := _common(hidden, whole):
                    _paint(result, part)
    return result


def _common(one: Box, other: Box) -> Box | None:
    left, top = max(one[0], other[0]), max(one[1], other[1])
    width, height = min(one[0] + one[2], other[0] + other[2]) - left, min(one[1] + one[3], other[1] + other[3]) - top
    return (left, top, width, height) if width > 0 and height > 0 else None


def _paint(picture: Image.Image, box: Box) -> None:
    left, top, width, height = box
    ImageDraw.Draw(picture).rectangle((left, top, left + width - 1, top + height - 1), fill="black")


def save(picture: Image.Image, folder: Path, system: str) -> Path:
    """Save the picture under the next free number; return its path."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    taken = [path.stem.rpartition("-")[2] for path in folder.glob(f"{system}-*.jpg")]
    first = 1 + max((int(number) for number in taken if number.isdigit()), default=0)
    for number in range(first, first + _MOST_PICTURES):
        path = folder / f"{system}-{number:04d}.jpg"
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            continue
        picture.save(path, "JPEG", quality=_JPEG_QUALITY)
        return path
    raise OSError("the folder of pictures is full")


def places_of(needle: Path, haystack: Image.Image, display: str) -> list[Box]:
    """Return where the needle shows in the haystack, each place once; a match is at least nine tenths alike.

    Raises:
        ProgramMissing: pyautogui can't be loaded.
        ScreenChanged: the needle can't be read, or is larger than the haystack.
    """
    matcher = _pyautogui(display)
    try:
        with Image.open(needle) as opened:
            wanted = opened.convert("RGB")
    except OSError:
        raise ScreenChanged("the element's picture can't be read; take it anew") from None
    if wanted.width > haystack.width or wanted.height > haystack.height:
        raise ScreenChanged("the element's picture is larger than the region it is looked for in; widen `within`")
    try:
        hits = [
            (int(hit.left), int(hit.top), int(hit.width), int(hit.height))
            for hit in matcher.locateAll(wanted, haystack, confidence=_LOWEST_CONFIDENCE)
        ]
    except (matcher.ImageNotFoundException, sys.modules["pyscreeze"].ImageNotFoundException):
        # Either class, depending on how far the matcher had come.
        return []
    places: list[Box] = []
    for hit in hits:
        # The matcher reports the neighbours of a good place too.
        if all(abs(hit[0] - place[0]) > wanted.width // 2 or abs(hit[1] - place[1]) > wanted.height // 2 for place in places):
            places.append(hit)
    return places


def _pyautogui(display: str) -> Any:
    """Return pyautogui, of which only the matching of two pictures is used: its own hands know one display per process."""
    with _importing:
        if "pyautogui" in sys.modules:
            return sys.modules["pyautogui"]
        names = {"DISPLAY": display, "XAUTHORITY": "/dev/null"}
        before = {name: os.environ.get(name) for name in names}
        modules = set(sys.modules)
        os.environ.update(names)
        try:
            # It prints a notice when the display needs no authority file; standard output is the commands' own.
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import pyautogui

                return pyautogui
        except (ImportError, SystemExit, KeyError):
            raise ProgramMissing(
                "pyautogui can't be loaded; elements found by picture need it: pip install pyautogui, apt-get install -y python3-tk"
            ) from None
        finally:
            _let_go(set(sys.modules) - modules)
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _let_go(modules: Iterable[str]) -> None:
    """Close what the import opened and would keep: connections to the display, and pipes of programs it looked for."""
    for module in modules:
        for name, value in list(vars(sys.modules[module]).items()):
            if isinstance(value, subprocess.Popen):
                for pipe in (value.stdout, value.stderr):
                    if pipe is not None:
                        pipe.close()
            elif name == "_display" and hasattr(value, "close"):
                value.close()
