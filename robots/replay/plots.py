"""Plots for the page, as SVG that stands in it: the same figures give the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LESS, _MORE, _INK, _SOFT, _LINE = "#a3281c", "#1c6b3a", "#1d2630", "#56616d", "#d5dbe1"
_WIDTH_INCHES = 8.6
_BAR_INCHES, _EDGES_INCHES = 0.32, 0.75
#: more columns than this have not all their names below them, but so many
_ALL_NAMED, _SOME_NAMED = 13, 9
#: part of the axis that is kept free for the figure at the end of a bar
_MARGIN = 0.16

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _SOFT,
    "xtick.color": _SOFT,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """One plot of bars: what it shows, in words too, for those who do not see it."""

    #: of letters; tells the plots of a page apart
    name: str
    title: str
    description: str
    labels: Sequence[str]
    values: Sequence[int]
    #: whether a bar is a loss (-1), a gain (1) or neither (0)
    signs: Sequence[int]
    #: writes a value
    write: Callable[[int], str]


def lying_bars(bars: Bars) -> str:
    """Return bars that lie below one another, each with its figure at its end, the first one uppermost."""
    size = (_WIDTH_INCHES, _EDGES_INCHES + _BAR_INCHES * len(bars.values))

    def draw(axes: Axes) -> None:
        places = range(len(bars.values))
        drawn = axes.barh(places, bars.values, color=_colours(bars), height=0.66)
        axes.bar_label(drawn, labels=[bars.write(value) for value in bars.values], padding=4, fontsize=9)
        axes.set_yticks(places, labels=list(bars.labels))
        axes.invert_yaxis()
        axes.margins(x=_MARGIN)
        axes.axvline(0, color=_SOFT, linewidth=0.8)
        axes.xaxis.set_visible(False)
        axes.tick_params(length=0)
        for side in ("bottom", "left"):
            axes.spines[side].set_visible(False)

    return _svg(bars, size, draw)


def standing_bars(bars: Bars) -> str:
    """Return bars that stand beside one another, for what follows in time."""

    def draw(axes: Axes) -> None:
        places = range(len(bars.values))
        drawn = axes.bar(places, bars.values, color=_colours(bars), width=0.66)
        step = 1 if len(bars.labels) <= _ALL_NAMED else 1 + (len(bars.labels) - 1) // _SOME_NAMED
        axes.set_xticks(list(places)[::step], labels=list(bars.labels)[::step])
        axes.axhline(0, color=_SOFT, linewidth=0.8)
        axes.tick_params(length=0)
        axes.margins(y=_MARGIN)
        axes.spines["bottom"].set_visible(False)
        if step == 1:
            axes.bar_label(drawn, labels=[bars.write(value) for value in bars.values], padding=3, fontsize=8)
            axes.yaxis.set_visible(False)
            axes.spines["left"].set_visible(False)
        else:
            axes.yaxis.set_major_formatter(lambda value, _: bars.write(round(value)))
            axes.grid(axis="y", color=_LINE, linewidth=0.6)
            axes.set_axisbelow(True)

    return _svg(bars, (_WIDTH_INCHES, 2.9), draw)


def _colours(bars: Bars) -> list[str]:
    return [_LESS if sign < 0 else _MORE if sign > 0 else _SOFT for sign in bars.signs]


def _svg(bars: Bars, size: tuple[float, float], draw: Callable[[Any], None]) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    written = io.StringIO()
    # The library names parts of a picture by chance, and writes into it when it was drawn, unless told otherwise.
    with mpl.rc_context({**_STYLE, "svg.hashsalt": bars.name}):
        figure = Figure(figsize=size, layout="constrained")
        figure.patch.set_visible(False)
        axes = figure.add_subplot()
        axes.patch.set_visible(False)
        draw(axes)
        figure.savefig(written, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _in_page(written.getvalue(), bars)


def _in_page(drawn: str, bars: Bars) -> str:
    """Return the picture as it can stand in a page beside others: with a title and a description, and names of its own."""
    # Its one rule of style is for everything, which in a page would be the page.
    picture = re.sub(r"<defs>\s*<style.*?</defs>", "", drawn[drawn.index("<svg") :], count=1, flags=re.DOTALL)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', picture))
    picture = re.sub(r' id="([^"]+)"', lambda match: f' id="{bars.name}-{match[1]}"' if match[1] in used else "", picture)
    picture = re.sub(r'(url\(#|href="#)', rf"\g<1>{bars.name}-", picture)
    spoken = f'<title id="{bars.name}-title">{escape(bars.title)}</title><desc id="{bars.name}-desc">{escape(bars.description)}</desc>'
    opening, _, rest = picture.partition(">")
    return f'{opening} role="img" aria-labelledby="{bars.name}-title {bars.name}-desc">{spoken}{rest}'
