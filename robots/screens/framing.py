"""The frame that points a thing out in a picture that is masked already."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from robots.screens.inspection import Box

_FRAME_PIXELS = 4
_JPEG_QUALITY = 80


def frame(picture: Path, box: Box) -> None:
    """Draw a red frame around the box: left, top, width, height in the picture's own pixels."""
    left, top, width, height = box
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    edges = (left - _FRAME_PIXELS, top - _FRAME_PIXELS, left + width + _FRAME_PIXELS, top + height + _FRAME_PIXELS)
    ImageDraw.Draw(image).rectangle(edges, outline="red", width=_FRAME_PIXELS - 1)
    image.save(picture, "JPEG", quality=_JPEG_QUALITY)
