"""Whole runs against the practice municipality: real servers, real Chromium, real desktop programs, the commands as operators use them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from robots.assessment import Ending, Outcome, RunMode
from robots.casebook import Casebook, CaseState
from robots.practice.examination import Result, examine
from robots.practice.households import KINDS, generate
from robots.practice.municipality import Municipality
from robots.practice.ports import free_ports
from robots.practice.world import Household
from robots.wiring import SOURCE_DOWN_EXIT_CODE
from robots.work_queue.lock import locked
from tests.installation import install

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.durable]

ROOT = Path(__file__).parent.parent
KOLLEGA = Path(sys.executable).parent / "kollega"
#: a run of a few cases that takes longer than this hangs
RUN_SECONDS = 300


@dataclass(frozen=True)
class Installation:
    """A robot installed in a folder of its own, set to work in practice systems."""

    root: Path
    environment: Mapping[str, str]

    @property
    def log(self) -> str:
        """The lines of all runs so far."""
        return "".join(path.read_text(encoding="utf-8") for path in sorted((self.root / "logs").glob("*/run.log")))

    def begin(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(KOLLEGA), "run", *arguments],
            cwd=self.root,
            env={**os.environ, **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        with self.begin(*arguments, **environment) as robot:
            printed, _ = robot.communicate(timeout=RUN_SECONDS)
        return robot.returncode, printed

    def outcomes(self) -> dict[str, Outcome]:
        with Casebook(self.root / "logs" / "state" / "casebook.sqlite") as casebook:
            return {outcome.reference: outcome for outcome in casebook.outcomes()}

    def waiting(self) -> int:
        with Casebook(self.root / "logs" / "state" / "casebook.sqlite") as casebook:
            return sum(1 for case in casebook.cases() if case.state is not CaseState.ENDED)


@contextmanager
def installed(folder: Path, households: Sequence[Household], *, hostile: Sequence[str] = ()) -> Iterator[tuple[Installation, Municipality]]:
    root = folder / "robot"
    install(root)
    with Municipality.start(folder / "practice", households, hostile=hostile) as municipality:
        settings = root / "config" / "kollega.yaml"
        text = settings.read_text(encoding="utf-8")
        for port, system in enumerate(("e_service", "population_register", "benefits_register", "case_system"), start=8701):
            text = text.replace(f"http://127.0.0.1:{port}", municipality.addresses[system])
        settings.write_text(text.replace("first_wait_seconds: 2", "first_wait_seconds: 0.2"), encoding="utf-8")
        yield Installation(root, municipality.environment), municipality


def wrongs(
    households: Sequence[Household], outcomes: Mapping[str, Outcome], municipality: Municipality, *, mode: str = "decide"
) -> dict[str, tuple[str, ...]]:
    results = {
        reference: Result(ending=one.ending.value, amount=None if one.amount is None else int(one.amount), codes=tuple(one.codes))
        for reference, one in outcomes.items()
    }
    return {reference: found for reference, found in examine(households, results, municipality.effects(), mode=mode).items() if found}


def test_forty_applications_of_all_kinds_end_as_worked_out_by_hand() -> None:
    """The command that the README shows, with other households than its own."""
    done = subprocess.run(
        ["make", "--no-print-directory", "demo", "ARGS=--cases 40 --seed 11 --json"],  # noqa: S607 - make from the path, as people call it
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * RUN_SECONDS,
    )

    record = json.loads(done.stdout[done.stdout.index("{") :])
    assert {case["reference"]: case["wrong"] for case in record["cases"] if case["wrong"]} == {}
    assert record["stray_effects"] == []
    assert done.returncode == 0
    assert len(record["cases"]) == 40
    assert Path(record["workbook"]).exists()
    log = subprocess.run(
        [str(KOLLEGA), "practice", "effects", str(Path(record["log"], "practice")), "--json"], capture_output=True, text=True, check=False
    )
    kinds = Counter(effect["kind"] for effect in json.loads(log.stdout))
    decided = sum(1 for case in record["cases"] if case["ending"] == "decided")
    assert {kinds[kind] for kind in ("decision", "payment", "note", "message")} == {decided}


def test_a_shadow_run_writes_nowhere_and_leaves_the_same_applications_to_the_next_run(tmp_path: Path) -> None:
    # One of them shows only in the case system's own sums that it is no decision.
    households = [one for number, one in enumerate(generate(4, 40)) if number < 8 or one.kind == "leftover_deduction"]
    with installed(tmp_path, households) as (installation, municipality):
        state = installation.root / "logs" / "state"
        with installation.begin("--mode", "shadow") as robot:
            until = time.monotonic() + RUN_SECONDS
            # Seen in the log, since whoever tries the lock holds it for a moment, in which the robot itself would be refused.
            while "case_queued" not in installation.log and time.monotonic() < until and robot.poll() is None:
                time.sleep(0.05)
            refused, said = installation.run()
            assert robot.poll() is None, "the shadow run was over before the other had begun"
            printed, _ = robot.communicate(timeout=RUN_SECONDS)

        assert (refused, "another robot" in said) == (3, True), said
        assert robot.returncode == 0, printed
        assert "this was a shadow run" in printed
        assert municipality.effects() == []
        assert not (installation.root / "logs" / "undantag.xlsx").exists()
        with Casebook(state / "shadow" / "casebook.sqlite") as casebook:
            shadows = {outcome.reference: outcome for outcome in casebook.outcomes()}
            assert [casebook.effects(outcome.case_id) for outcome in shadows.values()] == [()] * len(households)
            assert all(casebook.document(outcome.case_id, "case file") for outcome in shadows.values())
        assert {outcome.run_mode for outcome in shadows.values()} == {RunMode.SHADOW}
        assert {outcome.ending for outcome in shadows.values()} >= {Ending.DECIDED, Ending.HANDED_OFF}
        assert ("SYS-DIFF",) in {outcome.codes for outcome in shadows.values()}
        assert wrongs(households, shadows, municipality, mode="shadow") == {}
        listed = subprocess.run(
            [str(KOLLEGA), "queue", "list", "--mode", "shadow", "--root", str(installation.root)], capture_output=True, text=True, check=True
        )
        assert f"{len(households)} ended" in listed.stdout

        with locked(state):
            assert installation.run("--mode", "shadow")[0] == 3
        code, printed = installation.run()

        assert code == 0, printed
        assert wrongs(households, installation.outcomes(), municipality) == {}
        assert {reference: outcome.amount for reference, outcome in installation.outcomes().items()} == {
            reference: outcome.amount for reference, outcome in shadows.items()
        }


def test_a_run_that_proposes_finishes_the_decisions_that_were_begun_and_makes_no_other(tmp_path: Path) -> None:
    households = [one for one in generate(5, 40) if one.expected.ending == "decided"][:8]
    with installed(tmp_path, households) as (installation, municipality):
        with installation.begin() as robot:
            until = time.monotonic() + RUN_SECONDS
            while "case_system.decision" not in installation.log and time.monotonic() < until and robot.poll() is None:
                time.sleep(0.02)
            robot.kill()
            robot.wait(timeout=RUN_SECONDS)
        with Casebook(installation.root / "logs" / "state" / "casebook.sqlite") as casebook:
            begun = {case.reference for case in casebook.cases() if casebook.effect_state(case.case_id, "case_system.decision") is not None}
        assert 0 < len(begun) < len(households)

        code, printed = installation.run("--mode", "propose")

        assert code == 0, printed
        found = installation.outcomes()
        assert {reference: outcome.ending for reference, outcome in found.items()} == {
            one.application.reference: Ending.DECIDED if one.application.reference in begun else Ending.PROPOSED for one in households
        }
        kinds = Counter(effect.kind for effect in municipality.effects())
        assert {kinds[kind] for kind in ("decision", "payment", "note", "message")} == {len(begun)}
        assert kinds["watch"] == len(households) - len(begun)


def test_a_refusal_that_the_board_has_delegated_is_registered_without_payment_and_leaves_a_watch_item(tmp_path: Path) -> None:
    households = [one for one in generate(1, 60) if one.expected.codes == ("DELEG",)]
    assert households
    with installed(tmp_path, households) as (installation, municipality):
        delegation = installation.root / "config" / "delegation.yaml"
        line = '  - {decision: avslag, section: 12 kap. 1 § SoL, mode: decide, from: 2025-07-01, until: null, minute: "AMN 2026-01-21 § 7"}\n'
        delegation.write_text(delegation.read_text(encoding="utf-8") + line, encoding="utf-8")

        code, printed = installation.run()

        assert code == 0, printed
        assert {(outcome.ending, outcome.amount) for outcome in installation.outcomes().values()} == {(Ending.DECIDED, Decimal(0))}
        kinds = ("calculation", "decision", "note", "message", "watch")
        assert Counter(effect.kind for effect in municipality.effects()) == dict.fromkeys(kinds, len(households))
        assert {Decimal(effect.amount) for effect in municipality.effects() if effect.amount} == {Decimal(0)}


def test_a_demo_that_proposes_leaves_proposals_where_another_decides() -> None:
    done = subprocess.run(
        [str(KOLLEGA), "demo", "--cases", "6", "--seed", "4", "--mode", "propose", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )

    record = json.loads(done.stdout)
    assert (done.returncode, record["mode"]) == (0, "propose"), done.stderr
    assert {case["reference"]: case["wrong"] for case in record["cases"] if case["wrong"]} == {}
    assert record["stray_effects"] == []
    assert {case["ending"] for case in record["cases"]} == {"proposed", "handed off"}


#: kinds whose children earn, whose incomes a caseworker has spread or framed, or whose jobbstimulans is at its limits
JUDGED_BEFORE = {
    "child_of_16_with_summer_wage",
    "school_youth_of_19_with_a_wage",
    "child_earns_just_the_price_base_amount",
    "child_earns_a_krona_more",
    "child_earned_most_of_it_the_year_before",
    "month_of_the_childs_year_is_missing",
    "severance_pay_spread_over_six_months",
    "swish_varies_within_the_frame",
    "rent_above_ceiling_within_the_frame",
    "rent_above_the_frame",
    "frame_has_expired",
    "jobbstimulans_begins_anew_after_six_months",
}
#: kinds with a child whose data the population register has as protected
WITH_PROTECTED_CHILD = {"child_protected_in_the_population_register", "visiting_child_is_protected", "child_who_has_left_is_protected"}


def test_what_children_earn_and_what_a_caseworker_has_judged_is_read_and_written_on_the_screens(tmp_path: Path) -> None:
    households = [one for one in generate(1, len(KINDS) + 1) if one.kind in JUDGED_BEFORE]
    assert {one.kind for one in households} == JUDGED_BEFORE
    with installed(tmp_path, households) as (installation, municipality):
        code, printed = installation.run()

        assert code == 0, printed
        assert wrongs(households, installation.outcomes(), municipality) == {}


def test_a_case_with_a_protected_child_is_a_person_s_and_says_why_nowhere(tmp_path: Path) -> None:
    households = [one for one in generate(1, len(KINDS) + 1) if one.kind in WITH_PROTECTED_CHILD]
    assert {one.kind for one in households} == WITH_PROTECTED_CHILD
    with installed(tmp_path, households) as (installation, municipality):
        code, printed = installation.run()

        assert code == 0, printed
        assert wrongs(households, installation.outcomes(), municipality) == {}
        assert municipality.effects() == []
        told = installation.log + _cells(installation.root / "logs" / "undantag.xlsx")
        children = {child.personnummer for one in households for child in one.persons}
        assert [word for word in ("PROTECTED", "HH-CHILD", "EXP-CAP", "ATTACH", *children) if word in told] == []
        assert list((installation.root / "logs").rglob("*.png")) == []


def _cells(workbook: Path) -> str:
    """Return what stands on the list of what is to be done."""
    with closing(load_workbook(workbook, read_only=True)) as book:
        return "\n".join(str(cell) for row in book["Att göra"].iter_rows(values_only=True) for cell in row)


def test_a_run_stopped_by_ctrl_c_goes_on_where_it_was(tmp_path: Path) -> None:
    households = generate(3, 8)
    with installed(tmp_path, households) as (installation, municipality):
        with installation.begin() as robot:
            try:
                until = time.monotonic() + RUN_SECONDS
                while "effect_intended" not in installation.log and time.monotonic() < until and robot.poll() is None:
                    time.sleep(0.05)
                robot.send_signal(signal.SIGINT)
                printed, _ = robot.communicate(timeout=RUN_SECONDS)
            finally:
                robot.kill()
        assert robot.returncode == 130, printed
        assert installation.waiting() > 0

        code, printed = installation.run()

        assert code == 0, printed
        assert wrongs(households, installation.outcomes(), municipality) == {}


def test_a_run_killed_in_the_middle_goes_on_where_it_was(tmp_path: Path) -> None:
    households = generate(5, 6)
    with installed(tmp_path, households) as (installation, municipality):
        for event in ("step_done", "effect_intended"):
            with installation.begin() as robot:
                before, until = installation.log.count(event), time.monotonic() + RUN_SECONDS
                while installation.log.count(event) <= before and time.monotonic() < until and robot.poll() is None:
                    time.sleep(0.02)
                robot.kill()
                robot.wait(timeout=RUN_SECONDS)

        code, printed = installation.run()

        assert code == 0, printed
        outcomes = installation.outcomes()
        unknown = {reference for reference, outcome in outcomes.items() if "OUTCOME-UNKNOWN" in outcome.codes}
        assert {reference for reference in wrongs(households, outcomes, municipality) if reference not in unknown} == set()
        written = Counter((effect.kind, effect.reference, effect.month) for effect in municipality.effects())
        assert [what for what, times in written.items() if times > 1] == []


def test_a_refused_password_is_tried_once_and_holds_the_cases(tmp_path: Path) -> None:
    with installed(tmp_path, generate(3, 3)) as (installation, municipality):
        code, printed = installation.run(KOLLEGA_BENEFITS_REGISTER_PASSWORD="mistyped")

        assert code == 3, printed
        assert "KOLLEGA_BENEFITS_REGISTER_PASSWORD" in printed
        assert "mistyped" not in printed + installation.log
        assert installation.waiting() > 0
        assert municipality.effects() == []


def test_a_refused_log_in_to_the_inbox_leaves_the_workbook_written(tmp_path: Path) -> None:
    with installed(tmp_path, generate(3, 2)) as (installation, municipality):
        code, printed = installation.run(KOLLEGA_E_SERVICE_PASSWORD="mistyped")

        assert code == 3, printed
        assert "e_service is held" in printed
        assert (installation.root / "logs" / "undantag.xlsx").exists()
        assert municipality.effects() == []


def test_an_application_that_is_not_there_is_told(tmp_path: Path) -> None:
    with installed(tmp_path, generate(3, 2)) as (installation, _):
        with installation.begin("--case", "EA-26-99999") as robot:
            printed, _ = robot.communicate(timeout=RUN_SECONDS)

        assert robot.returncode == 3, printed
        assert "EA-26-99999" in printed


def test_a_system_that_does_not_answer_hands_the_cases_over(tmp_path: Path) -> None:
    households = generate(3, 3)
    with installed(tmp_path, households, hostile=["population_register:source-down"]) as (installation, municipality):
        code, printed = installation.run()

        assert code == SOURCE_DOWN_EXIT_CODE, printed
        outcomes = installation.outcomes()
        assert {tuple(outcome.codes) for outcome in outcomes.values()} == {("SRC-DOWN",)}
        assert municipality.effects() == []


def test_sessions_that_expire_are_renewed_without_doing_anything_twice(tmp_path: Path) -> None:
    households = generate(3, 6)
    with installed(tmp_path, households, hostile=["e_service:session-expiry", "benefits_register:session-expiry"]) as (installation, municipality):
        code, printed = installation.run()

        assert code == 0, printed
        assert "SessionLost" in installation.log or "new log-in" in installation.log
        assert wrongs(households, installation.outcomes(), municipality) == {}


def test_a_screen_that_has_changed_holds_its_system_and_the_cases_go_on_when_the_file_is_mended(tmp_path: Path) -> None:
    households = generate(3, 6)
    with installed(tmp_path, households) as (installation, municipality):
        selectors = installation.root / "selectors" / "benefits_register.yaml"
        right = selectors.read_text(encoding="utf-8")
        selectors.write_text(right.replace("name: Ställ frågan", "name: Fråga"), encoding="utf-8")

        code, printed = installation.run()

        assert code == 4, printed
        assert "benefits_register is held" in printed
        assert "selector file" in printed
        assert installation.waiting() > 0
        assert municipality.effects() == []

        selectors.write_text(right, encoding="utf-8")
        code, printed = installation.run()

        assert code == 0, printed
        assert installation.waiting() == 0
        assert wrongs(households, installation.outcomes(), municipality) == {}


def test_no_log_of_a_run_holds_anything_of_the_applicants(tmp_path: Path) -> None:
    households = generate(9, 4)
    with installed(tmp_path, households) as (installation, _):
        code, printed = installation.run()

        assert code == 0, printed
        logs = (installation.root / "logs").rglob("*")
        written = printed + "".join(path.read_text(encoding="utf-8") for path in logs if path.suffix in (".log", ".jsonl"))
        known = {text for one in households for person in one.persons for text in (person.personnummer, person.personnummer[2:], person.family_name)}
        known |= {entry.address for one in households for entry in one.population}
        assert {text for text in known if text in written} == set()


def test_the_practice_systems_can_be_served_on_their_own(tmp_path: Path) -> None:
    install(tmp_path)
    settings = tmp_path / "config" / "kollega.yaml"
    text = settings.read_text(encoding="utf-8")
    for port, free in zip(range(8701, 8705), free_ports(4), strict=True):
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free}")
    settings.write_text(text, encoding="utf-8")
    with subprocess.Popen(
        [str(KOLLEGA), "practice", "serve", "--cases", "2"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as systems:
        try:
            assert systems.stdout is not None
            printed = [next(systems.stdout) for _ in range(5)]
            accounts = (tmp_path / "logs" / "practice" / "accounts.env").read_text(encoding="utf-8")
        finally:
            systems.send_signal(signal.SIGINT)
            try:
                systems.wait(timeout=RUN_SECONDS)
            finally:
                systems.kill()
    assert any(line.startswith("e_service ") for line in printed)
    environment = dict(line.removeprefix("export ").split("=", 1) for line in accounts.splitlines())
    assert environment["KOLLEGA_CASE_SYSTEM_USER"] == environment["KOLLEGA_PERSON_LOOKUP_USER"]
    assert {"KOLLEGA_SAMPLE_PERSONNUMMER", "KOLLEGA_SAMPLE_CASE_NUMBER"} <= environment.keys()

    effects = subprocess.run([str(KOLLEGA), "practice", "effects", "--json"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert effects.returncode == 0, effects.stderr
    assert json.loads(effects.stdout) == []
