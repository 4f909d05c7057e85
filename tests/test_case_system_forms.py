"""The case system as program and as pages: the same robot, the same outcomes, the same effects, and other selector files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from robots.configuration import read_configuration
from robots.practice.municipality import read_effects
from robots.screens.selector_file import Driver, element_names, load

ROOT = Path(__file__).parent.parent
RUN_SECONDS = 600
#: nine in one family, children's earnings, special costs, a deduction that somebody has left: decided, proposed and handed off
ARGUMENTS = "--cases 12 --seed 199 --json"


@pytest.mark.parametrize("system", ["case_system", "person_lookup"])
def test_both_forms_have_the_same_views_and_elements_and_mean_the_same_system(system: str) -> None:
    desktop, web = (load(ROOT / "selectors" / f"{system}{suffix}.yaml") for suffix in ("", "_web"))

    assert (desktop.driver, web.driver) == (Driver.DESKTOP, Driver.WEB)
    assert desktop.system == web.system == system
    # A window with news comes up over pages only.
    assert list(desktop.views) == [name for name in web.views if name != "opening_hours"]
    assert set(element_names(desktop)) == {name for name in element_names(web) if not name.startswith("opening_hours.")}
    for name in element_names(desktop):
        (_, on_desktop), (_, on_web) = desktop.element(name), web.element(name)
        marks = [(one.is_personal, one.is_secret, one.is_read_only, dict(one.columns)) for one in (on_desktop, on_web)]
        assert marks[0] == marks[1], name
        assert desktop.element(name)[0].landmark == web.element(name)[0].landmark


def test_an_operator_moves_the_robot_by_the_names_of_two_files(tmp_path: Path) -> None:
    for folder in ("config", "selectors"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    settings = tmp_path / "config" / "kollega.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"selectors: (case_system|person_lookup)\.yaml", r"selectors: \1_web.yaml", text), encoding="utf-8")

    assert Driver.DESKTOP in {one.driver for one in read_configuration(ROOT).selectors.values()}
    assert {one.driver for one in read_configuration(tmp_path).selectors.values()} == {Driver.WEB}


def _demo(form: str) -> tuple[list[dict[str, Any]], list[tuple[str, ...]]]:
    """Return the outcomes of the demo, and what was really written, without when it was."""
    done = subprocess.run(
        ["make", "--no-print-directory", "demo", f"CASE_SYSTEM={form}", f"ARGS={ARGUMENTS}"],  # noqa: S607 - make from the path, as people call it
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads(done.stdout[done.stdout.index("{") :])
    assert (record["stray_effects"], record["held"]) == ([], {})
    effects = read_effects(Path(record["log"], "practice"))
    return record["cases"], sorted((one.system, one.kind, one.reference, one.month, one.amount, one.details, one.who) for one in effects)


@pytest.mark.browser
@pytest.mark.desktop
@pytest.mark.durable
def test_a_demo_ends_and_writes_alike_in_both_forms_of_the_case_system() -> None:
    # Side by side, as each waits for its screens most of the time.
    with ThreadPoolExecutor() as both:
        (on_desktop, written_on_desktop), (on_web, written_on_web) = both.map(_demo, ("desktop", "web"))

    assert on_web == on_desktop
    assert [case["wrong"] for case in on_web] == [[]] * 12
    assert written_on_web == written_on_desktop
    kinds = Counter(kind for _, kind, *_ in written_on_web)
    endings = Counter(case["ending"] for case in on_web)
    assert set(endings) == {"decided", "proposed", "handed off"}
    assert {kinds[kind] for kind in ("decision", "payment", "note", "message")} == {endings["decided"]}
    assert kinds["calculation"] == endings["decided"] + endings["proposed"]
