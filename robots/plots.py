"""Plots for pages, as SVG that stands in them: the same figures give the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LESS, _MORE, _INK, _SOFT, _LINE = "#a3281c", "#1c6b3a", "#1d2630", "#56616d", "#d5dbe1"
#: of layers and lines, told apart by those who do not see colours too: from dark to light, and by hatching
LAYERS = ("#0b4a6f", "#5fa3c7", "#e3a857", "#d5dbe1")
_HATCHES = ("", "", "//", "..")
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
    #: what a standing bar can be at most, so that all are seen against it; as high as the highest when None
    most: int | None = None


class _Spoken(Protocol):
    """What every plot says of itself."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """One plot of bars that are parted in layers; at most as many layers as there are colours."""

    name: str
    title: str
    description: str
    labels: Sequence[str]
    #: by what the layer is called, a value for each label
    layers: Mapping[str, Sequence[int]]
    write: Callable[[int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """One plot of parts of a hundred, each with how sure it is; `at_least` is a line across all."""

    name: str
    title: str
    description: str
    labels: Sequence[str]
    #: parts of a hundred: what was found, and between which it lies
    values: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]
    at_least: float | None
    write: Callable[[float], str]


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
        if bars.most is not None:
            axes.set_ylim(0, bars.most * (1 + _MARGIN / 2))
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


def layered_bars(bars: Layers) -> str:
    """Return bars that stand beside one another, each parted in layers, the first one lowermost, with the names of the layers above them."""
    from matplotlib.ticker import MaxNLocator

    def draw(axes: Axes) -> None:
        places = range(len(bars.labels))
        below = [0] * len(bars.labels)
        for (name, values), colour, hatch in zip(bars.layers.items(), LAYERS, _HATCHES, strict=False):
            axes.bar(places, values, bottom=below, color=colour, hatch=hatch, edgecolor="white", linewidth=0.4, width=0.7, label=name)
            below = [under + value for under, value in zip(below, values, strict=True)]
        step = 1 if len(bars.labels) <= _ALL_NAMED else 1 + (len(bars.labels) - 1) // _SOME_NAMED
        axes.set_xticks(list(places)[::step], labels=list(bars.labels)[::step])
        axes.tick_params(length=0)
        axes.yaxis.set_major_formatter(lambda value, _: bars.write(round(value)))
        axes.yaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True))
        axes.grid(axis="y", color=_LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(bars.layers), frameon=False, fontsize=9, borderaxespad=0.3)

    return _svg(bars, (_WIDTH_INCHES, 3.2), draw)


def interval_lines(shares: Intervals) -> str:
    """Return a point with a line from its low to its high for each, below one another, the first one uppermost."""
    size = (_WIDTH_INCHES, _EDGES_INCHES + 0.3 + _BAR_INCHES * len(shares.labels))

    def draw(axes: Axes) -> None:
        places = list(range(len(shares.labels)))
        axes.hlines(places, list(shares.lows), list(shares.highs), color=LAYERS[1], linewidth=4)
        axes.plot(list(shares.values), places, "o", color=LAYERS[0], markersize=6)
        axes.set_yticks(places, labels=list(shares.labels))
        axes.set_ylim(len(shares.labels) - 0.5, -0.5)
        least = min([*shares.lows, 100 if shares.at_least is None else shares.at_least])
        axes.set_xlim(max(0, least - 5), 101)
        if shares.at_least is not None:
            axes.axvline(shares.at_least, color=_LESS, linewidth=1, linestyle="--")
        axes.xaxis.set_major_formatter(lambda value, _: shares.write(value))
        axes.grid(axis="x", color=_LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)

    return _svg(shares, size, draw)


def _colours(bars: Bars) -> list[str]:
    return [_LESS if sign < 0 else _MORE if sign > 0 else _SOFT for sign in bars.signs]


def _svg(bars: _Spoken, size: tuple[float, float], draw: Callable[[Any], None]) -> str:
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


def _in_page(drawn: str, bars: _Spoken) -> str:
    """Return the picture as it can stand in a page beside others: with a title and a description, and names of its own."""
    # Its one rule of style is for everything, which in a page would be the page.
    picture = re.sub(r"<defs>\s*<style.*?</defs>", "", drawn[drawn.index("<svg") :], count=1, flags=re.DOTALL)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', picture))
    picture = re.sub(r' id="([^"]+)"', lambda match: f' id="{bars.name}-{match[1]}"' if match[1] in used else "", picture)
    picture = re.sub(r'(url\(#|href="#)', rf"\g<1>{bars.name}-", picture)
    spoken = f'<title id="{bars.name}-title">{escape(bars.title)}</title><desc id="{bars.name}-desc">{escape(bars.description)}</desc>'
    opening, _, rest = picture.partition(">")
    return f'{opening} role="img" aria-labelledby="{bars.name}-title {bars.name}-desc">{spoken}{rest}'
