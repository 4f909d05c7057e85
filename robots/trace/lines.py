"""The way from law to screen as lines for a terminal of a hundred columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from robots.assessment import Answer
from robots.case import SWEDEN
from robots.pages import moment
from robots.texts import Texts
from robots.trace.grounds import held_in_words
from robots.trace.records import Check, CitedSection, CitedValue, FigureRow, Ground, ReadFact, Reason, Trace

WIDTH = 100
_LABEL_WIDTH = 10
_AMOUNT_WIDTH = 14
_MOST_RULES = 15


def lines(trace: Trace, texts: Texts) -> Iterator[str]:
    """Yield the lines; none is longer than a hundred characters."""
    yield title(trace, texts)
    yield "=" * WIDTH
    for sentence in trace.answer:
        yield from _wrapped(sentence)
    if trace.is_withheld:
        return
    for heading, items in (("because", trace.because), ("done", trace.done), ("left", trace.left)):
        if items:
            yield from _heading(f"trace.heading.{heading}", texts)
            for item in items:
                yield from _wrapped(item, "- ")
    yield from _calculation(trace, texts)
    yield from _checks(trace, texts)
    yield from _decided(trace, texts)
    yield from _told(trace, texts)
    yield from _written(trace, texts)
    yield from _heading("trace.heading.happened", texts)
    for happening in trace.happened:
        yield from _wrapped(happening.what, f"{moment(happening.at)}  ")
    yield from _proof(trace, texts)


def title(trace: Trace, texts: Texts) -> str:
    """Return what the explanation is called; of a protected case it tells nothing."""
    key = "title_neutral" if trace.is_withheld else "title" if trace.is_decided else "title_undecided"
    return texts.say(f"trace.{key}", reference=trace.reference)


def _heading(key: str, texts: Texts) -> Iterator[str]:
    yield ""
    yield texts.say(key).upper()


def _wrapped(text: str, first: str = "", *, indent: int = 0) -> Iterator[str]:
    """Yield a text on lines, below one another after what the first begins with."""
    pad = " " * indent
    for number, part in enumerate(text.splitlines() or [""]):
        before = f"{pad}{first}" if number == 0 else pad + " " * len(first)
        yield from textwrap.wrap(part, WIDTH, initial_indent=before, subsequent_indent=pad + " " * len(first)) or [before.rstrip()]


def _labelled(key: str, text: str, texts: Texts, *, indent: int = 4) -> Iterator[str]:
    yield from _wrapped(text, f"{texts.say(f'trace.label.{key}'):<{_LABEL_WIDTH}}", indent=indent)


def _calculation(trace: Trace, texts: Texts) -> Iterator[str]:
    yield from _heading("trace.heading.calculation", texts)
    if not trace.figures:
        yield from _wrapped(texts.say("trace.lead.no_calculation"))
    else:
        yield from _wrapped(trace.figures[0].ground.rule.text)
    for figure in trace.figures:
        amount = f"{'-' if figure.is_income and figure.amount else ''}{figure.in_words}"
        yield ""
        yield from _wrapped(f"{figure.label:<{WIDTH - _AMOUNT_WIDTH}}{amount:>{_AMOUNT_WIDTH}}")
        if figure.note:
            yield from _wrapped(f"({figure.note})", indent=2)
        yield from _figure(figure, texts)


def _figure(figure: FigureRow, texts: Texts) -> Iterator[str]:
    yield from _labelled("law", section_in_words(figure.ground.section), texts)
    if figure.is_sum:
        yield from _labelled("rule", f"{figure.ground.rule.title}. {texts.say('trace.label.sum')}", texts)
    else:
        yield from _ground(figure.ground, texts)
    for one in figure.written:
        yield from _labelled("typed", f"{one.typed} -> {one.read_back} ({one.system_name}, {one.view}.{one.element}, {moment(one.at)})", texts)
    for shown in figure.shown:
        yield from _labelled("shown", f"{shown.text} ({shown.system_name}, {shown.view}.{shown.element}, {moment(shown.at)})", texts)


def _ground(ground: Ground, texts: Texts) -> Iterator[str]:
    for value in ground.values:
        yield from _labelled("value", f"{value.name}: {value.in_words} ({value_standing(value, texts)})", texts)
    yield from _labelled("rule", f"{ground.rule.title} ({ground.rule.name})", texts)
    yield from _facts(ground.facts, texts)


def _facts(facts: tuple[ReadFact, ...], texts: Texts) -> Iterator[str]:
    for fact in facts:
        value = "; ".join(fact.value) if not fact.unknown_because else texts.say("trace.label.unknown", why=fact.unknown_because)
        read = f"{fact.system_name}, {fact.view}.{fact.element}, {texts.say('trace.label.read')} {moment(fact.read_at)}"
        where = corrected_in_words(fact, texts) or read
        yield from _labelled("fact", f"{fact.name}: {value} ({where})", texts)


def corrected_in_words(fact: ReadFact, texts: Texts) -> str:
    """Return by whom and when a fact was corrected, and what stood there before; empty for one that was read."""
    day = fact.read_at.astimezone(SWEDEN).date().isoformat()
    said = texts.say("trace.label.corrected", by=fact.corrected_by, day=day) if fact.corrected_by else ""
    return f"{said}; {texts.say('trace.label.stood', before=fact.corrected_from)}" if fact.corrected_from else said


def section_in_words(section: CitedSection) -> str:
    """Return `12 kap. 7 § SoL: Hur försörjningsstödet räknas ut. Socialtjänstlag (2025:400), officiell uppgift`."""
    act = f"{section.act} ({section.sfs})" if section.sfs else section.act
    return f"{place_first(section)}: {section.title}. {act}, {section.status_in_words}"


def place_first(section: CitedSection) -> str:
    """Return the citation as people write it, `12 kap. 7 § SoL`."""
    first, _, rest = section.citation.partition(" ")
    # A decision cites its section so already; a rule names the act first.
    return f"{rest} {first}" if rest and first.isalpha() else section.citation


def value_standing(value: CitedValue, texts: Texts) -> str:
    """Return from when to when a value holds, how sure it is, and its source."""
    held = held_in_words(value.valid_from, value.valid_until, texts)
    return f"{held}; {value.status_in_words}: {value.source}"


def _checks(trace: Trace, texts: Texts) -> Iterator[str]:
    yield from _heading("trace.heading.checks", texts)
    for section, checks in by_section(trace):
        yield ""
        yield from _wrapped(section_in_words(section))
        for check in checks:
            yield from _wrapped(f"{check.ground.rule.title}: {check.answer_in_words}", "- ", indent=2)
            yield from _labelled("rule", f"{check.ground.rule.text} ({check.ground.rule.name})", texts)
            if check.said:
                yield from _wrapped(f"{check.said} [{', '.join(check.codes)}]", indent=4)
            for value in check.ground.values:
                yield from _labelled("value", f"{value.name}: {value.in_words} ({value_standing(value, texts)})", texts)
            yield from _facts(check.ground.facts, texts)


def by_section(trace: Trace) -> list[tuple[CitedSection, list[Check]]]:
    """Return the checks by the section that they belong to: what is not met first, otherwise in the order in which the rules stand."""
    groups: dict[str, tuple[CitedSection, list[Check]]] = {}
    for check in sorted(trace.checks, key=lambda one: one.answer == Answer.MET):
        groups.setdefault(check.ground.section.citation, (check.ground.section, []))[1].append(check)
    return list(groups.values())


def _decided(trace: Trace, texts: Texts) -> Iterator[str]:
    decided = trace.decided
    if decided is None:
        return
    yield from _heading("trace.heading.decision", texts)
    rows = {
        "who": decided.who,
        "decision": decided.decision,
        "law": "" if decided.section is None else section_in_words(decided.section),
        "ground": decided.ground,
        "delegation": decided.delegation,
        "decided_on": "" if decided.decided_on is None else decided.decided_on.isoformat(),
        "took_part": ", ".join(decided.took_part) or texts.say("trace.label.nobody"),
        "run_mode": decided.run_mode,
    }
    for key, text in rows.items():
        if text:
            yield from _wrapped(text, f"{texts.say(f'trace.label.{key}'):<22}")


def _told(trace: Trace, texts: Texts) -> Iterator[str]:
    told = trace.told
    if told is None or not (told.reasons or told.watch):
        return
    yield from _heading("trace.heading.told", texts)
    yield texts.say("trace.label.reasons")
    for reason in told.reasons:
        yield from _wrapped(reason.text, "- ")
        yield from _wrapped(rests_on(reason, texts), indent=4)
    for key, text in (("message", told.message_body), ("note", told.note), ("watch", told.watch)):
        if text:
            yield ""
            yield texts.say(f"trace.label.{key}")
            if key == "message":
                yield from _wrapped(texts.say("trace.label.subject", subject=told.message_subject), indent=2)
            for line in text.splitlines():
                # A line that fits stands as it was written: the amounts of the calculation are below one another.
                fits = len(line) <= WIDTH - len("  ")
                yield from [f"  {line}".rstrip()] if fits else _wrapped(line, indent=2)


def rests_on(reason: Reason, texts: Texts) -> str:
    """Return the rules behind a sentence; those behind the sentence on the law are as good as all."""
    if len(reason.rules) > _MOST_RULES:
        return texts.say("trace.label.rests_on_all")
    return texts.say("trace.label.rests_on", rules="; ".join(reason.rules))


def _written(trace: Trace, texts: Texts) -> Iterator[str]:
    yield from _heading("trace.heading.written", texts)
    if not trace.written:
        yield from _wrapped(texts.say("trace.lead.nothing_written"))
    effect = ""
    for one in trace.written:
        if one.effect != effect:
            effect = one.effect
            yield from _wrapped(texts.texts.get(f"trace.effect.{effect}", effect))
        # What was told stands above, word for word.
        typed = "" if one.origin.startswith("told.") else f"{one.typed} -> {one.read_back}, "
        yield from _wrapped(f"{one.view}.{one.element}: {typed}{moment(one.at)} = {one.origin_in_words}", "- ", indent=2)


def _proof(trace: Trace, texts: Texts) -> Iterator[str]:
    proof = trace.proof
    if proof is None:
        return
    yield from _heading("trace.heading.proof", texts)
    yield from _wrapped(proof.in_words)
    for key in ("program", "rule_set", "rules", "case_file", "assessment"):
        if text := getattr(proof, key):
            yield f"{texts.say(f'trace.label.{key}')}:"
            yield f"  {text}"
