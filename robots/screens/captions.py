"""The words of a system's own screens, as far as its selector file names them."""

from __future__ import annotations

from robots.screens.selector_file import SelectorFile
from robots.screens.ways import Accessible, Beside, ByLabel, ByRole, ByText, Near, Window, Words


def captions_of(selectors: SelectorFile) -> tuple[str, ...]:
    """Return the words of the system's own screens that the file names, and none of an element with something personal: what a picture may show."""
    elements = [element for view in selectors.views.values() for element in view.elements.values()]
    captions = {selectors.window, *(text for element in elements for text in element.columns.values())}
    for way in (way for element in elements if not (element.is_personal or element.is_secret) for way in element.ways):
        match way:
            case ByRole(name=str(text)) | ByLabel(label=text) | ByText(text=text) | Near(near=text):
                captions.add(text)
            case Accessible(name=str(text)) | Beside(beside=text) | Window(title=text) | Words(text=text):
                captions.add(text)
            case _:
                pass
    return tuple(sorted(captions - {""}))
