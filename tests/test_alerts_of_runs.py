"""What operators are told of real runs in the practice municipality: a robot that is killed, a screen that has changed."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from robots.cli import app
from robots.practice.households import generate
from tests.postbox import Postbox, postbox
from tests.test_run import RUN_SECONDS, Installation, installed

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.durable]


def told_by_mail(installation: Installation, box: Postbox) -> None:
    """Have the installation tell this mail server, and no run due by the clock."""
    file = installation.root / "config" / "kollega.yaml"
    text = file.read_text(encoding="utf-8").replace('  runs: ["30 5 * * mon-fri"]\n', "")
    mail = f"  mail: {{host: 127.0.0.1, port: {box.port}, security: none, from: kollega@example.se, to: [drift@example.se]}}\n"
    file.write_text(f"{text}alerts:\n{mail}  disk_free_gb: 0\n  disk_free_share: 0\n", encoding="utf-8")


def check(installation: Installation) -> str:
    done = CliRunner().invoke(app, ["alerts", "check", "--root", str(installation.root)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_run_that_is_killed_and_one_that_holds_a_system_are_told_once_each(tmp_path: Path) -> None:
    households = [one for one in generate(5, 40) if one.expected.ending == "decided"][:1]
    with postbox() as box, installed(tmp_path, households, hostile=("case_system:renamed-field",)) as (installation, _):
        told_by_mail(installation, box)
        with installation.begin() as robot:
            until = time.monotonic() + RUN_SECONDS
            while "step_done" not in installation.log and time.monotonic() < until and robot.poll() is None:
                time.sleep(0.05)
            # So that it is under way for as long as that takes.
            robot.send_signal(signal.SIGSTOP)
            check(installation)
            assert box.mails == [], "a run under way is nobody's trouble"
            robot.kill()
            robot.wait(timeout=RUN_SECONDS)
        for _ in range(2):
            check(installation)
        assert box.subjects == ["[Kollega] the run failed"], box.texts

        code, printed = installation.run()
        # The run has told it itself.
        assert box.subjects == ["[Kollega] the run failed", "[Kollega] case_system is held"], box.texts
        assert "Nothing stands" not in check(installation)

    assert code == 4, printed
    assert len(box.mails) == 2
    assert "decision.motivation" in box.texts[1]
    assert "OVER\n* the run failed: no more." in box.texts[1]
    assert "alert_sent" in installation.log
    mail = "".join(one.as_string() for one in box.mails)
    assert not [one for household in households for person in household.persons for one in (person.personnummer, person.family_name) if one in mail]
