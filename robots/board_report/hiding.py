"""Which counts are withheld beside those that are hidden, so that no small group can be worked out from what is told of the whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence

#: so many rows at least are told of as one: of two, whoever knows this rule can tell more than of three
_TOGETHER = 3


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


def rows_told_as_one(rows: Sequence[Sequence[int]], least: int, already: Collection[int] = ()) -> frozenset[int]:
    """Return the places of the rows of which nothing is told but what all of them are together, which follows from the sums of the columns.

    These are the rows with a small count, and beside them the nearest ones, until they are three or all, and together no column of theirs is small.
    Then each count of theirs could be several numbers, also where the sum of each row is told, and for whoever knows this rule.

    Args:
        rows: counts, of which the columns' sums are told, and what each row is a part of.
        least: smaller counts are hidden.
        already: places of rows that are withheld anyhow.
    """
    some = [place for place, row in enumerate(rows) if any(row)]
    together = {place for place in some if place in already or any(0 < count < least for count in rows[place])}
    # Of a single row that is not empty the sums tell all.
    if not together or len(some) == 1:
        return frozenset()

    def is_told_safely() -> bool:
        return len(together) >= _TOGETHER and not any(0 < sum(column) < least for column in zip(*(rows[place] for place in together), strict=True))

    while not is_told_safely() and len(together) < len(some):
        others = [place for place in some if place not in together]
        together.add(min(others, key=lambda place: (min(abs(place - one) for one in together), place)))
    return frozenset(together)
