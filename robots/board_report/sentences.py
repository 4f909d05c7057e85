"""The figures in sentences: the answers that are seen first, and what stands beside the tables."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from robots.assessment import Ending
from robots.board_report.figures import ALL, STANDINGS
from robots.board_report.tables import Report, faulty_cases, hidden, percent, share, share_of
from robots.case import SWEDEN
from robots.tabulation import Kind, written
from robots.texts import Texts

_HUNDRED, _THOUSAND = 100, 1000
_NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One of the answers that are seen first."""

    label: str
    value: str
    note: str
    #: `good`, `bad` or `few`, key of the words; empty for what has no target
    mark: str = ""


def _hours(hours: float, texts: Texts) -> str:
    whole = Decimal(round(hours))
    return texts.say("report.one_hour") if whole == 1 else texts.say("report.hours", hours=texts.number(whole))


def opening(report: Report, texts: Texts) -> tuple[str, ...]:
    """Return whose report of which time it is."""
    months = report.figures.months
    lines = [texts.say("report.by")]
    if months is not None:
        first, last = texts.month(months[0]), texts.month(months[1])
        lines.append(texts.say("report.month", first=first) if first == last else texts.say("report.months", first=first, last=last))
    return *lines, texts.say("report.made", made=texts.day(report.made_at.astimezone(SWEDEN).date()))


def tiles(report: Report, texts: Texts) -> tuple[Tile, ...]:
    """Return the answers that are seen first."""
    figures, settings = report.figures, report.settings
    counts = {standing: int(figures.by_month[standing].sum()) for standing in STANDINGS}

    def tile(name: str, value: str, mark: str = "", **values: str) -> Tile:
        return Tile(label=texts.say(f"report.key.{name}"), value=value, note=texts.say(f"report.key.{name}_note", **values), mark=mark)

    within, late = (int(figures.lead_times[column][ALL]) for column in ("within", "late"))
    low, high = figures.hours_if
    received = texts.number(figures.received)
    decided = share_of(counts[Ending.DECIDED], figures.received)
    days = days_in_words(figures.promise_working_days, texts)
    return (
        tile("received", received, open=texts.number(counts["open"])),
        tile("decided", _or_dash(decided, texts), cases=texts.number(counts[Ending.DECIDED]), received=received),
        tile(
            "within",
            _or_dash(share_of(within, within + late), texts),
            "few"
            if 0 < within + late < settings.few
            else _mark(within / (within + late) if within + late else None, settings.target_within_promise_percent),
            days=days,
            target=texts.number(settings.target_within_promise_percent),
        ),
        _agreement_tile(report, texts),
        tile(
            "spared",
            _hours(figures.hours_spared, texts),
            low=_hours(low, texts),
            high=_hours(high, texts),
        ),
        tile("faults", written(faulty_cases(report, texts), Kind.NUMBER, texts)),
    )


def _agreement_tile(report: Report, texts: Texts) -> Tile:
    rate, settings = report.figures.agreement.go_live, report.settings
    label = texts.say("report.key.agreement")
    if not rate.decisions:
        return Tile(label=label, value=_NONE, note=texts.say("report.key.none_decided"))
    target = texts.number(settings.target_agreement_percent)
    note = texts.say("report.key.agreement_note", target=target)
    if rate.decisions < settings.few:
        return Tile(label=label, value=_NONE, note=texts.say("report.too_few"), mark="few")
    low = rate.bounds[0]
    return Tile(label=label, value=percent(share(low, ROUND_FLOOR), texts), note=note, mark=_mark(low, settings.target_agreement_percent))


def _mark(part: float | None, target_percent: Decimal) -> str:
    return "" if part is None else "good" if Decimal(str(part)) * _HUNDRED >= target_percent else "bad"


def _or_dash(part: Decimal | None, texts: Texts) -> str:
    return _NONE if part is None else percent(part, texts)


def days_in_words(days: int, texts: Texts) -> str:
    """Return `1 arbetsdag` or `5 arbetsdagar`."""
    return texts.say("report.one_day") if days == 1 else texts.say("report.days", days=texts.number(days))


def spared_sentences(report: Report, texts: Texts) -> tuple[str, ...]:
    """Return what was spared, on which assumptions, and how sensitive that is."""
    figures, source = report.figures, report.settings.minutes_source
    hours = figures.hours_spared
    low, high = figures.hours_if
    return (
        texts.say("report.spared.cost" if hours < 0 else "report.spared.answer", hours=_hours(abs(hours), texts)),
        texts.say("report.spared.measured", source=source) if source else texts.say("report.spared.assumed"),
        texts.say("report.spared.if", low=_hours(low, texts), high=_hours(high, texts)),
    )


def agreement_sentences(report: Report, texts: Texts) -> tuple[str, ...]:
    """Return how many were as proposed, and what is not counted."""
    figures = report.figures
    every = figures.agreement.all
    lines = [texts.say("report.agreement.none")]
    if 0 < every.decisions < report.settings.hide_below:
        lines = [texts.say("report.agreement.fewer", least=texts.number(report.settings.hide_below))]
    elif 0 < every.decisions < report.settings.few:
        lines = [texts.say("report.agreement.few", decisions=texts.number(every.decisions))]
    elif every.decisions:
        numbers = {"agreed": texts.number(every.agreed), "decisions": texts.number(every.decisions)}
        lines = [texts.say("report.agreement.answer", **numbers, share=percent(share(every.share), texts)), texts.say("report.agreement.seen")]
    if figures.unanswered:
        lines.append(texts.say("report.agreement.unanswered", cases=texts.number(figures.unanswered)))
    if figures.shadow_cases:
        lines.append(texts.say("report.agreement.shadow", cases=texts.number(figures.shadow_cases)))
        if not report.has_list:
            lines.append(texts.say("report.agreement.shadow_unknown"))
    if report.has_list:
        listed = {"listed": figures.listed, "known": figures.listed_known, "own": figures.listed_own}
        lines.append(texts.say("report.agreement.listed", **{name: texts.number(count) for name, count in listed.items()}))
    return tuple(lines)


def go_live_sentences(report: Report, texts: Texts) -> tuple[str, ...]:
    """Return the figure for going live, and what it means."""
    found, settings = report.figures.agreement, report.settings
    types = ", ".join(texts.say(f"decision.{name}") for name in found.go_live_types)
    lead = texts.say("report.agreement.go_live_lead" if report.is_delegated else "report.agreement.go_live_lead_none", types=types)
    rate = found.go_live
    if not rate.decisions:
        return lead, texts.say("report.agreement.go_live_none")
    decisions = texts.number(rate.decisions)
    if rate.decisions < settings.hide_below:
        return lead, texts.say("report.agreement.go_live_fewer", least=texts.number(settings.hide_below), few=texts.number(settings.few))
    if rate.decisions < settings.few:
        return lead, texts.say("report.agreement.go_live_few", decisions=decisions, few=texts.number(settings.few))
    low = share(rate.bounds[0], ROUND_FLOOR)
    differ = texts.number((1 - low) * _THOUSAND)
    return lead, texts.say(
        "report.agreement.go_live_answer", decisions=decisions, agreed=texts.number(rate.agreed), low=percent(low, texts), differ=differ
    )


def samples_sentence(report: Report, texts: Texts) -> str:
    """Return what became of the samples."""
    samples = report.figures.samples
    if not samples.drawn:
        return texts.say("report.samples.none")
    counts = {"drawn": samples.drawn, "agreed": samples.as_proposed, "otherwise": samples.otherwise, "open": samples.open}
    return texts.say("report.samples.answer", **{name: texts.number(count) for name, count in counts.items()})


def limits(report: Report, texts: Texts) -> tuple[str, ...]:
    """Return what the figures do not say, and what is hidden in them."""
    least = report.settings.hide_below
    if least > 1:
        number = texts.number(least)
        persons = texts.say("report.about.persons", least=number, hidden=texts.say("report.hidden", least=number))
    else:
        persons = texts.say("report.about.persons_all")
    return (*(texts.say(f"report.about.{name}") for name in ("agreement", "answers", "workload")), persons)


def cases_in_words(count: int, report: Report, texts: Texts) -> str:
    """Return a count as a sentence tells it, hidden where it could point at a person."""
    return written(hidden(count, report, texts), Kind.NUMBER, texts)


def summary(report: Report, texts: Texts) -> tuple[str, ...]:
    """Return the answers that are seen first, a line each, for a terminal."""
    if not report.figures.received:
        return (texts.say("report.no_cases"),) if not report.figures.shadow_cases else agreement_sentences(report, texts)
    lines = []
    for tile in tiles(report, texts):
        mark = f"{texts.say(f'report.mark.{tile.mark}')}. " if tile.mark else ""
        lines.append(f"{tile.label}: {tile.value}. {mark}{tile.note}")
    return tuple(lines)
