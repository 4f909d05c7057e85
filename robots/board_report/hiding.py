"""Which counts are withheld beside those that are hidden, so that no small group can be worked out from what is told of the whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def rows_to_withhold(rows: Sequence[Sequence[int]], wholes: Sequence[int], least: int, already: Collection[int] = ()) -> frozenset[int]:
    """Return the places of the rows of which nothing is to be told.

    Every case of a whole counts in one row at least. So when the rows that are told hold fewer cases than the whole, the hidden ones hold the rest:
    that rest must say no more of them than that they are not empty. A row that is withheld may be as large as any, and then nothing follows.

    Args:
        rows: counts, one of each row for each whole.
        wholes: how many cases there are, as is told elsewhere.
        least: smaller counts are hidden.
        already: places of rows that are withheld anyhow.
    """
    withheld = set(already)
    for column, whole in enumerate(wholes):
        counts = {place: row[column] for place, row in enumerate(rows) if row[column]}
        small = [place for place, count in counts.items() if count < least]
        told = [place for place, count in counts.items() if count >= least]
        if withheld & set(told) or (withheld and withheld >= set(small)):
            continue
        if small and whole - sum(counts[place] for place in told) > len(small):
            # The last is the least important one.
            withheld |= {told[-1]} if told else set(small)
    return frozenset(withheld)
