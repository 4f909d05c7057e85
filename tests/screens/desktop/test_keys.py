"""Characters and key names become the right keysyms, and masks hide what they must."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from robots.screens.desktop import keys
from robots.screens.desktop.pictures import Layer, masked
from robots.screens.desktop.tree import roles_named
from robots.screens.desktop.waiting import Clock, Interrupted
from robots.screens.ways import MODIFIERS, NAMED_KEYS


@pytest.mark.parametrize(("character", "keysym"), [("a", 0x61), ("å", 0xE5), ("Ö", 0xD6), ("€", 0x10020AC), ("\u00a0", 0xA0), ("\n", 0xFF0D)])
def test_a_character_has_the_keysym_of_its_code(character: str, keysym: int) -> None:
    assert keys.keysym_of_character(character) == keysym


@pytest.mark.parametrize("character", ["\t", "\r", "\x1b", "\x7f", "\x85", "\u2028", "\u202e"])
def test_a_control_character_is_no_text(character: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        keys.keysym_of_character(character)


@given(st.characters(min_codepoint=0x20, exclude_categories=("C", "Z")))
def test_no_two_characters_share_a_keysym(character: str) -> None:
    keysym = keys.keysym_of_character(character)
    assert (keysym & 0xFFFFFF) == ord(character)


@pytest.mark.parametrize("name", [*MODIFIERS, *NAMED_KEYS])
def test_every_key_name_of_a_selector_file_is_a_key(name: str) -> None:
    assert keys.keysym_of_key(name) > 0


@pytest.mark.parametrize("name", ["F2", "f0", "f99", "åäö", "å", ""])
def test_another_key_name_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="no such key"):
        keys.keysym_of_key(name)


def test_the_extra_characters_are_each_named_once() -> None:
    assert len(set(keys.EXTRA_CHARACTERS)) == len(keys.EXTRA_CHARACTERS)


def test_roles_have_the_names_that_toolkits_share() -> None:
    assert roles_named("button") == roles_named("push button") == roles_named("Push_Button")
    assert roles_named("entry") == roles_named("text")
    assert roles_named("hittepå") == frozenset()


def test_a_masked_picture_holds_only_what_is_shown_and_not_hidden() -> None:
    white = Image.new("RGB", (10, 10), "white")
    picture = masked(white, [Layer(box=(0, 0, 6, 20), shown=[(0, 0, 6, 20)], hidden=[(2, 2, 2, 2), (-5, 8, 6, 1)])])
    assert {(x, y) for x in range(10) for y in range(10) if picture.getpixel((x, y)) != (0, 0, 0)} == {
        (x, y) for x in range(6) for y in range(10) if not (x in (2, 3) and y in (2, 3)) and (x, y) != (0, 8)
    }


def test_what_lies_in_front_covers_what_is_behind_it_and_is_not_blacked_out_for_it() -> None:
    white = Image.new("RGB", (10, 10), "white")
    behind = Layer(box=(0, 0, 10, 10), shown=[(0, 0, 10, 10)], hidden=[(0, 4, 10, 2)])
    in_front = Layer(box=(2, 2, 6, 6), shown=[(3, 3, 4, 4)], hidden=[(3, 3, 1, 1), (0, 0, 3, 3)])
    picture = masked(white, [behind, in_front])
    frame = {(x, y) for x in range(2, 8) for y in range(2, 8)} - {(x, y) for x in range(3, 7) for y in range(3, 7)}
    black = {(x, y) for x in range(10) for y in range(10) if picture.getpixel((x, y)) == (0, 0, 0)}
    assert black == frame | {(3, 3)} | {(x, y) for x in (0, 1, 8, 9) for y in (4, 5)}


def test_a_deadline_ends_and_can_be_interrupted() -> None:
    clock = Clock()
    deadline = clock.deadline(0.01)
    while deadline.pause():
        assert deadline.seconds_left <= 0.01
    assert deadline.is_over
    clock.interrupt()
    with pytest.raises(Interrupted):
        clock.deadline(5).pause()
    clock.resume()
    assert clock.deadline(0.01).pause()
