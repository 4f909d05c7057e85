"""The README held against the program: its commands run, and its tables are the program's own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from robots import errors
from robots.configuration import read_configuration
from robots.errors import KollegaError, ReasonCode, StopRequested
from robots.practice.households import KINDS, generate
from robots.run_log import MEANINGS, Action
from robots.run_process import EXIT_CODES
from robots.texts import Texts
from robots.wiring import INBOX_UNREAD_EXIT_CODE, OWN_FAULT_EXIT_CODE

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

#: every command of the README and the test that runs it
RUN_BY = {
    "make setup": "test_readme.py::test_make_knows_what_the_readme_and_its_help_name",
    "make -C /opt/kollega packages": "test_readme.py::test_make_knows_what_the_readme_and_its_help_name",
    "make demo": "test_run.py::test_forty_applications_of_all_kinds_end_as_worked_out_by_hand",
    'make demo ARGS="--cases 5 --seed 7"': "test_run.py::test_forty_applications_of_all_kinds_end_as_worked_out_by_hand",
    "make demo CASE_SYSTEM=web": "test_case_system_forms.py::test_a_demo_ends_and_writes_alike_in_both_forms_of_the_case_system",
    "make test": "what runs this very test",
    "kollega check": "test_cli.py::test_the_configuration_that_the_project_carries_is_right",
    "kollega accounts set e_service": "test_accounts.py::test_a_password_is_typed_unseen_and_kept_by_a_command",
    "kollega accounts list": "test_accounts.py::test_a_command_lists_which_accounts_are_there_and_no_password",
    "kollega screens check": "screens/test_drift_practice.py::test_all_screens_are_found_and_nothing_is_written_while_they_are_looked_at",
    "kollega screens check case_system --json": "screens/test_drift_practice.py::test_what_has_changed_is_told_by_element_with_a_picture_and_everything_else_is_still_looked_at",  # noqa: E501 - a name is one word
    "kollega run --check": "screens/test_drift_practice.py::test_a_run_whose_screens_are_as_they_should_be_handles_all_cases",
    "kollega screens schema": "screens/test_selector_schema.py::test_the_schema_is_printed_by_a_command",
    "kollega run": "test_run.py::test_a_run_stopped_by_ctrl_c_goes_on_where_it_was",
    "kollega run --mode shadow": "test_run.py::test_a_shadow_run_writes_nowhere_and_leaves_the_same_applications_to_the_next_run",
    "kollega doctor": "test_doctor.py::test_an_installation_in_order_has_no_fault",
    "kollega doctor --no-screens": "test_doctor.py::test_an_installation_in_order_has_no_fault",
    "kollega doctor --no-screens --json": "test_doctor.py::test_an_installation_in_order_has_no_fault",
    "kollega queue list": "test_queue_commands.py::test_the_list_names_the_cases_in_the_order_in_which_they_are_begun",
    "kollega queue list --mode shadow": "test_run.py::test_a_shadow_run_writes_nowhere_and_leaves_the_same_applications_to_the_next_run",
    "kollega queue list --state failed --json": "test_queue_commands.py::test_the_list_names_the_cases_in_the_order_in_which_they_are_begun",
    "kollega queue show EA-26-00017": "test_queue_commands.py::test_operators_steer_a_robot_in_the_practice_municipality",
    "kollega queue first EA-26-00017": "test_queue_commands.py::test_the_list_names_the_cases_in_the_order_in_which_they_are_begun",
    'kollega queue pause --system case_system --why "upgrade"': "test_queue_commands.py::test_operators_steer_a_robot_in_the_practice_municipality",
    "kollega queue resume --system case_system": "test_queue_commands.py::test_operators_steer_a_robot_in_the_practice_municipality",
    "kollega queue retry EA-26-00017": "test_queue_commands.py::test_operators_steer_a_robot_in_the_practice_municipality",
    'kollega queue retry EA-26-00017 --from "read case"': "test_queue_commands.py::test_a_failed_case_is_retried_from_a_step_by_a_command",
    'kollega queue cancel EA-26-00017 --why "moved"': "test_queue_commands.py::test_operators_steer_a_robot_in_the_practice_municipality",
    "kollega backup kollega.zip": "test_backup.py::test_a_backup_holds_casebook_engine_shadow_runs_and_configuration_for_one_account_alone",
    "kollega backup before-upgrade.zip": "test_backup.py::test_a_backup_holds_casebook_engine_shadow_runs_and_configuration_for_one_account_alone",
    "kollega backup --check kollega.zip": "test_backup.py::test_a_backup_is_looked_over_by_a_command",
    "kollega restore kollega.zip --to anew": "test_backup.py::test_a_backup_becomes_an_installation_of_its_own_in_a_new_folder",
    "kollega restore kollega.zip --move-aside": (
        "test_backup.py::test_a_state_with_cases_is_overwritten_by_nobody_and_moved_aside_when_that_is_said"
    ),
    "kollega log page": "run_page/test_run_page.py::test_commands_make_the_page_of_the_newest_run_and_show_its_latest_lines",
    "kollega log page 20261122T043000Z-3f9a1c": "run_page/test_run_page.py::test_commands_make_the_page_of_the_newest_run_and_show_its_latest_lines",
    "kollega log show --lines 50": "run_page/test_run_page.py::test_commands_make_the_page_of_the_newest_run_and_show_its_latest_lines",
    "kollega retention run --dry-run": ("test_retention.py::test_the_plan_is_carried_out_by_a_command_that_tells_kinds_and_counts_and_no_case"),
    "kollega retention run --json": ("test_retention.py::test_the_plan_is_carried_out_by_a_command_that_tells_kinds_and_counts_and_no_case"),
    "kollega person extract --from-stdin --to extract": (
        "test_person_records.py::test_all_that_is_kept_on_a_person_is_gathered_in_a_folder_of_ones_own"
    ),
    'kollega person erase --from-stdin --decision "SN 14/2026"': (
        "test_person_records.py::test_by_itself_the_command_only_tells_what_would_be_erased_and_what_is_in_the_way"
    ),
    'kollega person erase --from-stdin --decision "SN 14/2026" --yes': (
        "test_person_records.py::test_after_an_erasure_nothing_is_found_and_nobody_else_is_touched"
    ),
    "kollega audit verify": "test_chain.py::test_the_record_is_verified_by_a_command",
    "kollega audit verify --json --backup kollega.zip": "test_chain.py::test_the_record_is_verified_by_a_command",
    "kollega workbook sync": "test_answers.py::test_a_command_reads_the_answers_and_writes_what_is_new",
    "kollega alerts check": "test_alerts.py::test_commands_look_tell_try_and_list",
    "kollega alerts test": "test_alerts.py::test_commands_look_tell_try_and_list",
    "kollega alerts list": "test_alerts.py::test_commands_look_tell_try_and_list",
    "kollega alerts list --json": "test_alerts.py::test_commands_look_tell_try_and_list",
    "kollega health --json": "test_alerts.py::test_commands_look_tell_try_and_list",
    "kollega metrics": "test_metrics.py::test_a_command_prints_the_metrics_and_writes_them_for_the_node_exporter",
    "kollega metrics --file kollega.prom": "test_metrics.py::test_a_command_prints_the_metrics_and_writes_them_for_the_node_exporter",
    "kollega workers --json": "test_workers.py::test_a_command_shows_who_is_alive_who_has_ended_and_who_is_dead",
    "kollega run --limit 2": "test_service_runs.py::test_a_run_keeps_the_hours_of_the_systems_the_time_after_which_none_is_begun_and_its_limit",
    "kollega serve --once-now": (
        "test_service_runs.py::test_a_service_that_is_told_to_stop_finishes_its_steps_and_the_next_one_goes_on_when_a_run_is_due"
    ),
    "kollega serve --dashboard": "test_dashboard.py::test_the_service_brings_it_and_takes_it_along_even_when_it_is_killed",
    "kollega watch": "test_watch.py::test_keys_pause_and_resume_for_real_and_the_picture_follows_the_casebook",
    "kollega watch --json": "test_watch.py::test_in_a_pipe_it_prints_once",
    "kollega dashboard": "test_dashboard.py::test_it_follows_the_casebook_by_itself_and_who_has_signed_in_can_pause_and_resume",
    "kollega install": "test_installing.py::test_by_itself_the_command_only_shows",
    "kollega install --write": "test_installing.py::test_when_told_to_the_command_writes_and_keeps_what_it_replaces",
    "kollega install --windows": "test_installing.py::test_the_command_writes_a_task_for_windows",
    "kollega assess tests/cases/single_granted.json --json": "test_cli.py::test_a_case_is_assessed_from_a_file_without_any_screen",
    "kollega assess --schema": "test_cli.py::test_the_format_of_a_case_file_is_printed_as_a_schema",
    "kollega explain EA-26-00017": "test_trace.py::test_a_case_is_explained_as_text_as_json_and_as_a_page",
    "kollega explain EA-26-00017 --html case.html": "test_trace.py::test_a_case_is_explained_as_text_as_json_and_as_a_page",
    "kollega rules book": "test_rule_book.py::test_the_command_writes_the_book_as_page_and_data",
    "kollega rules replay --config other-config": "test_replay.py::test_past_cases_are_replayed_under_another_config_by_a_command",
    "kollega rules replay --law-of 2025-01": "test_replay.py::test_past_cases_are_replayed_under_the_law_of_another_month_by_a_command",
    "kollega rules replay --as-decided": "test_replay.py::test_past_cases_are_checked_as_they_were_decided_by_a_command",
    "kollega report": "board_report/test_report.py::test_the_command_writes_the_follow_up_and_prints_its_answers",
    "kollega report --months 2026-01..2026-06 --decisions beslut.csv": (
        "board_report/test_report.py::test_the_command_writes_the_follow_up_and_prints_its_answers"
    ),
    "kollega demo --cases 6 --mode propose": "test_run.py::test_a_demo_that_proposes_leaves_proposals_where_another_decides",
    "kollega practice serve": "test_run.py::test_the_practice_systems_can_be_served_on_their_own",
    "kollega practice effects --json": "test_run.py::test_the_practice_systems_can_be_served_on_their_own",
    "kollega screens suggest e_service": "screens/test_suggestion.py::test_a_renamed_element_is_repaired_by_commands",
    "kollega screens accept e_service.new_message.subject": "screens/test_suggestion.py::test_a_renamed_element_is_repaired_by_commands",
    "kollega screens inspect e_service --view new_message": "screens/test_suggestion.py::test_a_view_is_inspected_and_pictured_by_commands",
    "kollega screens inspect new_system --address https://system.example/log-in --to first": (
        "screens/test_suggestion.py::test_a_view_is_inspected_and_pictured_by_commands"
    ),
    "kollega screens picture e_service --view household": "screens/test_suggestion.py::test_a_view_is_inspected_and_pictured_by_commands",
}


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def blocks(*languages: str) -> list[str]:
    """Return what stands between fences with one of these words behind the first of them."""
    return [text for word, text in re.findall(r"^ *```(\w*)\n(.*?)^ *```$", README, re.DOTALL | re.MULTILINE) if word in languages]


def anchor(heading: str) -> str:
    """Return what a link to a heading is called."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def classes(root: type[KollegaError]) -> Iterator[type[KollegaError]]:
    for child in root.__subclasses__():
        yield child
        yield from classes(child)


def test_every_command_of_the_readme_is_run_by_a_test() -> None:
    # What stands behind a # is told to people.
    lines = [line.partition("  # ")[0].strip() for block in blocks("", "sh") for line in block.splitlines()]
    commands = {line for line in lines if line.startswith(("make ", "kollega "))}

    assert commands == set(RUN_BY)
    for command, test in RUN_BY.items():
        file, _, name = test.partition("::")
        if name:
            assert f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), command


@pytest.mark.parametrize("target", ["demo", "test", "bench", "check", "setup", "packages", "lock", "format"])
def test_make_knows_what_the_readme_and_its_help_name(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 - make from the path

    assert done.returncode == 0, done.stderr


def test_the_help_of_make_tells_of_every_target_and_of_nothing_else() -> None:
    told = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607 - make from the path

    assert {line.split()[1] for line in told.splitlines()} == {
        "demo",
        "setup",
        "packages",
        "test",
        "bench",
        "hostile",
        "chaos",
        "privacy",
        "check",
        "format",
        "lock",
    }
    assert {line.split()[0] for line in told.splitlines()} == {"make"}


def test_every_link_of_the_table_of_contents_leads_to_a_heading() -> None:
    there = {anchor(heading) for heading in re.findall(r"^#+ (.*)$", README, re.MULTILINE)}
    linked = re.findall(r"\]\(#([^)]*)\)", README)

    assert len(linked) > 20
    assert [name for name in linked if name not in there] == []


def test_the_situations_that_the_readme_shows_end_as_it_says() -> None:
    expected = {one.kind.replace("_", " "): one.expected for one in generate(seed=1, count=len(KINDS) + 1)}
    shown = [[cell.strip() for cell in line.split("│")] for line in README.splitlines() if line.startswith("EA-")]

    assert len(shown) > 2
    # Which of them a demo draws, and with what amounts, is by lot.
    for _, _, situation, ending, _, codes, as_expected in shown:
        assert (ending, codes, as_expected) == (expected[situation].ending, " ".join(expected[situation].codes), "yes")


def test_the_settings_of_the_first_hour_can_be_set_in_the_configuration_that_the_project_carries(tmp_path: Path) -> None:
    hour = README.split("### The first hour", 1)[1].split("\n### ", 1)[0]
    settings = yaml.safe_load((ROOT / "config" / "kollega.yaml").read_text(encoding="utf-8"))
    for section, values in yaml.safe_load(re.findall(r"```yaml\n(.*?)```", hour, re.DOTALL)[0]).items():
        settings[section] = {**settings[section], **values}
    settings["schedule"]["runs"] = json.loads(re.findall(r"`runs: (\[.*?\])`", hour)[0])
    shutil.copytree(ROOT / "config", tmp_path / "config")
    shutil.copytree(ROOT / "selectors", tmp_path / "selectors")
    (tmp_path / "config" / "kollega.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    here = read_configuration(tmp_path).settings

    assert here.run.mode.value == "shadow"
    assert here.secrets.path == tmp_path / "logs" / "practice" / "accounts.env"
    assert len(here.schedule.runs) == 2


def test_the_table_of_log_actions_is_the_programs_own() -> None:
    assert rows("The log") == [[f"`{action}`", meaning] for action, meaning in MEANINGS.items()]


def test_every_log_action_can_happen() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "robots").rglob("*.py") if path.name != "run_log.py")
    # The list itself is no event; below it, the log tells of what it does by itself.
    code += (ROOT / "robots" / "run_log.py").read_text(encoding="utf-8").split("# --- events ---", 1)[1]

    assert [action.name for action in Action if f"Action.{action.name}" not in code] == []


def test_the_table_of_reason_codes_is_the_programs_own() -> None:
    swedish, english = (Texts.load(ROOT / "config" / "texts", language) for language in ("sv", "en"))

    assert rows("Reason codes") == [[f"`{code}`", swedish.say(f"reason.{code}"), english.say(f"reason.{code}")] for code in ReasonCode]


def test_the_table_of_errors_has_the_classes_and_exit_codes_of_the_program() -> None:
    table = {row[0].strip("`"): row[-1] for row in rows("When something is wrong")}
    expected = {child.__name__: str(child.exit_code) for child in KollegaError.__subclasses__()}
    expected |= {"OutcomeUnknown": "0", "StopRequested": str(StopRequested.exit_code), "anything else": str(OWN_FAULT_EXIT_CODE)}

    assert table == expected
    assert f"exit code {INBOX_UNREAD_EXIT_CODE}" in README


def test_the_table_of_exit_codes_of_a_run_is_the_programs_own() -> None:
    table = README.split("| exit code | means |\n|---|---|\n", 1)[1].split("\n\n", 1)[0]

    assert table.splitlines() == [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]


def test_the_tree_of_errors_names_every_class() -> None:
    tree = errors.__doc__ or ""

    assert [one.__name__ for one in classes(KollegaError) if one.__name__ not in tree] == []


def test_every_folder_and_file_that_the_readme_names_exists() -> None:
    named = {name for name in re.findall(r"`((?:robots|config|selectors|tests)/[^`<]*)`", README) if "*" not in name}

    assert [name for name in named if not (ROOT / name).exists()] == []
