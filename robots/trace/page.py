"""The way from law to screen as one page that people read in a browser or on paper."""

from __future__ import annotations

from datetime import UTC, datetime

from robots.pages import render
from robots.texts import Texts
from robots.trace.lines import by_section, corrected_in_words, place_first, rests_on, title, value_standing
from robots.trace.records import CitedValue, ReadFact, Reason, Trace


def page(trace: Trace, texts: Texts) -> str:
    """Return the page as HTML; everything that a case holds is escaped."""

    def standing(value: CitedValue) -> str:
        return value_standing(value, texts)

    def rests(reason: Reason) -> str:
        return rests_on(reason, texts)

    def corrected(fact: ReadFact) -> str:
        return corrected_in_words(fact, texts)

    values = {"trace": trace, "groups": by_section(trace), "texts": texts.texts, "made_at": datetime.now(UTC), "title": title(trace, texts)}
    return render("trace.html", texts, **values, standing=standing, rests_on=rests, place_first=place_first, corrected=corrected)
