"""What operators are told: each cause by what a run, a casebook or a service really leaves, once and not a storm, over real sockets."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from robots import alerts, run_log, settings
from robots.alert_settings import AlertSettings, MailSettings, Security
from robots.alerts import Looked, observing
from robots.alerts import channels as channels_module
from robots.alerts import minding as minding_module
from robots.alerts.causes import MEANINGS, Alert, Cause, Severity, Verdict, judge
from robots.alerts.channels import Delivery, Secrets, channels_of, deliver, secrets_of
from robots.alerts.ledger import MOST_TOLD_OVER, Ledger, with_channels, with_verdict
from robots.alerts.message import trial_message
from robots.alerts.minding import look_safely, minding
from robots.alerts.observing import Observed, alerts_folder, beat, read_beat
from robots.assessment import Ending, RunMode
from robots.case import SWEDEN
from robots.casebook import Casebook
from robots.casebook.endings import CaseEnd, lately
from robots.casebook.workers import Workers
from robots.cli import app
from robots.errors import KollegaError, ReasonCode, SetupError, StateUnusable
from robots.hand_offs import at_least, compare_hand_offs
from robots.health import health_of
from robots.run_log import Action, event
from robots.schedule import CronLine, Schedule
from robots.settings import Settings
from robots.situation import situation_by
from robots.trust import Mistrust, Trust
from tests.authority import DAY, Authority, let_machine_trust
from tests.outcomes import outcome_of
from tests.postbox import Hook, Postbox, certificate, postbox, webhook

# Each takes longer than what runs before every commit may take: real files, servers and processes.
pytestmark = pytest.mark.durable

ROOT = Path(__file__).parent.parent
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass
class Place:
    """An installation whose operators are told by mail and webhook."""

    settings: Settings
    box: Postbox
    hook: Hook
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def look(self, after: timedelta = timedelta(), *, mistakes: str = "") -> Looked:
        return alerts.look(self.settings, Secrets(webhook_token="sesame"), now=self.began + after, mistakes=mistakes)

    def set(self, **changes: Any) -> None:
        self.settings = replace(self.settings, alerts=replace(self.settings.alerts, **changes))

    def schedule(self, *lines: str, **other: bool) -> None:
        runs = tuple(CronLine.parse(line) for line in lines)
        self.settings = replace(self.settings, schedule=Schedule(runs=runs, **other))  # type: ignore[arg-type]  # as each test needs

    @contextmanager
    def run(self) -> Iterator[None]:
        """Keep a log as a run does, as long as the block lasts; that it ended is told by the block or not."""
        log = run_log.set_up(self.settings.paths.logs, console=False)
        event(Action.RUN_BEGUN, "Kollega 0.1.0, mode decide")
        try:
            yield
        finally:
            log.close()
        # Folders of the same second would have no order.
        number = len(list(self.settings.paths.logs.glob("2*")))
        log.folder.rename(log.folder.with_name(f"20000101T0000{number:02}Z-{log.folder.name.rpartition('-')[2]}"))

    def ran(self, exit_code: int = 0, *happened: tuple[Action, str, str]) -> None:
        """Have a run happen, and end with an exit code."""
        with self.run():
            for action, system, message in happened:
                event(action, message, system=system, level="ERROR" if action is Action.SYSTEM_HELD else "INFO")
            event(Action.RUN_ENDED, f"1 decided; 0 wait; exit code {exit_code}")

    def casebook(self) -> Casebook:
        return Casebook(self.settings.paths.state / "casebook.sqlite")

    def ended(self, *ends: tuple[Ending, datetime], **changes: Any) -> None:
        """Have cases end as they do at these times."""
        with self.casebook() as casebook:
            already = len(casebook.cases())
            for number, (ending, at) in enumerate(ends, start=already):
                casebook.open_case(f"case-{number}", reference=f"EA-26-{number:05}", month="2026-11")
                casebook.close_case(outcome_of(f"case-{number}", f"EA-26-{number:05}", ending=ending, ended_at=at, **changes))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    root = tmp_path / "robot"
    shutil.copytree(ROOT / "config", root / "config")
    with postbox() as box, webhook() as hook:
        here = settings.load(root)
        mail = MailSettings(host="127.0.0.1", port=box.port, security=Security.NONE, sender="kollega@example.se", to=("drift@example.se",))
        told = AlertSettings(mail=mail, webhook=hook.address, disk_free_gb=0, disk_free_share=0)
        yield Place(replace(here, alerts=told, schedule=Schedule()), box, hook)


@dataclass(frozen=True)
class Story:
    """How a cause comes and goes, as it really does."""

    cause: Cause
    #: what the mail must say
    says: str
    begins: Callable[[Place], object]
    ends: Callable[[Place], object]
    #: what is looked at before it begins
    before: Callable[[Place], object] = lambda _: None
    #: until it is surely seen, and surely over
    wait: timedelta = timedelta()
    calm: timedelta = timedelta()


def dead_worker(place: Place) -> None:
    # A process that has ended: its number is no other's for a while.
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with place.casebook() as casebook:
        Workers(casebook.engine).begin("robot-1", machine=socket.gethostname(), process=gone.pid, version="0", mode="decide")


def worker_ends(place: Place) -> None:
    with place.casebook() as casebook:
        workers = Workers(casebook.engine)
        workers.end("robot-1", workers.entries()[0].began_at)


def many_hand_offs(place: Place) -> None:
    days = [place.began - timedelta(days=1 + number % 20) for number in range(100)]
    place.ended(*((Ending.HANDED_OFF if number % 10 == 0 else Ending.DECIDED, at) for number, at in enumerate(days)))
    with place.run():
        place.ended(*((Ending.HANDED_OFF if number % 2 else Ending.DECIDED, datetime.now(UTC)) for number in range(30)))
        event(Action.RUN_ENDED, "exit code 0")


def usual_hand_offs(place: Place) -> None:
    with place.run():
        place.ended(*((Ending.DECIDED, datetime.now(UTC)) for _ in range(30)))
        event(Action.RUN_ENDED, "exit code 0")


def kill(place: Place) -> None:
    with place.run():
        event(Action.CASE_TAKEN)


def late_case(place: Place) -> None:
    place.ended((Ending.HANDED_OFF, place.began - timedelta(days=9)), due_on=place.began.astimezone(SWEDEN).date() - timedelta(days=2))


def forget_cases(place: Place) -> None:
    for file in place.settings.paths.state.glob("casebook.sqlite*"):
        file.unlink()


def damage_casebook(place: Place) -> None:
    place.settings.paths.state.mkdir(parents=True, exist_ok=True)
    (place.settings.paths.state / "casebook.sqlite").write_text("no database, and longer than its head " * 90)


def password_changed(place: Place) -> None:
    place.set(passwords_expire={})
    place.ran(0, LOG_IN)


def set_aside(place: Place) -> None:
    with place.run():
        place.ended((Ending.HANDED_OFF, datetime.now(UTC)), codes=(ReasonCode.ROBOT_FAULT,))
        event(Action.RUN_ENDED, "exit code 1")


HELD = (Action.SYSTEM_HELD, "case_system", "ElementMissing: case_system, decision.reasons: no way matches")
LOG_IN = (Action.LOG_IN, "case_system", "")
STORIES = [
    Story(Cause.SYSTEM_HELD, "case_system is held", lambda place: place.ran(4, HELD), lambda place: place.ran()),
    Story(Cause.RUN_FAILED, "exit code 1", lambda place: place.ran(1), lambda place: place.ran()),
    Story(Cause.RUN_FAILED, "was killed", kill, lambda place: place.ran()),
    Story(Cause.WORKER_LIFELESS, "robot-1", dead_worker, worker_ends, calm=11 * MINUTE),
    Story(
        Cause.SERVICE_GONE,
        "kollega serve",
        lambda place: beat(place.settings.paths.state, now=place.began - 6 * MINUTE),
        lambda place: beat(place.settings.paths.state, now=place.began + HOUR),
        calm=11 * MINUTE,
    ),
    Story(
        Cause.RUN_MISSING,
        "A run was due",
        lambda place: None,
        # Only in half a year, whatever day it is.
        lambda place: place.schedule(f"0 0 1 {(place.began.month + 5) % 12 + 1} *"),
        before=lambda place: place.schedule("* * * * *"),
        wait=35 * MINUTE,
        calm=11 * MINUTE,
    ),
    Story(Cause.HAND_OFF_RATE, "15 of the latest 30 cases were handed off (50%)", many_hand_offs, usual_hand_offs),
    Story(Cause.OVERDUE, "1 case that people have is past its day", late_case, forget_cases, calm=11 * MINUTE),
    Story(
        Cause.PASSWORD_EXPIRING,
        "expires soon (the password expires in 10 days)",
        lambda place: place.ran(0, LOG_IN, (Action.PASSWORD_EXPIRING, "case_system", "the password expires in 10 days")),
        lambda place: place.ran(0, LOG_IN),
    ),
    Story(
        Cause.PASSWORD_EXPIRING,
        "in 3 days",
        lambda place: place.set(passwords_expire={"case_system": place.began.astimezone(SWEDEN).date() + timedelta(days=3)}),
        password_changed,
    ),
    Story(Cause.DISK_LOW, "GB left", lambda place: place.set(disk_free_gb=100_000), lambda place: place.set(disk_free_gb=0), calm=11 * MINUTE),
    Story(
        Cause.RECORD,
        "can't be read",
        damage_casebook,
        forget_cases,
        calm=11 * MINUTE,
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.cause}: {story.says}")
def test_each_cause_is_told_once_by_mail_and_webhook_and_once_more_when_it_is_over(place: Place, story: Story) -> None:
    story.before(place)
    place.look()
    assert place.box.mails == []
    story.begins(place)
    for minute in range(4):
        place.look(story.wait + minute * MINUTE)

    assert len(place.box.mails) == len(place.hook.records) == 1, place.box.subjects
    assert story.says in " ".join(place.box.texts[0].split())
    assert [one["cause"] for one in place.hook.records[0]["new"]] == [story.cause]
    story.ends(place)
    for minute in range(4):
        place.look(story.wait + 5 * MINUTE + minute * story.calm)
    assert [subject.startswith("[Kollega] Over: ") for subject in place.box.subjects] == [False, True], place.box.texts
    assert [one["cause"] for one in place.hook.records[1]["over"]] == [story.cause]
    assert place.box.subjects[1].endswith("; all is well")


def test_a_case_that_was_set_aside_is_told_with_its_number_alone_and_never_over(place: Place) -> None:
    place.look()
    set_aside(place)
    for minute in range(3):
        place.look(minute * MINUTE)
    place.ran()
    place.look(5 * MINUTE)

    first, second = place.box.texts
    assert "EA-26-00000" in first
    assert "exit code 1" in first
    assert "EA-26-00000" not in second
    assert place.box.subjects[1] == "[Kollega] Over: the run failed; all is well"


def test_a_municipality_can_keep_the_numbers_of_cases_to_itself(place: Place) -> None:
    place.set(names_cases=False)
    set_aside(place)
    place.look()
    assert "in a case, and has handed it off" in place.box.texts[0]
    assert "EA-26" not in place.box.mails[0].as_string() + json.dumps(place.hook.records)


def test_mistakes_of_the_configuration_are_told_and_when_they_are_mended(place: Place) -> None:
    for minute in range(3):
        place.look(minute * MINUTE, mistakes="config/a.yaml:1: wrong\nconfig/a.yaml:2: wrong")
    place.look(5 * MINUTE)
    assert place.box.subjects == ["[Kollega] the configuration is wrong", "[Kollega] Over: the configuration is wrong; all is well"]
    assert "2 mistakes" in place.box.texts[0]


def test_every_cause_has_a_test_by_what_really_leads_to_it() -> None:
    assert {story.cause for story in STORIES} | {Cause.SETUP, Cause.CASE_SET_ASIDE} == set(Cause) == set(MEANINGS)


# --- not a storm ------------------------------------------------------------------------------------------------------


def test_what_stands_is_told_again_after_the_hours_that_are_set_and_not_before(place: Place) -> None:
    place.ran(4, HELD)
    for hour in range(25):
        place.look(hour * HOUR)
    assert place.box.subjects == ["[Kollega] case_system is held", "[Kollega] Still: case_system is held", "[Kollega] Still: case_system is held"]


def test_what_comes_at_once_is_one_message_with_the_worst_first(place: Place) -> None:
    late_case(place)
    place.ran(4, HELD, (Action.SYSTEM_HELD, "e_service", "LogInRefused: e_service: the name or the password is not taken"))
    place.look()
    assert place.box.subjects == ["[Kollega] e_service is held, and 2 more"] or place.box.subjects == ["[Kollega] case_system is held, and 2 more"]
    assert place.box.texts[0].index("is held") < place.box.texts[0].index("past its day")
    assert place.box.mails[0]["Importance"] == "high"


def test_a_system_whose_certificate_is_not_believed_is_no_matter_for_the_developer(place: Place) -> None:
    why = "CertificateRefused: e_service, log_in: the certificate of the system is not believed: it has expired, or is not valid yet; renew it"
    place.ran(3, (Action.SYSTEM_HELD, "e_service", why))
    place.look()
    assert "e_service is held, and its cases wait: " in place.box.texts[0]
    told = " ".join(place.box.texts[0].split())
    assert "renew it What to do: Do what is said there, or have it done by who runs e_service or this machine; `kollega doctor`" in told


def test_a_storm_is_told_in_a_few_messages_an_hour_and_the_last_one_says_so(place: Place) -> None:
    place.set(messages_per_hour=3)
    for minute in range(50):
        # A system is held and let go, again and again.
        place.ran(4, HELD) if minute % 2 == 0 else place.ran()
        place.look(minute * MINUTE)
    assert len(place.box.mails) == len(place.hook.records) == 3
    assert ["told together" in text for text in place.box.texts] == [False, False, True]
    place.look(61 * MINUTE)
    assert len(place.box.mails) == 4
    assert place.box.texts[3].count("* case_system is held: no more") == 20


def test_a_disk_around_its_limit_is_told_once(place: Place) -> None:
    for minute in range(30):
        place.set(disk_free_gb=0 if minute % 3 else 100_000)
        place.look(minute * MINUTE)
    assert len(place.box.mails) == 1


def test_fifty_alerts_are_one_message_that_a_person_can_read(place: Place) -> None:
    place.ended(*((Ending.DECIDED, place.began) for _ in range(3)))
    with place.run():
        place.ended(*((Ending.HANDED_OFF, datetime.now(UTC)) for _ in range(50)), codes=(ReasonCode.ROBOT_FAULT,))
        event(Action.RUN_ENDED, "exit code 0")
    place.look()
    (text,) = place.box.texts
    assert text.count("The robot stopped again") == 20
    assert "* and 30 more" in text


def test_while_a_run_is_under_way_what_the_one_before_held_is_neither_over_nor_told_again(place: Place) -> None:
    place.ran(4, HELD)
    place.look()
    with place.run():
        place.look(5 * MINUTE)
        assert len(place.box.mails) == 1
        event(Action.SYSTEM_HELD, HELD[2], system="case_system", level="ERROR")
        event(Action.RUN_ENDED, "exit code 4")
    place.look(10 * MINUTE)
    assert len(place.box.mails) == 1


@pytest.mark.durable
def test_two_processes_that_look_at_once_send_one_message(place: Place) -> None:
    place.ran(4, HELD)
    written(place)
    command = [sys.executable, "-m", "robots.cli", "alerts", "check", "--root", str(place.settings.root)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    printed = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], printed
    assert place.box.subjects == ["[Kollega] case_system is held"], printed
    assert len(place.hook.records) == 1


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_channel_that_is_down_is_tried_again_with_growing_waits_and_then_told_what_happened_meanwhile(place: Place, tmp_path: Path) -> None:
    here = place.settings.alerts.mail
    assert here is not None
    with socket.socket() as down:
        # It does not listen, and as long as it is bound nobody else does.
        down.bind(("127.0.0.1", 0))
        place.set(mail=replace(here, port=down.getsockname()[1]))
        place.ran(4, HELD)
        told = [place.look(minute * MINUTE).told for minute in range(12)]

    assert len(place.hook.records) == 1
    assert [minute for minute, one in enumerate(told) if "mail" in one] == [0, 2, 6]
    assert "can't be reached (Connection refused); look over alerts.mail" in told[0]["mail"]
    place.ran()
    place.look(12 * MINUTE)
    place.set(mail=here)
    place.look(20 * MINUTE)
    assert place.box.subjects == ["[Kollega] Over: case_system is held; all is well"]


def test_a_server_that_says_nothing_keeps_nobody_waiting(place: Place) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        mail = MailSettings(host="127.0.0.1", port=silent.getsockname()[1], security=Security.NONE, sender="a@b.se", to=("c@d.se",))
        channels = channels_of(AlertSettings(mail=mail), Secrets())
        told = deliver([(channel, trial_message(machine="m", mode="decide", now=place.began)) for channel in channels], seconds=0.2)
    assert told == {"mail": Delivery(has_arrived=False, why="no end of it in 0.2 seconds; look over the server and the firewall")}


def test_who_has_got_a_message_does_not_get_it_again_because_the_server_refuses_somebody_else(place: Place) -> None:
    here = place.settings.alerts.mail
    assert here is not None
    place.box.refused.add("gone@example.se")
    place.set(mail=replace(here, to=("drift@example.se", "gone@example.se")))
    place.ran(4, HELD)
    told = [place.look(minute * MINUTE).told for minute in range(10)]
    assert len(place.box.mails) == 1
    assert "refuses 1 of 2 under alerts.mail.to" in told[0]["mail"]
    assert told[1:] == [{}] * 9


def test_a_server_that_looks_a_message_through_before_it_takes_it_gets_it_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels_module, "_ANSWER_SECONDS", 1.0)
    place.box.looks_through_seconds = place.hook.looks_through_seconds = 1.2
    place.ran(4, HELD)
    for minute in range(3):
        place.look(minute * MINUTE)
    assert len(place.box.mails) == len(place.hook.records) == 1


def test_a_share_that_does_not_answer_keeps_nothing_else_from_being_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    share, is_dir = Path("/share"), Path.is_dir
    place.settings = replace(place.settings, paths=replace(place.settings.paths, workbook=share / "undantag.xlsx"))

    def refuse(path: Path) -> bool:
        if path == share:
            raise OSError(errno.EHOSTDOWN, "Host is down", str(path))
        return is_dir(path)

    place.ran(4, HELD)
    monkeypatch.setattr(Path, "is_dir", refuse)
    assert place.look().fault == ""
    assert place.box.subjects == ["[Kollega] case_system is held"]


def test_a_run_does_not_wait_for_a_look_that_hangs(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(alerts, "look", lambda *_, **__: hangs.wait(30))
    monkeypatch.setattr(minding_module, "_LOOK_SECONDS", 0.05)
    log = run_log.set_up(place.settings.paths.logs, console=False)
    look_safely(place.settings, seconds=0.05)
    log.close()
    hangs.set()
    assert "can't be looked at in time" in (log.folder / "run.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("damage", [b"", b"{", b'{"schema": 1}', b'{"schema": 2, "standing": []}', b"\xff\xfe", b"[]"])
def test_a_damaged_ledger_is_set_aside_and_what_stands_is_told_anew_once(place: Place, damage: bytes) -> None:
    place.ran(4, HELD)
    place.look()
    ledger = alerts_folder(place.settings.paths.state) / "ledger.json"
    ledger.write_bytes(damage)
    for minute in range(3):
        place.look(minute * MINUTE)
    assert len(place.box.mails) == 2
    assert ledger.with_name("ledger.damaged.json").read_bytes() == damage


def test_the_ledger_is_for_its_account_alone_and_can_be_written_where_no_new_file_can(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ran(4, HELD)
    place.look()
    folder = alerts_folder(place.settings.paths.state)
    assert [oct(path.stat().st_mode & 0o777) for path in (folder, folder / "ledger.json", folder / "ledger.lock")] == ["0o700", "0o600", "0o600"]
    # As on a full disk: no file can be made, and one that is there can be written over.
    (folder / f".ledger.json.{os.getpid()}.new").mkdir()
    place.ran()
    place.look(MINUTE)
    place.look(2 * MINUTE)
    assert len(place.box.mails) == 2


def test_what_can_not_be_remembered_is_not_told_again_and_again(place: Place) -> None:
    place.ran(4, HELD)
    place.settings.paths.state.mkdir(parents=True)
    (place.settings.paths.state / "alerts").write_text("a file in the place of the folder")
    looked = place.look()
    assert "can't be remembered" in looked.fault
    assert place.box.mails == []


def test_a_casebook_that_can_not_be_asked_just_now_begins_and_ends_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    set_aside(place)
    place.look()

    def refuse(*_: object, **__: object) -> None:
        raise StateUnusable("the casebook cannot be read just now")

    with monkeypatch.context() as patched:
        patched.setattr(observing, "lately", refuse)
        place.look(MINUTE)
        # Whether another machine has begun the run nobody knows now.
        place.schedule("* * * * *")
        seen = observing.observe(place.settings, now=place.began + HOUR, scheduled_since=place.began - HOUR)
        verdict = judge(seen)
        assert (Cause.RUN_MISSING in {alert.cause for alert in verdict.alerts}, Cause.RUN_MISSING in verdict.unsettled) == (False, True)
        place.schedule()
    place.look(2 * MINUTE)
    assert len(place.box.mails) == 1


def test_a_run_that_hangs_is_told_and_over_when_it_has_ended(place: Place) -> None:
    with place.run():
        for minutes in (0, 35, 41, 42):
            place.look(minutes * MINUTE)
        assert place.box.subjects == ["[Kollega] the run failed"]
        assert "it seems to hang" in place.box.texts[0]
        event(Action.RUN_ENDED, "exit code 0")
    place.look(45 * MINUTE)
    assert place.box.subjects[1:] == ["[Kollega] Over: the run failed; all is well"]


def test_a_time_to_come_in_a_record_is_no_run_and_no_sign_of_life(place: Place) -> None:
    # As a clock leaves it that was years ahead, and is right again.
    assert missing(place, "2026-11-24 06:05", schedule=plan("30 5 * * *"), began="2031-01-01 00:00")
    beat(place.settings.paths.state, now=place.began + 24 * HOUR)
    place.look()
    assert place.box.subjects == ["[Kollega] the service is gone"]


def test_a_subject_is_one_line_whatever_a_robot_is_called(place: Place) -> None:
    with place.casebook() as casebook:
        Workers(casebook.engine).begin("robot\n1", machine=socket.gethostname(), process=2**22 + 1, version="0", mode="decide")
    place.look()
    assert place.box.subjects == ["[Kollega] robot 1 gives no sign of life"]


def test_more_hand_offs_are_neither_over_nor_told_again_while_the_next_run_is_under_way(place: Place) -> None:
    place.look()
    many_hand_offs(place)
    place.look()
    with place.run():
        place.ended(*((Ending.DECIDED, datetime.now(UTC)) for _ in range(25)))
        place.look(MINUTE)
        assert len(place.box.mails) == 1
        event(Action.RUN_ENDED, "exit code 0")
    place.look(2 * MINUTE)
    assert place.box.subjects[1] == "[Kollega] Over: more hand-offs than usual; all is well"


def test_a_run_in_another_mode_is_judged_by_the_one_that_is_set(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    written(place)
    looked: list[RunMode] = []
    monkeypatch.setattr(minding_module, "look_safely", lambda settings, **_: looked.append(settings.run.mode))
    # It has no account, and ends as soon as it has begun.
    assert kollega(place, "run", "--mode", "shadow")[0] == 3
    assert looked == [place.settings.run.mode]
    assert RunMode.SHADOW not in looked


def test_a_run_ends_well_whatever_comes_of_telling(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("with a name in it")

    monkeypatch.setattr(alerts, "look", fail)
    log = run_log.set_up(place.settings.paths.logs, console=False)
    look_safely(place.settings)
    log.close()
    written = (log.folder / "run.log").read_text(encoding="utf-8")
    assert "a fault of the robot's own: RuntimeError; tell the developer" in written
    assert "with a name" not in written


def test_a_number_of_a_person_that_got_into_a_log_gets_into_no_message(place: Place) -> None:
    number = (ROOT / "robots" / "practice" / "test-personnummer.txt").read_text(encoding="utf-8").split()[-1]
    # Past the log's own redaction.
    with place.run():
        event(Action.RUN_ENDED, "exit code 4")
    file = next(place.settings.paths.logs.glob("2*/events.jsonl"))
    line = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
    held = {**line, "action": Action.SYSTEM_HELD, "level": "ERROR", "system": "case_system", "message": f"about {number}"}
    file.write_text(json.dumps(line) + "\n" + json.dumps(held) + "\n" + file.read_text(encoding="utf-8").splitlines()[1] + "\n", encoding="utf-8")
    place.look()
    assert "about [number]" in place.box.texts[0]
    assert number not in place.box.mails[0].as_string() + json.dumps(place.hook.records)


# --- the channels -----------------------------------------------------------------------------------------------------


def mailed(box: Postbox, secrets: Secrets, security: Security, *to: str, host: str = "127.0.0.1", trust: Trust | None = None) -> str:
    settings = MailSettings(host=host, port=box.port, security=security, sender="kollega@example.se", to=to or ("drift@example.se",))
    message = trial_message(machine="robot-1", mode="decide", now=datetime(2026, 11, 22, 5, 30, tzinfo=UTC))
    return deliver([(channel, message) for channel in channels_of(AlertSettings(mail=settings, trust=trust or Trust()), secrets)])["mail"].why


def test_mail_goes_out_over_a_closed_line_with_the_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path)
    account = Secrets(mail_user="kollega", mail_password="right")
    with postbox(certificate=file, accounts={"kollega": "right"}) as box:
        assert "is not believed: nobody whom this machine trusts has signed it" in mailed(box, account, Security.STARTTLS)
        assert box.log_ins == []
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert mailed(box, account, Security.STARTTLS, "a@example.se", "b@example.se") == ""
        assert "refuses the account; set KOLLEGA_MAIL_USER and" in mailed(box, replace(account, mail_password="wrong"), Security.STARTTLS)
        assert "a password is not sent where anybody can read it" in mailed(box, account, Security.NONE)
    assert box.log_ins == [("kollega", True), ("kollega", True)]
    mail = box.mails[0]
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == ("Kollega <kollega@example.se>", "a@example.se, b@example.se", "auto-generated")
    assert box.texts == ["Kollega on robot-1, mode decide, 2026-11-22 06:30.\n\nThis is a test. Alerts will come like this.\n"]


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_mail_goes_over_a_line_that_is_closed_in_either_way_only_to_the_server_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: Security
) -> None:
    account, is_closed_at_once = Secrets(mail_user="kollega", mail_password="right"), security is Security.TLS
    right, wrong = certificate(tmp_path), certificate(tmp_path, name="DNS:post.example.se")
    with postbox(certificate=right, accounts={"kollega": "right"}, is_closed_at_once=is_closed_at_once) as box:
        refused = mailed(box, account, security)
        assert refused == Mistrust.SIGNER.said_of(f"the mail server 127.0.0.1:{box.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(right))
        assert mailed(box, account, security) == ""
        assert ([str(mail["To"]) for mail in box.mails], box.log_ins) == (["drift@example.se"], [("kollega", True)])
    # Known by who has signed it, and another server's all the same.
    monkeypatch.setenv("SSL_CERT_FILE", str(wrong))
    with postbox(certificate=wrong, accounts={"kollega": "right"}, is_closed_at_once=is_closed_at_once) as box:
        assert mailed(box, account, security) == Mistrust.NAME.said_of(f"the mail server 127.0.0.1:{box.port}")
        assert (box.mails, box.log_ins) == ([], [])


def test_a_mail_server_whose_certificate_has_expired_is_mended_by_who_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority.called("Kommunens rot")
    let_machine_trust(monkeypatch, tmp_path, authority)
    with postbox(certificate=authority.sign(tmp_path, ends=-2 * DAY)) as box:
        assert mailed(box, Secrets(), Security.STARTTLS, host="localhost") == Mistrust.TIME.said_of(f"the mail server localhost:{box.port}")


def test_an_alert_arrives_when_the_file_of_authorities_has_gone_since_the_settings_were_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, gone = certificate(tmp_path), Trust(authorities=tmp_path / "gone.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with postbox(certificate=file) as box:
        assert mailed(box, Secrets(), Security.STARTTLS, trust=gone) == ""
        monkeypatch.delenv("SSL_CERT_FILE")
        assert "nobody whom this machine trusts has signed it" in mailed(box, Secrets(), Security.STARTTLS, trust=gone)


def test_a_line_that_is_closed_in_another_way_than_is_set_is_told_by_the_setting(tmp_path: Path) -> None:
    with postbox(certificate=certificate(tmp_path)) as box:
        assert "does not begin with TLS, or not as this machine does (WRONG_VERSION_NUMBER); look over alerts.mail.security" in mailed(
            box, Secrets(), Security.TLS
        )


def test_a_mail_server_that_refuses_is_told_by_what_to_do() -> None:
    with postbox(refused={"a@example.se"}) as box:
        assert "has no starttls" in mailed(box, Secrets(), Security.STARTTLS)
        assert "refuses 1 of 2 under alerts.mail.to" in mailed(box, Secrets(), Security.NONE, "a@example.se", "b@example.se")
        assert "refuses everybody under alerts.mail.to" in mailed(box, Secrets(), Security.NONE, "a@example.se")


def test_a_webhook_gets_the_token_and_is_believed_only_when_it_takes_the_record(place: Place) -> None:
    place.ran(4, HELD)
    place.hook.answers = 403
    assert place.look().told["webhook"] == "the webhook answers 403; look over alerts.webhook and KOLLEGA_WEBHOOK_TOKEN"
    place.hook.answers = 204
    assert place.look(3 * MINUTE).told == {"webhook": ""}
    assert place.hook.tokens == ["Bearer sesame"] * 2
    record = place.hook.records[1]
    assert {"schema", "kind", "at", "machine", "mode", "subject", "text", "new", "standing", "over"} == set(record)
    assert record["text"].startswith("[Kollega] case_system is held\n\nKollega on ")
    assert len(place.box.mails) == 1


def test_the_secrets_of_the_channels_come_from_where_all_accounts_are(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert secrets_of(place.settings.secrets) == Secrets()
    for name, value in (("KOLLEGA_MAIL_USER", "kollega"), ("KOLLEGA_MAIL_PASSWORD", "of-the-mail"), ("KOLLEGA_WEBHOOK_TOKEN", "of-the-hook")):
        monkeypatch.setenv(name, value)
    found = secrets_of(place.settings.secrets)
    assert found == Secrets(mail_user="kollega", mail_password="of-the-mail", webhook_token="of-the-hook")
    assert "of-the" not in repr(found)
    assert run_log.redacted("of-the-mail of-the-hook") == "[secret] [secret]"


# --- when a run was due -----------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SWEDEN).astimezone(UTC)


def missing(place: Place, now: str, *, schedule: Schedule, began: str = "", since: str = "2026-01-01 00:00") -> bool:
    place.settings = replace(place.settings, schedule=schedule)
    seen = Observed(
        now=at(now),
        situation=situation_by(place.settings, now=at(now)),
        schedule=schedule,
        grace=30 * MINUTE,
        scheduled_since=at(since),
        robot_began_at=at(began) if began else None,
    )
    return Cause.RUN_MISSING in {alert.cause for alert in judge(seen).alerts}


def plan(*lines: str, skip_holidays: bool = False) -> Schedule:
    return Schedule(runs=tuple(CronLine.parse(line) for line in lines), skip_holidays=skip_holidays)


@pytest.mark.parametrize(
    ("now", "began", "lines", "expected"),
    [
        # within the grace, after it, and with a run
        ("2026-11-24 05:50", "2026-11-23 05:30", ("30 5 * * *",), False),
        ("2026-11-24 06:05", "2026-11-23 05:30", ("30 5 * * *",), True),
        ("2026-11-24 06:05", "2026-11-24 05:29", ("30 5 * * *",), False),
        ("2026-11-24 23:00", "2026-11-24 05:30", ("30 5 * * *",), False),
        # never
        ("2026-11-24 06:05", "", ("30 5 * * *",), True),
        # not at the weekend
        ("2026-11-22 12:00", "2026-11-20 05:30", ("30 5 * * mon-fri",), False),
        # the clock is set forward on 2026-03-29: 02:30 does not exist, and is due at 03:00
        ("2026-03-29 03:20", "2026-03-28 02:30", ("30 2 * * *",), False),
        ("2026-03-29 03:31", "2026-03-28 02:30", ("30 2 * * *",), True),
        ("2026-03-29 03:31", "2026-03-29 03:00", ("30 2 * * *",), False),
        # and back on 2026-10-25: due the first time that it is 02:30
        ("2026-10-25 03:10", "2026-10-24 02:30", ("30 2 * * *",), True),
        ("2026-10-25 03:10", "2026-10-25 02:30", ("30 2 * * *",), False),
    ],
)
def test_a_run_is_missing_when_one_was_due_and_the_grace_is_over(place: Place, now: str, began: str, lines: tuple[str, ...], expected: bool) -> None:
    assert missing(place, now, schedule=plan(*lines), began=began) is expected


def test_no_run_is_missed_on_a_holiday_that_is_skipped(place: Place) -> None:
    assert missing(place, "2026-12-25 12:00", schedule=plan("30 5 * * *"), began="2026-12-23 05:30")
    assert not missing(place, "2026-12-25 12:00", schedule=plan("30 5 * * *", skip_holidays=True), began="2026-12-23 05:30")


def test_a_time_that_was_set_after_it_had_passed_is_nobodys_to_miss(place: Place) -> None:
    assert not missing(place, "2026-11-24 12:00", schedule=plan("30 5 * * *"), since="2026-11-24 10:00")
    assert missing(place, "2026-11-25 12:00", schedule=plan("30 5 * * *"), since="2026-11-24 10:00")


# --- the share of hand-offs -------------------------------------------------------------------------------------------


def ends(*parts: tuple[int, int, timedelta]) -> tuple[CaseEnd, ...]:
    """Return (hand-offs, others, how long ago) as cases, the latest first."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return tuple(
        CaseEnd(reference="", ended_at=now - ago, ending=ending, codes=())
        for handed_off, others, ago in parts
        for ending in (*[Ending.HANDED_OFF] * handed_off, *[Ending.DECIDED] * others)
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # too few now, and too few before
        ([(15, 4, HOUR), (10, 90, 48 * HOUR)], None),
        ([(15, 15, HOUR), (4, 45, 48 * HOUR)], None),
        ([(15, 15, HOUR), (10, 90, 48 * HOUR)], True),
        ([(6, 24, HOUR), (10, 90, 48 * HOUR)], False),
        # surely more, and not enough to matter
        ([(2200, 7800, HOUR), (2000, 8000, 48 * HOUR)], False),
        # what is older than thirty days is no measure
        ([(15, 15, HOUR), (0, 1000, 31 * 24 * HOUR)], None),
        # none was handed off before
        ([(8, 22, HOUR), (0, 100, 48 * HOUR)], True),
    ],
)
def test_more_hand_offs_than_chance_can_explain_are_told(parts: list[tuple[int, int, timedelta]], expected: bool | None) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    found = compare_hand_offs(ends(*parts), since=now - 2 * HOUR, now=now)
    assert (None if found is None else found.is_above) is expected


def test_the_chance_of_so_many_is_that_of_the_binomial_distribution() -> None:
    # 1 - 0.9 ** 10; ten of ten; at least three of five at one half.
    assert at_least(1, of=10, share=0.1) == pytest.approx(1 - 0.9**10)
    assert at_least(10, of=10, share=0.5) == pytest.approx(0.5**10)
    assert at_least(3, of=5, share=0.5) == pytest.approx(0.5)
    assert at_least(0, of=2000, share=0.3) == pytest.approx(1)


# --- the service ------------------------------------------------------------------------------------------------------


def test_the_service_looks_beside_its_work_and_says_when_it_ends_as_asked(place: Place) -> None:
    written(place)
    place.ran(4, HELD)
    state = place.settings.paths.state
    with minding(place.settings, each_seconds=0.05):
        first = read_beat(state)
        assert first is not None
        assert not first.has_ended
        until = time.monotonic() + 60
        while not place.box.mails and time.monotonic() < until:
            time.sleep(0.01)
        # What it can't read it tells by the settings that were right last.
        config = place.settings.root / "config" / "kollega.yaml"
        config.write_text(config.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
        while len(place.box.mails) < 2 and time.monotonic() < until:
            time.sleep(0.01)
    last = read_beat(state)
    assert last is not None
    assert last.has_ended
    assert place.box.subjects == ["[Kollega] case_system is held", "[Kollega] the configuration is wrong"]


def test_a_sign_of_life_that_is_under_way_when_the_service_ends_does_not_take_its_last_words_place(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_it, has_ended = threading.Event(), threading.Event()

    def beat_slowly(state: Path, **told: Any) -> None:
        if threading.current_thread().name == "alerts":
            at_it.set()
            # Until the service has had its last word, if it does not wait for this.
            has_ended.wait(0.5)
        beat(state, **told)
        if told.get("has_ended"):
            has_ended.set()

    monkeypatch.setattr(minding_module, "beat", beat_slowly)
    with minding(place.settings, each_seconds=0.01):
        assert at_it.wait(60)
    for thread in threading.enumerate():
        if thread.name == "alerts":
            thread.join(60)
    last = read_beat(place.settings.paths.state)
    assert last is not None
    assert last.has_ended


def test_a_service_that_ends_by_an_error_is_missed(place: Place) -> None:
    with pytest.raises(RuntimeError), minding(place.settings):
        raise RuntimeError
    found = read_beat(place.settings.paths.state)
    assert found is not None
    assert not found.has_ended


# --- settings and commands --------------------------------------------------------------------------------------------


def written(place: Place, *lines: str) -> None:
    """Write the place's settings into its file."""
    mail, file = place.settings.alerts.mail, place.settings.root / "config" / "kollega.yaml"
    assert mail is not None
    text = file.read_text(encoding="utf-8").replace('  runs: ["30 5 * * mon-fri"]\n', "")
    section = ["alerts:", f"  mail: {{host: {mail.host}, port: {mail.port}, security: none, from: {mail.sender}, to: [{mail.to[0]}]}}"]
    section += [f"  webhook: {{address: '{place.settings.alerts.webhook}'}}", "  disk_free_gb: 0", "  disk_free_share: 0", *lines]
    file.write_text(text + "".join(f"{line}\n" for line in section), encoding="utf-8")
    shutil.copytree(ROOT / "selectors", place.settings.root / "selectors", dirs_exist_ok=True)
    place.settings = settings.load(place.settings.root)


def test_every_setting_of_alerts_is_read(place: Place) -> None:
    written(
        place, "  repeat_hours: 1.5", "  messages_per_hour: 2", "  grace_minutes: 45", "  overdue_at_least: 5", "  password_days: 30",
        "  passwords_expire: {case_system: 2027-03-01}", "  names_cases: false",
    )  # fmt: skip
    found = place.settings.alerts
    assert (found.repeat_hours, found.messages_per_hour, found.grace_minutes, found.overdue_at_least) == (1.5, 2, 45, 5)
    assert (found.password_days, found.passwords_expire, found.names_cases) == (30, {"case_system": date(2027, 3, 1)}, False)
    assert found.mail is not None
    assert (found.mail.sender, found.mail.to, found.mail.security) == ("kollega@example.se", ("drift@example.se",), Security.NONE)


def test_what_the_comments_of_the_settings_show_can_be_used_as_it_stands(place: Place) -> None:
    file = place.settings.root / "config" / "kollega.yaml"
    before, _, section = file.read_text(encoding="utf-8").partition("# alerts:\n")
    lines = [line.removeprefix("# ") for line in section.partition("\n\n")[0].splitlines()]
    file.write_text(before + "alerts:\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = settings.load(place.settings.root).alerts
    usual = AlertSettings()
    assert replace(found, mail=None, webhook="", passwords_expire=usual.passwords_expire) == usual
    assert found.mail == MailSettings(
        host="mail.example.se", port=587, security=Security.STARTTLS, sender="kollega@example.se", to=("drift@example.se",)
    )


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ("  mail: {host: 'a b', from: k@b.se, to: [c@d.se]}", "alerts.mail.host: must be the name of a mail server"),
        ("  mail: {host: a, from: 'k@b.se, x@y.se', to: [c@d.se]}", "alerts.mail.from: must be a mail address"),
        ("  mail: {host: a, from: k@b.se, to: []}", "alerts.mail.to: must be a list with at least one member"),
        ("  mail: {host: a, from: k@b.se, to: [c@d.se], port: 0}", "alerts.mail.port: must be a port from 1 to 65535"),
        ("  mail: {host: a, from: k@b.se, to: [c@d.se], security: ssl}", "alerts.mail.security: must be one of: starttls, tls, none"),
        ("  mail: {host: a, from: k@b.se, to: [c@d.se], password: x}", "alerts.mail.password: unknown key"),
        ("  webhook: {address: 'https://user:secret@host/'}", "alerts.webhook.address: must be an address"),
        ("  webhook: {address: 'ftp://host/'}", "alerts.webhook.address: must be an address"),
        ("  repeat_hours: 0", "alerts.repeat_hours: must be from 0.5 to 168"),
        ("  messages_per_hour: 0", "alerts.messages_per_hour: must be at least 1"),
        ("  disk_free_share: 2", "alerts.disk_free_share: must be from 0 to 0.9"),
        ("  passwords_expire: {casesystem: 2027-01-01}", "alerts.passwords_expire.casesystem: no system is called so"),
        ("  unknown: 1", "alerts.unknown: unknown key"),
    ],
)
def test_mistakes_under_alerts_are_named_by_line(place: Place, lines: str, mistake: str) -> None:
    file = place.settings.root / "config" / "kollega.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}alerts:\n{lines}\n", encoding="utf-8")
    with pytest.raises(SetupError) as caught:
        settings.load(place.settings.root)
    assert f"kollega.yaml:{len(text.splitlines()) + 2}: {mistake}" in str(caught.value)


def kollega(place: Place, *arguments: str) -> tuple[int, str]:
    """Return exit code and output of a command, in this process: another one takes a second to begin."""
    done = CliRunner().invoke(app, [*arguments, "--root", str(place.settings.root)])
    if isinstance(done.exception, KollegaError):
        return done.exception.exit_code, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_commands_look_tell_try_and_list(place: Place) -> None:
    written(place)
    assert kollega(place, "alerts", "test") == (0, "mail: sent.\nwebhook: sent.\n")
    assert place.box.subjects == ["[Kollega] Test: nothing is wrong"]
    assert kollega(place, "health") == (0, "All is well.\n")
    place.ran(4, HELD)
    assert kollega(place, "alerts", "check") == (0, "mail: told.\nwebhook: told.\n1 alert stands.\n")
    code, printed = kollega(place, "alerts", "list", "--json")
    record = json.loads(printed)
    assert (code, [one["cause"] for one in record["standing"]], list(record["channels"]["mail"]["told"])) == (
        0,
        ["system_held"],
        ["system_held/case_system"],
    )
    code, printed = kollega(place, "alerts", "list")
    assert code == 0
    assert printed.startswith("error    case_system is held, and its cases wait: ")
    code, printed = kollega(place, "health", "--json")
    assert (code, json.loads(printed)["status"], printed.count("\n")) == (1, "failing", 1)
    assert len(place.box.mails) == 2


def test_a_check_that_can_tell_nobody_says_so_by_its_exit_code(place: Place) -> None:
    written(place)
    place.ran(4, HELD)
    place.hook.answers = 500
    code, printed = kollega(place, "alerts", "check")
    assert code == 3
    assert "webhook: not told, the webhook answers 500" in printed
    assert "mail: told." in printed


def test_where_nobody_is_set_to_be_told_the_commands_say_so(place: Place) -> None:
    shutil.copytree(ROOT / "selectors", place.settings.root / "selectors")
    nobody = "Nobody is told: config/kollega.yaml sets neither alerts.mail nor alerts.webhook."
    assert kollega(place, "alerts", "test") == (3, f"{nobody}\n")
    code, printed = kollega(place, "alerts", "check")
    assert code == 0
    assert nobody in printed


def test_a_configuration_in_which_no_run_can_begin_is_told_by_the_check(place: Place) -> None:
    written(place)
    (place.settings.root / "config" / "guidelines.yaml").write_text("schema: 1\n", encoding="utf-8")
    assert kollega(place, "alerts", "check")[0] == 0
    assert place.box.subjects == ["[Kollega] the configuration is wrong"]


@pytest.mark.parametrize("damage", ["  : {", "\nnonsense: 1\n", None])
def test_settings_that_are_wrong_are_told_by_those_that_were_right_last(place: Place, damage: str | None) -> None:
    written(place)
    assert kollega(place, "alerts", "check") == (0, "Nothing stands.\n")
    file = place.settings.root / "config" / "kollega.yaml"
    text = file.read_text(encoding="utf-8")
    if damage is None:
        file.unlink()
    else:
        file.write_text(text + damage, encoding="utf-8")
    for _ in range(2):
        assert kollega(place, "alerts", "check")[0] == 0
    assert place.box.subjects == ["[Kollega] the configuration is wrong"]
    file.write_text(text, encoding="utf-8")
    assert kollega(place, "alerts", "check")[0] == 0
    assert place.box.subjects[1:] == ["[Kollega] Over: the configuration is wrong; all is well"]
    kept = alerts_folder(place.settings.paths.state) / "kollega.yaml"
    assert (kept.read_text(encoding="utf-8"), kept.stat().st_mode & 0o777) == (text, 0o600)


def test_settings_that_were_never_right_are_the_operators_matter(place: Place) -> None:
    (place.settings.root / "config" / "kollega.yaml").write_text("schema: 1\n", encoding="utf-8")
    assert kollega(place, "alerts", "check")[0] == 3


def test_all_is_well_unless_somebody_must_act(place: Place) -> None:
    late_case(place)
    found = health_of(place.settings, now=place.began)
    assert (found.is_well, found.because, len(found.beside)) == (True, (), 1)
    place.ran(1)
    assert not health_of(place.settings, now=place.began).is_well
    assert not alerts_folder(place.settings.paths.state).exists()


def test_a_channel_that_was_down_for_long_does_not_remember_for_ever() -> None:
    now, ledger = datetime(2026, 11, 22, tzinfo=UTC), with_channels(Ledger(), ("mail",))
    one = Alert(cause=Cause.SETUP, subject="", severity=Severity.ERROR, what="It is so.", do="Mend it.")
    for number in range(MOST_TOLD_OVER + 10):
        for alerts_now in ((one,), ()):
            ledger = with_verdict(ledger, Verdict(alerts=alerts_now, unsettled=frozenset()), now=now + number * MINUTE)
    assert len(ledger.channels["mail"].over) == MOST_TOLD_OVER
    assert ledger.channels["mail"].over[-1].ended_at == now + (MOST_TOLD_OVER + 9) * MINUTE


def test_the_table_of_causes_in_the_readme_is_the_programs_own() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("| cause | when it is told |\n|---|---|\n", 1)[1].split("\n\n", 1)[0]
    assert section.splitlines() == [f"| `{cause}` | {meaning} |" for cause, meaning in MEANINGS.items()]


@pytest.mark.durable
def test_the_last_days_are_read_alike_from_a_file_and_from_a_server(server: str, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for where in (tmp_path / "casebook.sqlite", f"{server}&schema=lately" if "?" in server else f"{server}?schema=lately"):
        with Casebook(where) as casebook:
            for number, days in enumerate((1, 50, 2)):
                casebook.open_case(f"case-{number}", reference=f"EA-{number}", month="2026-11")
                codes = (ReasonCode.ROBOT_FAULT,) if number else ()
                casebook.close_case(
                    outcome_of(f"case-{number}", f"EA-{number}", ending=Ending.HANDED_OFF, ended_at=now - timedelta(days=days), codes=codes)
                )
            casebook.open_case("case-3", reference="EA-3", month="2026-11")
            began_at = Workers(casebook.engine).begin("robot-1", machine="m", process=1, version="0", mode="decide")
        found = lately(where, since=now - timedelta(days=40))
        assert found is not None
        assert [(one.reference, one.ending, one.codes) for one in found.ends] == [
            ("EA-0", "handed off", ()),
            ("EA-2", "handed off", ("ROBOT-FAULT",)),
        ]
        assert found.robot_began_at == began_at
    assert lately(tmp_path / "none.sqlite", since=now) is None
