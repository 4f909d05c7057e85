"""Each answer of a person on the practice systems: real servers, real Chromium, real desktop programs, the commands as operators use them."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from robots.assessment import Ending
from robots.case import SWEDEN
from robots.casebook import Casebook
from robots.casebook.answers import AnswerKind, Answers
from robots.casebook.orders import OrderKind, Orders
from robots.corrections import FIELDS
from robots.errors import ReasonCode
from robots.practice.households import KINDS, generate
from tests.test_run import KOLLEGA, RUN_SECONDS, Installation, installed
from tests.workbook.people import CORRECTIONS, DONE, PROPOSALS, TEXTS, WAITING, cell, column, edit, fill, rows_of

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.durable]

#: whom each answer is tried on
CORRECTED, ASKED, HANDLED, CANCELLED = "stay_abroad", "plan_not_followed", "new_asset", "new_account"
NAME = "Ann Berg"


def test_each_answer_is_carried_out_once_on_the_screens(tmp_path: Path) -> None:
    """One robot, three runs: answers after the first, what the applicant was asked for before the third."""
    drawn = generate(1, len(KINDS) + 1)
    households = [next(one for one in drawn if one.kind == kind) for kind in (CORRECTED, ASKED, HANDLED, CANCELLED)]
    households.append(next(one for one in drawn if one.expected.ending == "proposed"))
    names = [one.application.reference for one in households]
    corrected, asked, handled, cancelled, proposed = names
    with installed(tmp_path, households) as (installation, municipality):
        path = installation.root / "logs" / "undantag.xlsx"
        code, printed = installation.run()
        assert code == 0, printed
        assert set(rows_of(path)) == {corrected, asked, handled, cancelled}

        for reference, answer in ((corrected, "back"), (asked, "needs_more"), (handled, "handled"), (cancelled, "cancel")):
            _answer(path, reference, answer)
        _answer(path, proposed, "as_proposed", sheet=PROPOSALS)
        _correct(path, corrected, "days_away", 0)
        synced = json.loads(_command(installation, "workbook", "sync", "--json"))
        assert len(synced["taken"]) == 5
        assert set(rows_of(path, WAITING)) == {corrected, asked}
        before = len(municipality.effects())

        code, printed = installation.run()

        assert code == 0, printed
        outcomes = installation.outcomes()
        assert outcomes[corrected].ending is Ending.DECIDED
        assert (outcomes[asked].ending, outcomes[asked].codes) == (Ending.HANDED_OFF, (ReasonCode.PLAN,))
        new = Counter((effect.reference, effect.kind) for effect in municipality.effects()[before:] if effect.kind == "message")
        assert new == {(corrected, "message"): 1, (asked, "message"): 1}
        last_day = outcomes[asked].waits_until
        assert last_day is not None
        waits = TEXTS.say("workbook.waits_for_applicant", day=last_day.isoformat())
        # The practice applications are of early in the year, and the list says that too.
        assert cell(path, asked, "waits_for", WAITING).value.endswith(waits)
        assert set(rows_of(path, DONE)) == {corrected, handled, cancelled, proposed}
        assert cell(path, handled, "answered_by", DONE).value == NAME

        _let_the_time_pass(installation, asked)
        _command(installation, "workbook", "sync")
        _answer(path, asked, "back")
        _correct(path, asked, "follows_plan", "ja")
        code, printed = installation.run()

        assert code == 0, printed
        # The decision's message beside the request, which the robot knows to be its own.
        assert installation.outcomes()[asked].ending is Ending.DECIDED
        said = _command(installation, "explain", asked)
        assert TEXTS.say("trace.label.corrected", by=NAME, day=_corrected_on(installation, asked).isoformat()) in " ".join(said.split())
        # This run and this exchange had the answers of before once more, and nothing was done about them again.
        assert json.loads(_command(installation, "workbook", "sync", "--json"))["taken"] == []
        written = Counter(effect.kind for effect in municipality.effects())
        assert (written["decision"], written["payment"], written["message"]) == (2, 2, 3)
        assert Counter(effect.reference for effect in municipality.effects() if effect.kind == "message") == {corrected: 1, asked: 2}
        with Casebook(installation.root / "logs" / "state" / "casebook.sqlite") as casebook:
            kinds = Counter(answer.kind for answer in Answers(casebook).all())
        assert kinds == {kind: 2 if kind is AnswerKind.BACK else 1 for kind in AnswerKind if kind is not AnswerKind.OTHERWISE}
        assert NAME not in installation.log


def _answer(path: Path, reference: str, answer: str, *, sheet: str = TEXTS.say("workbook.sheet_to_do")) -> None:
    edit(path, lambda book: fill(book, reference, sheet, answer=TEXTS.say(f"workbook.answer_{answer}"), assigned_to=NAME))


def _correct(path: Path, reference: str, name: str, value: object) -> None:
    def change(book: Any) -> None:
        sheet = book[CORRECTIONS]
        places = [column(sheet, key) for key in ("corrects", "field", "value")]
        number = next(row for row in range(2, 50) if not sheet.cell(row=row, column=places[0]).value)
        for place, text in zip(places, (reference, FIELDS[name].label(TEXTS), value), strict=True):
            sheet.cell(row=number, column=place).value = text

    edit(path, change)


def _let_the_time_pass(installation: Installation, reference: str) -> None:
    """End the case again as it has ended, with the applicant's last day behind it."""
    with Casebook(installation.root / "logs" / "state" / "casebook.sqlite") as casebook:
        outcome = next(one for one in casebook.outcomes() if one.reference == reference)
        assert outcome.waits_until is not None
        assert Orders(casebook).give(outcome.case_id, OrderKind.BEGIN_ANEW, by="x", why="", event=("retried", ""), reopens=True)
        order = Orders(casebook).of_case(outcome.case_id)
        assert order is not None
        assert Orders(casebook).fulfil(order)
        assert casebook.close_case(replace(outcome, waits_until=outcome.ended_at.date() - timedelta(days=1)))


def _corrected_on(installation: Installation, reference: str) -> date:
    """Return the Swedish day of the case's one correction: at night it is not that of a machine's clock, and another one soon."""
    with Casebook(installation.root / "logs" / "state" / "casebook.sqlite") as casebook:
        (entry,) = casebook.find(reference)
        (correction,) = Answers(casebook).corrections(entry.case_id)
    return correction.corrected_at.astimezone(SWEDEN).date()


def _command(installation: Installation, *arguments: str) -> str:
    done = subprocess.run([str(KOLLEGA), *arguments], cwd=installation.root, capture_output=True, text=True, check=False, timeout=RUN_SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout
