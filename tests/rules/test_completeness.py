"""A row that the rules ask for and that no period has: found when the configuration is read, not when the first case needs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from robots.assessing import load_law
from robots.configuration import read_configuration
from robots.errors import SettingsInvalid, SetupError
from robots.parameters import Parameters
from robots.rules.completeness import check_complete
from tests.case_files import CONFIG, PARAMETERS
from tests.installation import install

MISSPELT = {
    # file, row as it is, row misspelt in every period, what is said of which file
    "a child's norm": ("riksnorm", "child_7_10", "child_7_01", "riksnorm.yaml: the row child_7_10 is missing"),
    "a norm without lunch": ("riksnorm", "child_3_no_lunch", "child_3_nolunch", "riksnorm.yaml: the row child_3_no_lunch is missing"),
    "the couple's norm": ("riksnorm", "couple", "cuople", "riksnorm.yaml: the row couple is missing"),
    "common costs in the middle": ("riksnorm", "common_4", "common_44", "riksnorm.yaml: the rows common_1 and so on must be there"),
    "jobbstimulans": ("jobbstimulans", "disregarded", "disregard", "jobbstimulans.yaml: the row disregarded is missing"),
    "the price base amount": ("prisbasbelopp", "amount", "amounts", "prisbasbelopp.yaml: the row amount is missing"),
    "a section of a gate": ("sections", "secrecy", "secrcy", "sections.yaml: the row secrecy is missing"),
    "a section of a rule": ("sections", "duty_to_work", "duty_of_work", "sections.yaml: the row duty_to_work is missing"),
    "a section of a figure": ("sections", "norm_shares", "norm_share", "sections.yaml: the row norm_shares is missing"),
    "the last age": ("ages", "child_19_20_last", "child_19_20_lats", "ages.child_19_20_last"),
}


@pytest.mark.parametrize(("file", "row", "misspelt", "said"), MISSPELT.values(), ids=MISSPELT.keys())
def test_row_misspelt_in_every_period_is_named_with_its_file(tmp_path: Path, file: str, row: str, misspelt: str, said: str) -> None:
    folder = _changed(tmp_path, file, f"{row}:", f"{misspelt}:", f"{row},", f"{misspelt},", f"{row}]", f"{misspelt}]")

    with pytest.raises(SettingsInvalid) as caught:
        check_complete(Parameters.load(folder), folder)

    named = [line for line in str(caught.value).splitlines() if said in line]
    assert named
    assert named[0].startswith(f"{folder / file}.yaml: ")


@pytest.mark.parametrize(
    ("old", "new"),
    [("child_7_10_first: 7", "child_7_10_first: 8"), ("child_7_10_first: 7", "child_7_10_first: 6"), ("child_until: 21", "child_until: 22")],
    ids=["an age without a row", "an age with two rows", "an age beyond the table"],
)
def test_age_must_have_one_row_of_the_norm(tmp_path: Path, old: str, new: str) -> None:
    folder = _changed(tmp_path, "ages", old, new)

    with pytest.raises(SettingsInvalid, match=r"ages\.yaml: from 2017-01-01 every age below child_until must have one row"):
        check_complete(Parameters.load(folder), folder)


def test_what_is_delivered_is_complete() -> None:
    check_complete(PARAMETERS, CONFIG / "parameters")


def test_check_and_assess_both_find_what_is_missing(tmp_path: Path) -> None:
    install(tmp_path)
    path = tmp_path / "config" / "parameters" / "riksnorm.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("child_7_10:", "child_7_01:"), encoding="utf-8")

    with pytest.raises(SetupError, match="the row child_7_10 is missing"):
        read_configuration(tmp_path)
    with pytest.raises(SettingsInvalid, match="the row child_7_10 is missing"):
        load_law(tmp_path / "config")


def test_share_above_the_whole_is_named_with_its_line(tmp_path: Path) -> None:
    folder = _changed(tmp_path, "jobbstimulans", "disregarded: 25", "disregarded: 100.5")

    with pytest.raises(SettingsInvalid, match=r"jobbstimulans\.yaml:10: .*must be at most 100"):
        Parameters.load(folder)


def _changed(tmp_path: Path, file: str, *old_and_new: str) -> Path:
    """Return a copy of config/parameters in which a text of one file is replaced wherever it stands."""
    folder = tmp_path / "parameters"
    shutil.copytree(CONFIG / "parameters", folder)
    path = folder / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old_and_new[0] in text
    for old, new in zip(old_and_new[::2], old_and_new[1::2], strict=True):
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return folder
