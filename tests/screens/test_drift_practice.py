"""The screens of the practice systems checked by the command, as an operator or a scheduler runs it: real servers, browser and programs."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from robots.practice.households import generate
from robots.practice.municipality import Municipality
from robots.practice.world import Household
from tests.test_run import KOLLEGA, Installation, installed

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.durable]

#: a check or a run that needs longer than this hangs, also on a machine with much else to do
RUN_SECONDS = 300
#: tables of the practice systems that tell of requests, not of what is written in a case
NOT_WRITTEN = {"served", "sqlite_sequence"}


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What one run of the command came to."""

    exit_code: int
    record: Mapping[str, Any]
    seconds: float

    def system(self, name: str) -> Mapping[str, Any]:
        return next(one for one in self.record["systems"] if one["system"] == name)

    @property
    def verdicts(self) -> dict[str, str]:
        return {one["system"]: one["verdict"] for one in self.record["systems"]}

    def view(self, system: str, name: str) -> Mapping[str, Any]:
        return next(one for one in self.system(system)["views"] if one["view"] == name)

    def states(self, system: str, view: str) -> dict[str, str]:
        return {one["element"]: one["state"] for one in self.view(system, view)["elements"]}

    def walked(self, system: str) -> set[str]:
        return {one["view"] for one in self.system(system)["views"] if not one["because"]}


def samples(household: Household) -> dict[str, str]:
    assert household.case is not None
    return {"KOLLEGA_SAMPLE_PERSONNUMMER": household.application.applicant, "KOLLEGA_SAMPLE_CASE_NUMBER": household.case.case_number}


def check(installation: Installation, *systems: str, **environment: str) -> Checked:
    begun = time.monotonic()
    done = subprocess.run(
        [str(KOLLEGA), "screens", "check", *systems, "--json"],
        cwd=installation.root,
        env={**os.environ, **installation.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )
    assert done.stdout.startswith("{"), done.stderr
    return Checked(exit_code=done.returncode, record=json.loads(done.stdout), seconds=time.monotonic() - begun)


def change(installation: Installation, system: str, right: str, wrong: str) -> None:
    path = installation.root / "selectors" / f"{system}.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong), encoding="utf-8")


def held_by(municipality: Municipality) -> dict[str, dict[str, list[tuple[object, ...]]]]:
    """Return every row of every table of the practice systems that tells of a case."""
    found: dict[str, dict[str, list[tuple[object, ...]]]] = {}
    for path in sorted(municipality.folder.glob("*.sqlite")):
        with closing(sqlite3.connect(path)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if name not in NOT_WRITTEN]
            found[path.stem] = {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}  # noqa: S608 - of the schema
    return found


HOUSEHOLDS = generate(1, 40)
KNOWN = next(one for one in HOUSEHOLDS if one.kind == "single_with_activity_support")


@contextmanager
def practice(folder: Path, households: Sequence[Household] = (KNOWN,), *, hostile: Sequence[str] = ()) -> Iterator[tuple[Installation, Municipality]]:
    with installed(folder, households, hostile=hostile) as (installation, municipality):
        yield installation, municipality


def test_all_screens_are_found_and_nothing_is_written_while_they_are_looked_at(tmp_path: Path) -> None:
    with practice(tmp_path) as (installation, municipality):
        before = held_by(municipality)

        checked = check(installation, **samples(KNOWN))

        after = held_by(municipality)
        asked = after["benefits_register"].pop("questions")
        assert before["benefits_register"].pop("questions") == []
        assert after == before
        assert [row[3] for row in asked] == [KNOWN.application.applicant]
        assert municipality.effects() == []
        log = installation.log
    assert checked.exit_code == 0
    assert set(checked.verdicts.values()) == {"sound"}
    states = {one["state"] for system in checked.record["systems"] for view in system["views"] for one in view["elements"]}
    assert states == {"first_way", "unseen", "absent"}
    assert checked.walked("e_service") == {view["view"] for view in checked.system("e_service")["views"]} - {"log_in_refused", "opening_hours"}
    assert {view["view"] for view in checked.system("case_system")["views"] if view["because"]} == {"session_ended", "notice", "fault", "confirm"}
    assert not list((installation.root / "logs").glob("*/pictures/**/*.jpg"))
    for text in (log, json.dumps(checked.record)):
        assert KNOWN.application.applicant not in text
    assert "effect" not in log


def test_a_check_without_samples_says_of_each_view_why_it_was_not_looked_at(tmp_path: Path) -> None:
    with practice(tmp_path) as (installation, municipality):
        checked = check(installation)

        assert municipality.effects() == []
        assert held_by(municipality)["benefits_register"]["questions"] == []
    assert (checked.exit_code, set(checked.verdicts.values())) == (0, {"sound"})
    assert "KOLLEGA_SAMPLE_PERSONNUMMER" in checked.view("population_register", "person")["because"]
    assert "KOLLEGA_SAMPLE_CASE_NUMBER" in checked.view("case_system", "overview")["because"]
    assert "comes after overview" in checked.view("case_system", "decision")["because"]
    assert "saves" in checked.view("case_system", "confirm")["because"]
    assert {"open_case", "calculations", "decisions", "journal"} <= checked.walked("case_system")


def test_what_has_changed_is_told_by_element_with_a_picture_and_everything_else_is_still_looked_at(tmp_path: Path) -> None:
    with practice(tmp_path) as (installation, municipality):
        month = "{accessible: text, id: decision_month}, {accessible: text, name: Avser månad}"
        change(installation, "case_system", month, month.replace("decision_month", "decision_moon"))
        change(
            installation, "case_system", "{accessible: text, id: payment_account}, {accessible: text, name: Konto}", "{accessible: text, name: Kort}"
        )
        change(installation, "population_register", "{label: Civilstånd}", "{label: Civilstatus}")
        change(installation, "benefits_register", "status: Status", "status: Läge")
        change(installation, "e_service", "{label: Antal personer i bostaden}", "{role: link}")

        checked = check(installation, **samples(KNOWN))

        assert municipality.effects() == []
        printed = installation.log
    assert checked.exit_code == 4
    assert checked.verdicts == {
        "e_service": "fault",
        "population_register": "fault",
        "benefits_register": "fault",
        "case_system": "fault",
        "person_lookup": "sound",
    }
    assert checked.states("case_system", "decision")["month"] == "later_way"
    assert checked.states("case_system", "payment")["account"] == "not_found"
    assert (checked.view("case_system", "payment")["landmark"], checked.states("case_system", "payment")["amount"]) == ("account", "first_way")
    # The dialog could not be left by what could not be proven, and the walk went on all the same, with the case open again.
    assert {"note", "watch", "calculation", "sums"} <= checked.walked("case_system")
    assert checked.states("population_register", "person")["civil_status"] == "not_found"
    assert checked.states("benefits_register", "answer")["agencies"] == "columns_wrong"
    assert [one["wrong_columns"] for one in checked.view("benefits_register", "answer")["elements"] if one["wrong_columns"]] == [["status"]]
    assert checked.states("e_service", "household")["persons_in_dwelling"] == "found_twice"
    assert "messages" in checked.walked("e_service")
    pictures = {(one["system"], view["view"]): view["picture"] for one in checked.record["systems"] for view in one["views"] if view["picture"]}
    assert set(pictures) == {
        ("case_system", "payment"),
        ("population_register", "person"),
        ("benefits_register", "answer"),
        ("e_service", "household"),
    }
    for picture in pictures.values():
        with Image.open(picture) as opened:
            assert opened.width > 100
    assert "drift" in printed
    assert "decision.month" in printed


def test_drift_alone_is_a_warning(tmp_path: Path) -> None:
    with practice(tmp_path) as (installation, _):
        change(installation, "e_service", "{role: button, name: Logga in}", "{role: button, name: In}, {role: button, name: Logga in}")

        checked = check(installation, "e_service")

    assert (checked.exit_code, checked.verdicts) == (0, {"e_service": "drift"})
    assert checked.states("e_service", "log_in")["submit"] == "later_way"


def test_a_refused_log_in_and_a_system_that_does_not_answer_have_exit_codes_of_their_own(tmp_path: Path) -> None:
    with practice(tmp_path) as (installation, municipality):
        refused = check(installation, "e_service", KOLLEGA_E_SERVICE_PASSWORD="mistyped")
        municipality.stop()
        silent = check(installation, "e_service", "population_register")

    assert (refused.exit_code, refused.verdicts) == (3, {"e_service": "refused"})
    assert "mistyped" not in json.dumps(refused.record)
    assert (silent.exit_code, set(silent.verdicts.values())) == (5, {"no_answer"})


def test_a_system_with_another_name_than_the_configured_ones_is_refused(tmp_path: Path) -> None:
    with practice(tmp_path) as (installation, _):
        done = subprocess.run([str(KOLLEGA), "screens", "check", "mainframe"], cwd=installation.root, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "mainframe" in done.stderr


def test_before_a_run_only_the_system_with_a_renamed_field_is_held_and_cases_that_do_not_need_it_go_on(tmp_path: Path) -> None:
    # Nobody has the applicant's number, so that the case ends before anything is looked up in the case system.
    nobody = replace(next(one for one in HOUSEHOLDS if one.kind == "costs_have_fallen"), population=())
    with practice(tmp_path, [KNOWN, nobody], hostile=["case_system:renamed-field"]) as (installation, municipality):
        code, printed = installation.run("--check", **samples(KNOWN))

        assert (code, municipality.effects()) == (4, []), printed
        assert "case_system is held" in printed
        assert printed.count("is held") == 1
        assert "decision.motivation" in printed
        assert {reference: one.codes for reference, one in installation.outcomes().items()} == {nobody.application.reference: ("NO-PERSON",)}
        assert installation.waiting() == 1


def test_a_run_whose_screens_are_as_they_should_be_handles_all_cases(tmp_path: Path) -> None:
    with practice(tmp_path) as (installation, municipality):
        code, printed = installation.run("--check", **samples(KNOWN))

        assert code == 0, printed
        assert {one.ending.value for one in installation.outcomes().values()} == {"decided"}
        assert [effect.kind for effect in municipality.effects() if effect.kind == "decision"] == ["decision"]
