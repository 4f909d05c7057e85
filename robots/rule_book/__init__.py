"""The rule book: everything that decides an outcome, as one page to read and as data, made to be handed out to whoever asks.

It holds no personal data, no account and no address of a system, and nothing of it is written by hand beside the program: it is made from the rules,
the values, the texts and the examples that the program uses. The data (schema 1) is a JSON object with these keys:

- `schema`, `language`, `municipality`, `board`, `made_at` (Swedish time), `made_on`, `program`, `rule_set` and `rules` (checksums, SHA-256)
- `about`: `lead`, `rules`, `does`, `does_not`; `way`: the steps of a case
- `rules_asked`: in the order asked, each with `number`, `name`, `group`, `title`, `text`, `subject`, `sections` by date, `asked_from`, `facts`,
  `codes`, `parameters`, `examples`
- `parameters`: `statuses` (each with its number of values) and `tables`, each with `rows` of dated values and `periods` with their sources
- `guidelines`: by subject, each a list of periods; `authority`: `leave`, `matrix`, `lines`, `bans`; `messages`; `codes`
- `examples`: each with `household` in words, `described` as data, `expected`, `found`, `is_as_expected`, `arithmetic`, `calculation`, `because`
- `wrong`: names of the examples that did not end as expected
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from robots import examples, pages
from robots.authority import Delegation
from robots.case import SWEDEN
from robots.rule_book.decisions import authority_chapter, messages_chapter
from robots.rule_book.rules_asked import codes_chapter, rules_chapter
from robots.rule_book.shown import example_record
from robots.rule_book.values import guidelines_chapter, parameters_chapter
from robots.rule_set import rule_set_of
from robots.rules import Law
from robots.statutes import Statutes
from robots.texts import Texts

SCHEMA = 1
HTML_NAME, JSON_NAME = "rule_book.html", "rule_book.json"

_STEPS = ("collect", "assess", "calculate", "decide", "notify", "hand_off")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """A rule book that was made."""

    #: the whole book, of plain JSON types; see the module
    record: dict[str, Any]
    #: names of the examples that did not end as worked out by hand
    wrong: tuple[str, ...]


def make(config: Path, law: Law, delegation: Delegation, texts: Texts, *, made_at: datetime) -> RuleBook:
    """Return the rule book in the language of the texts; every example is run for it.

    Args:
        config: folder that holds examples.yaml and statutes.yaml.
        law: parameters and guidelines.
        delegation: the register.
        texts: the catalogue, with the names of municipality and board.
        made_at: the time that the book bears, aware; its day says which delegation holds.

    Raises:
        SettingsInvalid: examples.yaml or statutes.yaml is wrong.
    """
    statutes = Statutes.load(config / "statutes.yaml")
    tried = tuple(examples.try_out(example, law, delegation) for example in examples.load(config / "examples.yaml"))
    wrong = tuple(one.example.name for one in tried if not one.is_as_expected)
    made_on = made_at.astimezone(SWEDEN).date()
    rule_set = rule_set_of(law, delegation)
    record = {
        "schema": SCHEMA,
        "language": texts.language,
        "municipality": texts.municipality,
        "board": texts.board,
        "made_at": pages.moment(made_at),
        "made_on": made_on.isoformat(),
        "program": rule_set.program,
        "rule_set": rule_set.hash,
        "rules": rule_set.rules_hash,
        "about": _about(texts),
        "way": [texts.say(f"book.way.{step}") for step in _STEPS],
        "rules_asked": rules_chapter(tried, law, statutes, texts),
        "parameters": parameters_chapter(law, texts),
        "guidelines": guidelines_chapter(law, texts),
        "authority": authority_chapter(delegation, statutes, texts, on=made_on),
        "messages": messages_chapter(tried, texts),
        "codes": codes_chapter(tried, texts),
        "examples": [example_record(one, texts) for one in tried],
        "wrong": list(wrong),
    }
    return RuleBook(record=record, wrong=wrong)


def write(book: RuleBook, folder: Path, texts: Texts) -> tuple[Path, Path]:
    """Write the book as a page and as data into the folder, each replaced whole, and return their paths.

    Raises:
        OSError: the folder can't be written to.
    """
    page, data = folder / HTML_NAME, folder / JSON_NAME
    pages.write(page, pages.render(HTML_NAME, texts, book=book.record, json_name=JSON_NAME))
    pages.write(data, json.dumps(book.record, ensure_ascii=False, indent=2) + "\n")
    return page, data


def _about(texts: Texts) -> dict[str, Any]:
    return {
        "lead": texts.say("book.about.lead"),
        "rules": texts.say("book.about.rules"),
        "does": _numbered("book.about.does_", texts),
        "does_not": _numbered("book.about.does_not_", texts),
    }


def _numbered(prefix: str, texts: Texts) -> list[str]:
    """Return the texts whose keys are the prefix and 1, 2, 3 and so on."""
    return [texts.say(f"{prefix}{number}") for number in range(1, 1 + sum(key.removeprefix(prefix).isdigit() for key in texts.texts))]
