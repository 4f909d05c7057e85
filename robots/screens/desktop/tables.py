"""Reads a table of the accessibility tree by the texts over its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from robots.errors import ElementAmbiguous, ElementMissing, ScreenChanged
from robots.screens.desktop import tree
from robots.screens.desktop.asking import Reference
from robots.screens.desktop.tree import Box, Tree

_MOST_CELLS = 20_000
_MOST_COLUMNS = 200


class Table:
    """One table as it shows, its columns found by their headers."""

    def __init__(self, accessible: Tree, reference: Reference, columns: Mapping[str, str]) -> None:
        """Find the columns.

        Args:
            accessible: the tree.
            reference: the table in it.
            columns: {name in the selector file: exact header text}.

        Raises:
            ElementMissing: it is no table, or has no such column.
            ElementAmbiguous: two columns have the same header.
        """
        self._tree = accessible
        self._reference = reference
        (count,) = accessible.ask([tree.column_count_of(reference)])
        if count is None or not 0 <= count <= _MOST_COLUMNS:
            raise ElementMissing("the element is no table; compare the selector file with the screen")
        headers = [(header or "").strip() for header in accessible.ask([tree.header_of(reference, number) for number in range(count)])]
        for header in columns.values():
            if header not in headers:
                raise ElementMissing("the table lacks a column of the selector file; compare the headers")
            if headers.count(header) > 1:
                raise ElementAmbiguous("two columns of the table have the same header")
        self._columns = {name: headers.index(header) for name, header in columns.items()}

    def texts(self) -> list[dict[str, str]]:
        """Return the rows, as they are when nothing changes meanwhile.

        Raises:
            ScreenChanged: there are too many rows, or the table changes again and again.
        """
        for _ in range(10):
            rows = self._read()
            if rows is not None:
                return rows
        raise ScreenChanged("the table changes while it is read")

    def _read(self) -> list[dict[str, str]] | None:
        (count,) = self._tree.ask([tree.row_count_of(self._reference)])
        if count is None:
            raise ElementMissing("the table is gone; the view changed while it was read")
        if not 0 <= count * len(self._columns) <= _MOST_CELLS:
            raise ScreenChanged("the table has more rows than can be read; narrow the search")
        numbers = list(self._columns.values())
        cells = self._tree.ask([tree.cell_at(self._reference, row, column) for row in range(count) for column in numbers])
        if any(cell is None for cell in cells):
            return None
        references = [(cell[0], cell[1]) for cell in cells]
        *names, count_after = self._tree.ask([*(tree.name_of(reference) for reference in references), tree.row_count_of(self._reference)])
        if count_after != count or any(name is None for name in names):
            return None
        names = self._with_parts(references, names)
        width = len(self._columns)
        return [dict(zip(self._columns, names[row * width : (row + 1) * width], strict=True)) for row in range(count)]

    def _with_parts(self, references: Sequence[Reference], names: Sequence[str]) -> list[str]:
        """Return the names, and for a cell without one what its parts say: some cells hold a picture and a text."""
        silent = [reference for reference, name in zip(references, names, strict=True) if not name]
        counts = self._tree.ask([tree.child_count_of(reference) for reference in silent])
        composed = [reference for reference, count in zip(silent, counts, strict=True) if count]
        parts = self._tree.ask([tree.children_of(reference) for reference in composed])
        spoken = self._tree.ask([tree.name_of((part[0], part[1])) for one in parts for part in one or ()])
        words = iter(spoken)
        said = {reference: " ".join(word for _ in one or () if (word := next(words))) for reference, one in zip(composed, parts, strict=True)}
        return [name or said.get(reference, "") for reference, name in zip(references, names, strict=True)]

    def box_in_sight(self, row: int) -> Box | None:
        """Return where the row's first column shows; None when it must be brought into sight first."""
        (cell,) = self._tree.ask([tree.cell_at(self._reference, row, min(self._columns.values()))])
        if cell is None:
            return None
        box, states, table = self._tree.ask([tree.box_of((cell[0], cell[1])), tree.states_of((cell[0], cell[1])), tree.box_of(self._reference)])
        if not box or not table or not states or not tree.states_number(states) & tree.SHOWING:
            return None
        is_inside = table[0] <= box[0] and table[1] <= box[1] and box[1] + box[3] <= table[1] + table[3] and box[0] < table[0] + table[2]
        return (box[0], box[1], min(box[2], table[0] + table[2] - box[0]), box[3]) if is_inside else None

    def is_selected(self, row: int) -> bool:
        """Say whether the row is selected, in a table that still shows."""
        (cell,) = self._tree.ask([tree.cell_at(self._reference, row, min(self._columns.values()))])
        (states,) = self._tree.ask([tree.states_of((cell[0], cell[1]))]) if cell else (None,)
        wanted = tree.SELECTED | tree.SHOWING
        return states is not None and tree.states_number(states) & wanted == wanted

    def take_focus(self) -> None:
        """Have the program give the table its keyboard focus."""
        self._tree.ask([tree.focus(self._reference)])


def matching(rows: Sequence[Mapping[str, str]], row: Mapping[str, str]) -> list[int]:
    """Return the numbers of the rows that hold exactly these texts."""
    return [number for number, texts in enumerate(rows) if all(texts[name] == text for name, text in row.items())]
