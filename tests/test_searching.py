"""A person's number is found in whatever form somebody has written it, and no other number is taken for it."""

from __future__ import annotations

import json

import pytest

from robots.casebook.searching import pattern_of, plain

#: official test numbers; the digits of a year a century later, and sixty more of a day, are the same forms
ANN = "195808052384"


def is_found(number: str, text: str) -> bool:
    return all(pattern_of(number).search(plain(one)) for one in (text, json.dumps({"note": text}), json.dumps(json.dumps({"note": text}))))


@pytest.mark.parametrize(
    "written",
    [
        "195808052384",
        "19580805-2384",
        "580805-2384",
        "5808052384",
        "580805 2384",
        "580805 - 2384",
        "580805\u20132384",
        "580805\u00a02384",
        "1958-08-05-2384",
        "1958-08-05 2384",
        "19 580805-2384",
        "580805-238 4",
    ],
)
def test_a_number_is_found_in_every_form(written: str) -> None:
    for before in ("", "barn ", "barn:\u00a0", "på\u200b", "rad\n", "\u00e5", "("):
        for after in ("", ".", "\u00a0", "å", ")"):
            assert is_found(ANN, f"{before}{written}{after}"), (before, after)


def test_the_sign_of_those_over_a_hundred_and_the_days_of_coordination_numbers_are_forms_too() -> None:
    assert is_found(ANN, "580805+2384")
    assert is_found(f"{ANN[:6]}65{ANN[8:]}", "580865-2384")


@pytest.mark.parametrize("written", ["201580805238", "5808052384001", "55808052384", "580805-23840", "580805-2387", "58.08.05", "2384"])
def test_another_number_is_not_taken_for_it(written: str) -> None:
    assert not pattern_of(ANN).search(plain(written))
