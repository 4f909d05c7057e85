"""The commands as an operator meets them: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from robots import cli

ROOT = Path(__file__).parent.parent
CASE = ROOT / "tests" / "cases" / "single_granted.json"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def kollega(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Return a function that runs a command in this process: starting Python anew for each would take most of the time."""

    def run(*arguments: str, cwd: Path = ROOT) -> Done:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr("sys.argv", ["kollega", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return Done(ended.value.code if isinstance(ended.value.code, int) else 0, printed.out, printed.err)

    return run


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """Return a folder with a copy of config/ and selectors/, to be broken."""
    for folder in ("config", "selectors"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_a_case_is_assessed_from_a_file_without_any_screen(kollega: Callable[..., Done]) -> None:
    done = kollega("assess", str(CASE), "--json", "--on", "2026-11-21")

    record = json.loads(done.stdout)
    assert done.returncode == 0
    assert record["codes"] == []
    # single 3940 + common 1280 + rent 6450 + electricity 400 - housing allowance 1300
    assert record["calculation"]["amount"] == "10770"
    assert record["authority"]["mode"] == "decide"
    assert {finding["answer"] for finding in record["findings"]} == {"met"}


def test_a_case_before_the_law_of_2022_is_only_proposed(kollega: Callable[..., Done]) -> None:
    done = kollega("assess", str(CASE), "--json", "--on", "2022-06-30")

    assert json.loads(done.stdout)["authority"]["mode"] == "propose"


def test_an_assessment_can_be_read_by_people(kollega: Callable[..., Done]) -> None:
    done = kollega("assess", str(CASE), "--on", "2026-11-21")

    assert done.returncode == 0
    assert "Att bevilja" in done.stdout


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_nothing_that_an_applicant_wrote_commands_the_terminal(kollega: Callable[..., Done], tmp_path: Path, as_json: list[str]) -> None:
    record = json.loads(CASE.read_text(encoding="utf-8"))
    hostile = "\x1b]0;titel\x07\x9b31m\u202eslut\r\nEA-26-00001: decide"
    record["application"]["incomes"]["value"].append({"party": "sökande", "kind": hostile, "paid_on": "2026-10-20", "amount": "100"})
    record["application"]["expenses"]["value"].append({"kind": hostile, "amount": "5"})
    case = tmp_path / "case.json"
    case.write_text(json.dumps(record), encoding="utf-8")

    done = kollega("assess", str(case), *as_json)

    assert done.returncode == 0
    assert "titel" in done.stdout
    assert "\nEA-26-00001: decide" not in done.stdout
    assert done.stdout.replace("\n", "").replace("\u00a0", "").isprintable()
    assert not as_json or json.loads(done.stdout)["calculation"]["incomes"][-1]["kind"] == hostile


def test_the_format_of_a_case_file_is_printed_as_a_schema(kollega: Callable[..., Done]) -> None:
    schema = json.loads(kollega("assess", "--schema").stdout)

    assert schema["required"] == ["schema", "application", "population", "benefits", "case"]


def test_a_wrong_case_file_lists_every_mistake_without_the_values(kollega: Callable[..., Done], tmp_path: Path) -> None:
    record = json.loads(CASE.read_text(encoding="utf-8"))
    record["application"]["shoe_size"] = "SECRET-1"
    record["application"]["days_away"]["value"] = "SECRET-2"
    wrong = tmp_path / "case.json"
    wrong.write_text(json.dumps(record), encoding="utf-8")

    done = kollega("assess", str(wrong), "--json")

    assert done.returncode == 3
    assert "application.shoe_size" in done.stderr
    assert "application.days_away.value" in done.stderr
    assert "SECRET" not in done.stderr + done.stdout


def test_the_configuration_that_the_project_carries_is_right(kollega: Callable[..., Done]) -> None:
    done = kollega("check")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["check", "run", "demo"])
def test_all_mistakes_of_all_files_are_listed_and_nothing_is_started(kollega: Callable[..., Done], installation: Path, command: str) -> None:
    settings = installation / "config" / "kollega.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("language: sv", "language: sv\nlangauge: en"), encoding="utf-8")
    selectors = installation / "selectors" / "e_service.yaml"
    selectors.write_text(selectors.read_text(encoding="utf-8").replace("label:", "lable:", 1), encoding="utf-8")
    delegation = installation / "config" / "delegation.yaml"
    delegation.write_text(delegation.read_text(encoding="utf-8").replace("mode: decide", "mode: decides"), encoding="utf-8")

    done = kollega(command, cwd=installation)

    assert done.returncode == 3
    assert "kollega.yaml" in done.stderr
    assert "langauge" in done.stderr
    assert "e_service.yaml" in done.stderr
    assert "lable" in done.stderr
    assert "delegation.yaml" in done.stderr
    assert "mode" in done.stderr
    assert not (installation / "logs").exists()


@pytest.mark.parametrize("command", [["demo"], ["practice", "serve"]])
def test_a_switch_that_does_not_exist_names_those_that_do(kollega: Callable[..., Done], installation: Path, command: list[str]) -> None:
    done = kollega(*command, "--hostile", "rainy", cwd=installation)

    assert done.returncode == 2
    assert "session-expiry" in done.stderr
    assert not (installation / "logs").exists()


def test_practice_systems_are_not_served_for_an_address_that_is_not_theirs(kollega: Callable[..., Done], installation: Path) -> None:
    settings = installation / "config" / "kollega.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("http://127.0.0.1:8702", "https://folk.example"), encoding="utf-8")

    done = kollega("practice", "serve", cwd=installation)

    assert done.returncode == 3
    assert done.stderr.startswith("population_register: ")
    assert "http://127.0.0.1" in done.stderr


@pytest.mark.durable
def test_an_address_that_is_taken_is_told_and_not_thrown(kollega: Callable[..., Done], installation: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = installation / "config" / "kollega.yaml"
        text = settings.read_text(encoding="utf-8").replace("http://127.0.0.1:8701", f"http://127.0.0.1:{taken.getsockname()[1]}")
        settings.write_text(text, encoding="utf-8")

        done = kollega("practice", "serve", "--cases", "1", cwd=installation)

    assert done.returncode == 3
    assert "e_service.errors.txt" in done.stderr


def test_every_missing_password_names_the_variable_to_set(kollega: Callable[..., Done], installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KOLLEGA_")]:
        monkeypatch.delenv(name)

    done = kollega("run", cwd=installation)

    assert done.returncode == 3
    assert "KOLLEGA_E_SERVICE_USER" in done.stderr
    assert "KOLLEGA_CASE_SYSTEM_PASSWORD" in done.stderr


def test_every_command_has_its_help(kollega: Callable[..., Done]) -> None:
    for command in ([], ["run"], ["check"], ["assess"], ["demo"], ["practice"], ["practice", "serve"], ["practice", "effects"]):
        done = kollega(*command, "--help")

        assert done.returncode == 0
        assert "Usage" in done.stdout


@pytest.mark.parametrize("command", ["run", "demo"])
def test_a_mode_that_does_not_exist_names_those_that_do(kollega: Callable[..., Done], installation: Path, command: str) -> None:
    done = kollega(command, "--mode", "bold", cwd=installation)

    assert done.returncode == 2
    assert all(mode in done.stderr for mode in ("shadow", "propose", "decide"))
    assert not (installation / "logs").exists()
