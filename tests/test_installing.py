"""What `kollega install` shows and writes, held against systemd itself where it is there, and against the forms that the files must have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from robots import cli, settings
from robots.accounts import SecretsSettings, SecretsSource
from robots.case import SWEDEN
from robots.errors import SetupError
from robots.installing import File, Place, outermost, systemd, task_scheduler, write
from robots.installing.task_scheduler import Trigger, triggers_of
from robots.schedule import CronLine, Schedule

ROOT = Path(__file__).parent.parent
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (Debian package systemd)")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return an installation in a folder with blanks and letters that are not English."""
    root = tmp_path / "Kollega i Åmål & Växjö"
    shutil.copytree(ROOT / "config", root / "config")
    python = root / "egen miljö" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    text = (root / "config" / "kollega.yaml").read_text(encoding="utf-8")
    text = text.replace("  workbook: logs/undantag.xlsx", "  workbook: delad mapp/undantag.xlsx")
    (root / "config" / "kollega.yaml").write_text(text, encoding="utf-8")
    return Place(settings=settings.load(root), python=python, user="kollega")


def rescheduled(place: Place, *lines: str, **other: bool) -> Place:
    schedule = Schedule(runs=tuple(CronLine.parse(line) for line in lines), **other)  # type: ignore[arg-type]  # as each test needs
    return replace(place, settings=replace(place.settings, schedule=schedule))


def units(place: Place, to: Path) -> dict[str, dict[str, list[str]]]:
    """Return {unit: {section.key: values}} of what would be written."""
    found: dict[str, dict[str, list[str]]] = {}
    for file in systemd.plan(place, to=to).files:
        section, keys = "", found.setdefault(file.path.name, {})
        for line in file.text.splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith("#"):
                key, _, value = line.partition("=")
                keys.setdefault(f"{section}.{key}", []).append(value)
    return found


def test_the_service_works_as_its_own_user_and_writes_where_the_robot_writes_only(place: Place, tmp_path: Path) -> None:
    root, found = place.settings.root, units(place, tmp_path)["kollega.service"]
    assert found["Service.User"] == ["kollega"]
    assert found["Service.Type"] == ["notify"]
    assert found["Service.WorkingDirectory"] == [str(root)]
    assert found["Service.ExecStart"] == [f'"{place.python}" -P -m robots.cli serve --root "{root}"']
    assert found["Service.ReadWritePaths"] == [f'"{root}/delad mapp" "{root}/logs"']
    assert {found[f"Service.{key}"][0] for key in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices")} == {"yes"}
    assert (found["Service.ProtectSystem"], found["Service.UMask"], found["Service.LimitCORE"]) == (["strict"], ["0077"], ["0"])


def test_the_service_serves_the_dashboard_when_that_is_wanted(place: Place, tmp_path: Path) -> None:
    found = units(replace(place, with_dashboard=True), tmp_path)["kollega.service"]
    assert found["Service.ExecStart"] == [f'"{place.python}" -P -m robots.cli serve --dashboard --root "{place.settings.root}"']


def test_a_stop_leaves_the_browser_alive_until_the_steps_under_way_are_finished(place: Place, tmp_path: Path) -> None:
    for name in ("kollega.service", "kollega-run.service"):
        found = units(place, tmp_path)[name]
        assert found["Service.KillMode"] == ["mixed"]
        assert int(found["Service.TimeoutStopSec"][0]) > 10 * place.settings.run.view_seconds


def test_the_timer_has_the_times_of_the_schedule_and_excludes_the_service(place: Place, tmp_path: Path) -> None:
    found = units(rescheduled(place, "30 5 * * mon-fri", "0 13 * * sat"), tmp_path)["kollega-run.timer"]
    assert found["Timer.OnCalendar"] == ["Mon,Tue,Wed,Thu,Fri *-*-* 05:30:00 Europe/Stockholm", "Sat *-*-* 13:00:00 Europe/Stockholm"]
    assert (found["Timer.Persistent"], found["Unit.Conflicts"]) == (["yes"], ["kollega.service"])


def test_alerts_are_looked_for_by_a_timer_of_their_own_that_needs_neither_service_nor_run(place: Place, tmp_path: Path) -> None:
    found = units(place, tmp_path)
    service, timer = found["kollega-alerts.service"], found["kollega-alerts.timer"]
    assert service["Service.ExecStart"] == [f'"{place.python}" -P -m robots.cli alerts check --root "{place.settings.root}"']
    assert service["Service.EnvironmentFile"] == ["/etc/kollega/accounts.env"]
    assert timer["Timer.OnUnitInactiveSec"] == ["5min"]
    assert not {key for key in (*service, *timer) if key.endswith(("Conflicts", "Requires", "BindsTo"))}


CALENDARS = [
    ("30 5 * * *", ("*-*-* 05:30:00 Europe/Stockholm",)),
    ("*/20 6,7 * * *", ("*-*-* 06,07:00,20,40:00 Europe/Stockholm",)),
    ("0 * * * *", ("*-*-* *:00:00 Europe/Stockholm",)),
    ("0 5 1,15 jan-mar *", ("*-01,02,03-01,15 05:00:00 Europe/Stockholm",)),
    ("0 5 * * sun,wed", ("Wed,Sun *-*-* 05:00:00 Europe/Stockholm",)),
    ("0 5 1 * mon", ("*-*-01 05:00:00 Europe/Stockholm", "Mon *-*-* 05:00:00 Europe/Stockholm")),
]


@pytest.mark.parametrize(("line", "calendar"), CALENDARS)
def test_a_cron_line_is_told_to_the_timer(line: str, calendar: tuple[str, ...]) -> None:
    assert systemd.calendar_of(CronLine.parse(line)) == calendar


@needs_systemd
@pytest.mark.parametrize("line", [line for line, _ in CALENDARS])
def test_systemd_takes_the_times_of_the_timer_for_those_of_the_schedule(line: str) -> None:
    parsed = CronLine.parse(line)
    # A line such as "Next elapse: Mon 2026-11-23 05:30:00 CET".
    base = datetime(2026, 11, 22, 12, tzinfo=SWEDEN)
    printed = subprocess.run(
        ["systemd-analyze", "calendar", f"--base-time={base:%Y-%m-%d %H:%M:%S}", *systemd.calendar_of(parsed)],  # noqa: S607 - wherever the machine has it
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "Europe/Stockholm", "LC_ALL": "C"},
    ).stdout
    elapses = [line.split(":", 1)[1].split()[1:3] for line in printed.splitlines() if "Next elapse:" in line]
    next_of_timer = min(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SWEDEN) for day, clock in elapses)
    assert next_of_timer == Schedule(runs=(parsed,)).next_due(base)


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_units(place: Place, tmp_path: Path) -> None:
    plan = systemd.plan(place, to=tmp_path / "units")
    write(plan.files)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(file.path) for file in plan.files)],  # noqa: S607 - wherever the machine has it
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "kollega" in line.lower()]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a\\b", "a$b", "a%b", "a\nb"])
def test_a_folder_that_means_something_else_in_a_unit_is_refused(place: Place, tmp_path: Path, name: str) -> None:
    with pytest.raises(SetupError, match="use another folder"):
        systemd.plan(replace(place, python=tmp_path / name), to=tmp_path)


def test_without_due_times_there_is_nothing_to_install(place: Place, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"schedule\.runs"):
        systemd.plan(rescheduled(place), to=tmp_path)
    with pytest.raises(SetupError, match=r"schedule\.runs"):
        task_scheduler.plan(rescheduled(place), to=tmp_path, today=TODAY)


def test_a_timer_that_can_not_skip_holidays_says_so(place: Place, tmp_path: Path) -> None:
    plan = systemd.plan(rescheduled(place, "30 5 * * *", skip_holidays=True), to=tmp_path)
    assert any("can't skip holidays" in remark for remark in plan.remarks)
    assert "does not know holidays" in plan.files[-1].text


def test_accounts_stand_in_no_file_and_an_accounts_file_is_never_emptied(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLLEGA_E_SERVICE_USER", "robot-name")
    monkeypatch.setenv("KOLLEGA_E_SERVICE_PASSWORD", "not-to-be-shown")
    for plan in (systemd.plan(place, to=tmp_path), task_scheduler.plan(place, to=tmp_path, today=TODAY)):
        whole = "\n".join([*(file.text for file in plan.files), *plan.commands, *plan.remarks])
        assert "not-to-be-shown" not in whole
        assert "robot-name" not in whole
    assert "[ -e /etc/kollega/accounts.env ] || install -m 0600 /dev/null /etc/kollega/accounts.env" in systemd.plan(place, to=tmp_path).commands


def test_an_administrator_is_told_to_write_accounts_where_the_robot_reads_them_and_nowhere_else(place: Place, tmp_path: Path) -> None:
    in_file = SecretsSettings(source=SecretsSource.FILE, path=tmp_path / "accounts")
    of_environment = "\n".join(systemd.plan(place, to=tmp_path).commands)
    of_file = "\n".join(systemd.plan(replace(place, settings=replace(place.settings, secrets=in_file)), to=tmp_path).commands)

    assert "KOLLEGA_E_SERVICE_PASSWORD" in of_environment
    assert "KOLLEGA_E_SERVICE_PASSWORD" not in of_file
    assert str(tmp_path / "accounts") in of_file


def test_the_commands_quote_paths_with_blanks(place: Place, tmp_path: Path) -> None:
    (made,) = [command for command in systemd.plan(place, to=tmp_path).commands if command.startswith("install -d") and "-o kollega" in command]
    assert made == f"install -d -m 0700 -o kollega -g kollega '{place.settings.root}/logs'"


def test_the_folder_that_the_caseworkers_share_is_taken_from_nobody(place: Place, tmp_path: Path) -> None:
    shared = place.settings.paths.workbook.parent
    shared.mkdir()
    shared.chmod(0o775)
    before = shared.stat()
    (command,) = [one for one in systemd.plan(place, to=tmp_path).commands if "delad mapp" in one and not one.startswith("#")]

    subprocess.run(["sh", "-ec", command], check=True)  # noqa: S607 - wherever the machine has it - sh from the path

    assert (shared.stat().st_mode, shared.stat().st_uid, shared.stat().st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@pytest.mark.parametrize(
    ("paths", "outer"),
    [
        (["/a/logs/state", "/a/logs", "/a/logs"], ["/a/logs"]),
        (["/a/logs", "/a/logs2"], ["/a/logs", "/a/logs2"]),
    ],
)
def test_folders_inside_others_are_left_out(paths: list[str], outer: list[str]) -> None:
    assert outermost([Path(path) for path in paths]) == tuple(Path(path) for path in outer)


# --- Windows ----------------------------------------------------------------------------------------------------------

TODAY = date(2026, 11, 22)


def task(place: Place, tmp_path: Path) -> ElementTree.Element:
    (file,) = task_scheduler.plan(place, to=tmp_path, today=TODAY).files
    # As Task Scheduler reads it: the bytes, with the encoding that they declare.
    return ElementTree.fromstring(file.content)  # noqa: S314 - our own file


def text_of(root: ElementTree.Element, *names: str) -> str:
    found = root.find("/".join(f"{TASK}{name}" for name in names))
    assert found is not None, names
    return found.text or ""


def test_the_task_is_written_as_windows_wants_it(place: Place, tmp_path: Path) -> None:
    (file,) = task_scheduler.plan(place, to=tmp_path, today=TODAY).files
    assert file.content.startswith(b"\xff\xfe<\x00?\x00x\x00")
    assert file.content.decode("utf-16").startswith('<?xml version="1.0" encoding="UTF-16"?>\r\n')


def test_the_task_has_the_parts_that_the_schema_asks_for_in_their_places(place: Place, tmp_path: Path) -> None:
    found = task(place, tmp_path)
    assert (found.tag, found.get("version")) == (f"{TASK}Task", "1.2")
    assert [child.tag.removeprefix(TASK) for child in found] == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    trigger = found.find(f"{TASK}Triggers/{TASK}CalendarTrigger")
    assert trigger is not None
    assert [child.tag.removeprefix(TASK) for child in trigger] == ["Enabled", "StartBoundary", "ScheduleByWeek"]


def test_the_task_runs_one_at_a_time_also_on_batteries_and_not_for_ever(place: Place, tmp_path: Path) -> None:
    found = task(place, tmp_path)
    names = ("MultipleInstancesPolicy", "StopIfGoingOnBatteries", "DisallowStartIfOnBatteries", "StartWhenAvailable", "ExecutionTimeLimit")
    assert [text_of(found, "Settings", name) for name in names] == ["IgnoreNew", "false", "false", "true", "PT12H"]


def test_the_task_quotes_what_has_blanks_and_keeps_every_letter(place: Place, tmp_path: Path) -> None:
    found = task(place, tmp_path)
    assert text_of(found, "Actions", "Exec", "Command") == str(place.python)
    assert text_of(found, "Actions", "Exec", "Arguments") == f'-P -m robots.cli run --check --root "{place.settings.root}"'
    assert text_of(found, "Actions", "Exec", "WorkingDirectory") == str(place.settings.root)


def triggers(place: Place, tmp_path: Path, *lines: str) -> list[tuple[str, str]]:
    found = task(rescheduled(place, *lines), tmp_path).find(f"{TASK}Triggers")
    assert found is not None
    return [(text_of(one, "StartBoundary"), one[-1].tag.removeprefix(TASK)) for one in found]


def test_cron_lines_become_triggers(place: Place, tmp_path: Path) -> None:
    assert triggers(place, tmp_path, "30 5 * * mon-fri", "0 6,13 * * *", "0 5 1 * *") == [
        ("2026-11-22T05:30:00", "ScheduleByWeek"),
        ("2026-11-22T06:00:00", "ScheduleByDay"),
        ("2026-11-22T13:00:00", "ScheduleByDay"),
        ("2026-11-22T05:00:00", "ScheduleByMonth"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("30 5 * * mon,sun", (Trigger(at=time(5, 30), weekdays=("Sunday", "Monday")),)),
        ("*/15 * * * *", (Trigger(at=time(0, 0), every_minutes=15),)),
        ("10 * * * *", (Trigger(at=time(0, 10), every_minutes=60),)),
        ("0,30 5 * * *", (Trigger(at=time(5, 0)), Trigger(at=time(5, 30)))),
        ("0 5 1 jan *", (Trigger(at=time(5, 0), days=(1,), months=("January",)),)),
        ("0 5 * jun *", (Trigger(at=time(5, 0), months=("June",)),)),
        ("0 5 1 * mon", (Trigger(at=time(5, 0), weekdays=("Monday",)), Trigger(at=time(5, 0), days=(1,)))),
        # what Task Scheduler can't express
        ("0 5 * jun mon", ()),
        ("*/5 6-20 * * *", ()),
    ],
)
def test_a_cron_line_is_told_to_task_scheduler(line: str, expected: tuple[Trigger, ...]) -> None:
    assert triggers_of(CronLine.parse(line)) == expected


def test_a_line_that_task_scheduler_can_not_express_is_told(place: Place, tmp_path: Path) -> None:
    plan = task_scheduler.plan(rescheduled(place, "30 5 * * *", "*/5 6-20 * * *"), to=tmp_path, today=TODAY)
    assert any("schedule.runs */5 6-20 * * * can't be expressed" in remark for remark in plan.remarks)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Return a function that runs `kollega install` in this process and gives exit code and output."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["kollega", "install", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code if isinstance(ended.value.code, int) else 0, printed.out + printed.err

    return run


def test_by_itself_the_command_only_shows(place: Place, tmp_path: Path, install: Callable[..., tuple[int, str]]) -> None:
    code, printed = install("--root", str(place.settings.root), "--to", str(tmp_path / "units"))
    assert code == 0
    assert f"=== {tmp_path}/units/kollega.service" in printed
    assert "Nothing was written" in printed
    assert "systemctl enable --now kollega.service" in printed
    assert not (tmp_path / "units").exists()


def test_when_told_to_the_command_writes_and_keeps_what_it_replaces(place: Place, tmp_path: Path, install: Callable[..., tuple[int, str]]) -> None:
    to = tmp_path / "units"
    to.mkdir()
    (to / "kollega.service").write_text("of somebody else\n", encoding="utf-8")
    arguments = ("--root", str(place.settings.root), "--to", str(to))

    _, shown = install(*arguments)
    first, told = install(*arguments, "--write")
    second, again = install(*arguments, "--write")

    assert f"kollega.service, in place of another file, which would be kept as {to}/kollega.service.before" in shown
    assert (first, second) == (0, 0)
    assert f"{to}/kollega.service is written anew; what stood there is kept as {to}/kollega.service.before." in told
    assert (to / "kollega.service.before").read_text(encoding="utf-8") == "of somebody else\n"
    assert "ExecStart" in (to / "kollega.service").read_text(encoding="utf-8")
    assert again.count("is there already and as it should be") == 5
    assert {path.stat().st_mode & 0o777 for path in to.glob("kollega*.service")} == {0o644}


def test_the_command_writes_a_task_for_windows(place: Place, tmp_path: Path, install: Callable[..., tuple[int, str]]) -> None:
    code, printed = install("--root", str(place.settings.root), "--windows", "--write", "--to", str(tmp_path))
    assert code == 0
    assert "schtasks /Create /TN Kollega /XML" in printed
    assert ElementTree.parse(tmp_path / "kollega-task.xml").getroot().tag == f"{TASK}Task"  # noqa: S314 - our own file


@pytest.mark.parametrize("user", ["", "root; reboot", "a\nUser=root"])
def test_a_user_that_is_none_is_refused(place: Place, tmp_path: Path, install: Callable[..., tuple[int, str]], user: str) -> None:
    code, printed = install("--root", str(place.settings.root), "--to", str(tmp_path), "--user", user)
    assert code == 2
    assert "must be the name of an account" in printed


def test_a_folder_that_can_not_be_written_to_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SetupError, match="as an administrator, or name another folder with --to"):
        write([File(path=tmp_path / "file" / "kollega.service", content=b"", text="")])
