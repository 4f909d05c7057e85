"""The speed of the desktop driver: a form of twenty fields filled in, saved and read back, against pyautogui as it comes, in the same window.

Exact is what the program itself has written to its file, not what anybody says. Limits are ratios of passes in one run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from robots.screens import TimeLimits
from robots.screens.desktop import DesktopScreen, open_screen
from robots.screens.selector_file import load
from tests.benchmarks.contest import Contestant

pytestmark = [pytest.mark.benchmark, pytest.mark.desktop]

FORMS = Path(__file__).parent / "forms"
LABELS: list[str] = json.loads((FORMS / "form_labels.json").read_text(encoding="utf-8"))
DEBIANS_PYTHON, JAVA = "/usr/bin/python3", "/usr/bin/java"
WRAPPER = Path("/usr/share/java/java-atk-wrapper.jar")
JAVA_OPTIONS = (
    f"-Xbootclasspath/a:{WRAPPER} -Djavax.accessibility.assistive_technologies=org.GNOME.Accessibility.AtkWrapper"
    " -Djava.library.path=/usr/lib/x86_64-linux-gnu/jni"
)
PASSES, RIVALS_PASSES = 8, 2
#: not measured: a robot works in a program for hours, and Java's is slow until it has compiled what it often does
WARM_UP_PASSES = 150
FIRST_VALUES = """Åsa
Öberg-Lindström
19900101-2385
Åvägen 2 B
lgh 1101
012 34
Örnsköldsvik
012-345 67 89
asa.oberg@example.se
Örjan Ängström
19850101-2382
hyresrätt
7 100,00
450,50
12 345,00
1 200,75
8327-9940123456
Märta Åkerprov
Återansökan, mars 2026
(se 1/2) = <ja> & nej; 100 %"""
SECOND_VALUES = """Björn
Påhittsdotter
19790101-2380
Gränd 14
lgh 0902
012 35
Åmål
012-999 99 99
b_j+1@example.se
Ylva Sjö
19900101-2385
andra hand
8 250,00
399,00
0,00
15,25
8327-9940123457
Håkan Övningsson
Nyansökan?
Kö #7: "så" 'så' ~ ^ | 1"""
VALUES = (FIRST_VALUES.splitlines(), SECOND_VALUES.splitlines())


@dataclass(frozen=True, kw_only=True)
class Toolkit:
    """A form in one toolkit."""

    name: str
    command: Sequence[str]
    least_times: float
    #: how a field is found in the selector file, by label
    way: str = "{{accessible: text, name: {label}}}"
    environment: Mapping[str, str] = field(default_factory=dict)
    select_all: str = "ctrl+a"
    has_tree: bool = True

    @property
    def why_not(self) -> str:
        """Say why it can't be run here; empty when it can."""
        if self.name == "GTK 3":
            asked = [DEBIANS_PYTHON, "-c", "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk"]
            found = (
                shutil.which(DEBIANS_PYTHON) and subprocess.run(asked, capture_output=True, check=False, env={"NO_AT_BRIDGE": "1"}).returncode == 0
            )
            return "" if found else "Debian's python3-gi and gir1.2-gtk-3.0 are not installed; `make bench` installs them"
        if self.name == "Swing":
            modules = subprocess.run([JAVA, "--list-modules"], capture_output=True, text=True, check=False).stdout if shutil.which(JAVA) else ""
            is_there = "jdk.compiler" in modules and WRAPPER.is_file()
            return "" if is_there else "openjdk-17-jre, openjdk-17-jdk-headless or libatk-wrapper-java are not installed; `make bench` installs them"
        return ""


TOOLKITS = (
    Toolkit(name="Qt 6", command=(sys.executable, str(FORMS / "form_qt.py")), least_times=80),
    Toolkit(name="GTK 3", command=(DEBIANS_PYTHON, str(FORMS / "form_gtk.py")), least_times=80, way="{{beside: {label}, accessible: text}}"),
    Toolkit(
        name="Swing",
        command=(JAVA, str(FORMS / "FormSwing.java"), str(FORMS / "form_labels.json")),
        least_times=80,
        environment={"JAVA_TOOL_OPTIONS": JAVA_OPTIONS},
    ),
    Toolkit(name="Tk", command=(sys.executable, str(FORMS / "form_tk.py")), least_times=40, select_all="ctrl+slash", has_tree=False),
)


def selectors_of(toolkit: Toolkit) -> str:
    """Return the selector file of the form."""
    keys = [f"f{number + 1}" if number < 10 else f"ctrl+f{number - 9}" for number in range(len(LABELS))]
    ways = [toolkit.way.format(label=label) if toolkit.has_tree else f"{{keys: {key}}}" for label, key in zip(LABELS, keys, strict=True)]
    fields = [f"      field_{place}: {{find: [{way}]}}" for place, way in enumerate(ways)]
    save = "{accessible: push button, name: Spara}" if toolkit.has_tree else "{keys: ctrl+s}"
    landmark = "{accessible: push button, name: Spara}" if toolkit.has_tree else "{window: Formulär}"
    saved = "{accessible: label, name: Sparat}" if toolkit.has_tree else "{window: Formulär – sparat}"
    return "\n".join(
        [
            "schema: 1\nsystem: form\ndriver: desktop\nchecked: {on: 2026-11-22, version: '1'}\nwindow: Formulär",
            *([] if toolkit.has_tree else [f"select_all: {toolkit.select_all}"]),
            "views:\n  form:\n    landmark: landmark\n    elements:",
            f"      landmark: {{find: [{landmark}], read_only: true}}\n      save: {{find: [{save}]}}",
            *fields,
            f"  saved:\n    landmark: landmark\n    elements:\n      landmark: {{find: [{saved}], read_only: true}}",
            # Without a tree the title alone tells that the form is saved; the fields are the same.
            *([] if toolkit.has_tree else ["      again: {find: [{keys: escape}]}", *fields]),
        ]
    )


async def fill_save_and_read(screen: DesktopScreen, toolkit: Toolkit, values: Sequence[str]) -> list[str]:
    """Do what is measured, through the screen as every robot does."""
    await screen.enter({f"form.field_{place}": value for place, value in enumerate(values)})
    await screen.press("form.save", then="saved")
    view = "form" if toolkit.has_tree else "saved"
    return list((await screen.read(*(f"{view}.field_{place}" for place in range(len(values))))).values())


def count_exact(store: Path, values: Sequence[str]) -> int:
    """Return how many values the program has saved exactly; none when it has saved nothing."""
    if not store.exists():
        return 0
    saved = json.loads(store.read_text(encoding="utf-8"))
    store.unlink()
    return sum(saved[label] == value for label, value in zip(LABELS, values, strict=True))


@pytest.mark.parametrize("toolkit", TOOLKITS, ids=lambda toolkit: toolkit.name)
async def test_a_form_is_filled_in_much_faster_than_by_pyautogui(toolkit: Toolkit, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if toolkit.why_not:
        pytest.skip(toolkit.why_not)
    store, file = tmp_path / "store.json", tmp_path / "form.yaml"
    file.write_text(selectors_of(toolkit), encoding="utf-8")
    ours: list[float] = []
    our_exact, their_exact = [], []
    screen = await open_screen(
        load(file), command=[*toolkit.command, str(store)], environment=toolkit.environment, pictures=tmp_path, limits=TimeLimits()
    )
    try:
        assert isinstance(screen, DesktopScreen)
        await screen.wait_for("form")
        environment = {**os.environ, "DISPLAY": screen.display, "XAUTHORITY": "/dev/null"}
        task = {"select_all": toolkit.select_all.replace("slash", "/")}
        log = tmp_path / "pyautogui.log"
        with Contestant("pyautogui", "tests.benchmarks.desktop_pyautogui", task, log=log, environment=environment) as rival:
            rival.wait_until_ready()
            for number in range(-WARM_UP_PASSES, PASSES):
                values = VALUES[number % len(VALUES)]
                if not toolkit.has_tree and not await screen.showing("form"):
                    await screen.press("saved.again", then="form")
                began = time.perf_counter()
                read = await fill_save_and_read(screen, toolkit, values)
                seconds = time.perf_counter() - began
                assert read == values
                our_exact.append(count_exact(store, values))
                if number < 0:
                    continue
                ours.append(seconds)
                if number % (PASSES // RIVALS_PASSES) == 0:
                    read = rival.lap(values)
                    their_exact.append(min(count_exact(store, values), sum(one == value for one, value in zip(read, values, strict=True))))
    finally:
        await screen.close()

    times = rival.best / min(ours)
    with capsys.disabled():
        print(  # noqa: T201 - what a benchmark is for
            f"\n{toolkit.name:6} robot {1000 * min(ours):6.0f} ms, exact {min(our_exact)} of {len(LABELS)} in each of {len(our_exact)};"
            f" pyautogui {1000 * rival.best:6.0f} ms, exact {their_exact}; {times:.0f} times, at least {toolkit.least_times:.0f}"
        )
    assert our_exact == [len(LABELS)] * (WARM_UP_PASSES + PASSES)
    assert times >= toolkit.least_times
