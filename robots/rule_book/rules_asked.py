"""The chapter of the rules: what each asks, where the law speaks of it, and what it was seen to use and to give in the examples."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from robots.assessment import Finding
from robots.errors import ReasonCode
from robots.examples import Tried
from robots.rules import RULES, Law
from robots.rules.calculation import calculate
from robots.rules.gates import GATES
from robots.statutes import Statutes
from robots.texts import Texts

#: sections that the figures of the calculation rest on beside its own
_SUBJECTS_OF_FIGURES = ("norm", "norm_table", "norm_shares", "right", "jobbstimulans", "children_earnings")
#: what a rule looks at without its findings telling so: a list must not show why such a case is a person's
_NEVER_NAMED = {"nobody_is_protected": ("population.is_protected", "children.is_protected", "benefits.job_seeker")}
#: sentences of findings that say no more than that a fact could not be read, which every rule can say
_UNKNOWN = frozenset({"finding.source_not_read", "finding.value_not_understood"})
_GUIDELINES = "guidelines"
#: tables of parameters that a docstring names: `riksnorm`, `prisbasbelopp.amount`, `guidelines.incomes`
_NAMED = re.compile(r"\b(riksnorm|ages|jobbstimulans_time|jobbstimulans|prisbasbelopp|guidelines\.[a-z_]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A rule in the order asked."""

    #: `gates`, `checks`, `standard` or `calculation`
    group: str
    subjects: tuple[str, ...]
    ask: Callable[..., Any]

    @property
    def name(self) -> str:
        """The name by which findings tell the rule."""
        return self.ask.__name__


def rules_in_order() -> Iterator[Asked]:
    """Yield every rule in the order asked: the gates, the rules, and the calculation before the rules for standard cases."""
    for subject, gate in GATES:
        yield Asked(group="gates", subjects=(subject,), ask=gate)
    for rule in RULES:
        if not rule.is_for_standard_cases:
            yield Asked(group="checks", subjects=(rule.subject,), ask=rule.ask)
    yield Asked(group="calculation", subjects=_SUBJECTS_OF_FIGURES, ask=calculate)
    for rule in RULES:
        if rule.is_for_standard_cases:
            yield Asked(group="standard", subjects=(rule.subject,), ask=rule.ask)


def rules_chapter(tried: Sequence[Tried], law: Law, statutes: Statutes, texts: Texts) -> list[dict[str, Any]]:
    """Return every rule in the order asked."""
    return [_rule(number, asked, tried, law, statutes, texts) for number, asked in enumerate(rules_in_order(), start=1)]


def _rule(number: int, asked: Asked, tried: Sequence[Tried], law: Law, statutes: Statutes, texts: Texts) -> dict[str, Any]:
    name = asked.name
    findings = [finding for one in tried for finding in one.assessment.findings if finding.rule == name]
    return {
        "number": number,
        "name": name,
        "group": asked.group,
        "title": texts.say(f"rule.{name}.title"),
        "text": texts.say(f"rule.{name}.text"),
        "subject": asked.subjects[0],
        "sections": _once(section for subject in asked.subjects for section in sections_of(subject, law, statutes)),
        "asked_from": _asked_from(asked.subjects[0], law),
        "facts": [{"place": place, "words": texts.say(f"place.{place}")} for place in _facts(name, findings)],
        "codes": [_code(code, texts) for code in _codes(findings)],
        "parameters": [{"table": table, "words": _title(table, texts), "rows": rows} for table, rows in _parameters(asked, findings).items()],
        "examples": [{"name": one.example.name, "title": one.example.titles[texts.language]} for one in tried if name in one.example.shows],
    }


def sections_of(subject: str, law: Law, statutes: Statutes) -> list[dict[str, Any]]:
    """Return where the law has spoken of a subject, oldest first; periods that cite the same section are one."""
    found: list[dict[str, Any]] = []
    for value in law.parameters.section(f"sections.{subject}").values:
        until = None if value.valid_until is None else value.valid_until.isoformat()
        if found and found[-1]["citation"] == value.value:
            found[-1]["until"] = until
            continue
        section = statutes.section(value.value, value.valid_from)
        found.append(
            {
                "subject": subject,
                "citation": value.value,
                "from": value.valid_from.isoformat(),
                "until": until,
                "act": section.act_name,
                "sfs": section.sfs,
                "title": section.title,
                "says": section.says,
                "is_whole_act": section.place == f"({section.sfs})",
                "status": section.status.value,
            }
        )
    return found


def _once(sections: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the sections without those that an earlier subject has cited for the same days."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for section in sections:
        found.setdefault((section["citation"], section["from"], section["until"] or ""), section)
    return list(found.values())


def _asked_from(subject: str, law: Law) -> str | None:
    """Return the day from which the law has the subject, when that is later than that of the law in config."""
    first = law.parameters.section(f"sections.{subject}").values[0].valid_from
    begins = min(parameter.values[0].valid_from for name, parameter in law.parameters.sections.items() if name.startswith("sections."))
    return first.isoformat() if first > begins else None


def _facts(rule: str, findings: Iterable[Finding]) -> list[str]:
    places = [_whoever(place) for finding in findings for place in finding.basis.facts]
    return list(dict.fromkeys((*places, *_NEVER_NAMED.get(rule, ()))))


def _whoever(place: str) -> str:
    """Return the place without whose it is: `population.sökande.address` is `population.address`."""
    part, _, rest = place.partition(".")
    return f"{part}.{rest.rpartition('.')[2]}"


def _codes(findings: Iterable[Finding]) -> list[ReasonCode]:
    given = {code for finding in findings if finding.text not in _UNKNOWN for code in finding.codes}
    return [code for code in ReasonCode if code in given]


def _parameters(asked: Asked, findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Return the tables that the rule says it uses and those that it was seen to use, each with the rows that it was seen to use."""
    tables: dict[str, dict[str, None]] = {}
    said = (inspect.getdoc(asked.ask) or "").partition("Parameters:")[2].partition("Undetermined:")[0]
    for table in _NAMED.findall(said):
        tables.setdefault(table, {})
    for key in (key for finding in findings for key in finding.basis.parameters):
        name, _, rest = key.partition("@")
        stem, _, row = name.partition(".")
        table, row = (name, rest.partition("#")[2]) if stem == _GUIDELINES else (stem, row)
        rows = tables.setdefault(table, {})
        if row:
            rows.setdefault(row)
    return {table: sorted(rows) for table, rows in tables.items()}


def _title(table: str, texts: Texts) -> str:
    if table.startswith(f"{_GUIDELINES}."):
        name = texts.say(f"book.{table}")
        return texts.say("book.rules.guideline", name=name[:1].lower() + name[1:])
    return texts.texts.get(f"book.parameters.table.{table}", table)


def _code(code: ReasonCode, texts: Texts) -> dict[str, str]:
    return {"code": code.value, "label": texts.say(f"reason.{code}")}


def codes_chapter(tried: Sequence[Tried], texts: Texts) -> list[dict[str, Any]]:
    """Return every reason code with its label and the rules that gave it in the examples."""
    given = {(finding.rule, code) for one in tried for finding in one.assessment.findings for code in finding.codes}
    given_by = {code: [asked.name for asked in rules_in_order() if (asked.name, code) in given] for code in ReasonCode}
    by_authority = {code for one in tried for code in one.authority.codes if not given_by[code]} | {ReasonCode.LAW, ReasonCode.DELEG}
    return [
        {
            **_code(code, texts),
            "rules": [{"name": rule, "title": texts.say(f"rule.{rule}.title")} for rule in given_by[code]],
            "otherwise": "" if given_by[code] else texts.say(f"book.codes.{'by_authority' if code in by_authority else 'by_robot'}"),
        }
        for code in ReasonCode
    ]
