"""What every driver's screen must do, whatever is behind it: inherit `ScreenContract` and give it a `screen`.

The fixture `screen` is a fresh screen whose selector file names these views:

- `form`: `name`, `note` (several lines), `amount`, `kind` (choices Lön, Pension), `active` (tick box), `shouted` (turns
  what is entered into capitals when it is left), `sum` and `day` (of a format, written in their own way when they are left),
  `person` (with a mask), `capped` (holds 1 000,00 and nothing else when it is left), `held` (read only), `twin` (two match),
  `gone` (none matches), `save` (leads to `saved`), `refuse` (leads to `refused`). Reached by `show("form")`, empty each time.
- `saved`: `name` shows what was saved; reached by pressing `form.save` only.
- `refused`: reached by pressing `form.refuse` only.
- `list`: `cases`, a table with columns `reference`, `person`, `note`: rows A-1 to A-5, in which A-4 and A-5 share the
  note `dubbel` and A-3's note is MARKUP; picking a row leads to `case`, whose `reference` tells which.
"""

from __future__ import annotations

import pytest

from robots.errors import ElementAmbiguous, ElementMissing, ScreenChanged, ValueNotKept
from robots.screens import Screen

EXACT = "åäö ÅÄÖ éü @ # £ € { } [ ] \\ | ~ ^ ` ' \" < > & %20 + -- =1+1"
MARKUP = "<b>fet</b> <script>document.title='x'</script> {{7*7}}"


class ScreenContract:
    """Tests of the promises of `Screen`."""

    async def test_a_view_that_was_shown_is_showing_and_no_other(self, screen: Screen) -> None:
        await screen.show("form")
        assert await screen.showing("form")
        assert not await screen.showing("saved")

    @pytest.mark.parametrize("text", [EXACT, MARKUP, "  inledande och avslutande  ", "hårt\u00a0mellanslag", "5 000,00", ""])
    async def test_a_text_that_is_entered_is_read_back_exactly(self, screen: Screen, text: str) -> None:
        await screen.show("form")
        await screen.enter({"form.name": "annat", "form.note": "annat"})
        assert await screen.enter({"form.name": text, "form.note": text}) == {"form.name": text, "form.note": text}
        assert await screen.read("form.name", "form.note") == {"form.name": text, "form.note": text}

    async def test_entering_returns_what_each_field_holds_in_the_order_of_the_names_given(self, screen: Screen) -> None:
        await screen.show("form")
        values = {"form.amount": "5 000,00", "form.active": "Ja", "form.name": "Åsa", "form.kind": "Pension", "form.note": "rad\nrad"}
        held = await screen.enter(values)
        assert list(held.items()) == list(values.items())
        assert held == await screen.read(*values)

    async def test_several_lines_are_kept(self, screen: Screen) -> None:
        await screen.show("form")
        text = "Hej!\n\nDu har rätt till bistånd.\n\tMed vänlig hälsning"
        await screen.enter({"form.note": text})
        assert (await screen.read("form.note"))["form.note"] == text

    async def test_choices_go_by_their_text_and_ticks_by_ja_and_nej(self, screen: Screen) -> None:
        await screen.show("form")
        assert await screen.enter({"form.kind": "Pension", "form.active": "Ja"}) == {"form.kind": "Pension", "form.active": "Ja"}
        assert await screen.read("form.kind", "form.active") == {"form.kind": "Pension", "form.active": "Ja"}
        await screen.enter({"form.kind": "Lön", "form.active": "Nej"})
        assert await screen.read("form.active", "form.kind") == {"form.kind": "Lön", "form.active": "Nej"}

    async def test_a_field_that_changes_the_value_is_told_without_the_value(self, screen: Screen) -> None:
        await screen.show("form")
        with pytest.raises(ValueNotKept) as caught:
            await screen.enter({"form.name": "kvar", "form.shouted": "hemligt"})
        assert (caught.value.view, caught.value.element) == ("form", "shouted")
        assert "hemligt" not in str(caught.value).lower()

    async def test_a_field_of_a_named_format_may_write_the_same_in_its_own_way(self, screen: Screen) -> None:
        await screen.show("form")
        entered = {"form.sum": "1234,5", "form.person": "197901012380", "form.day": "2026-02-05", "form.name": "Åsa"}
        held = {"form.sum": "1\u00a0234,50", "form.person": "19790101-2380", "form.day": "20260205", "form.name": "Åsa"}
        assert await screen.enter(entered) == held
        assert await screen.enter(entered) == held
        assert await screen.read(*entered) == held
        assert (await screen.enter({"form.sum": "1234,05"}))["form.sum"] == "1\u00a0234,05"

    @pytest.mark.parametrize("text", ["1000,5", "12345", "ca 500"])
    async def test_another_value_in_a_field_of_a_named_format_is_not_kept(self, screen: Screen, text: str) -> None:
        await screen.show("form")
        with pytest.raises(ValueNotKept) as caught:
            await screen.enter({"form.capped": text})
        assert caught.value.element == "capped"
        assert text not in str(caught.value)

    @pytest.mark.parametrize(("element", "text"), [("form.kind", "Lott"), ("form.active", "kanske")])
    async def test_a_choice_that_is_not_there_is_not_kept(self, screen: Screen, element: str, text: str) -> None:
        await screen.show("form")
        with pytest.raises(ValueNotKept):
            await screen.enter({element: text})

    async def test_nothing_is_entered_when_one_element_is_missing(self, screen: Screen) -> None:
        await screen.show("form")
        await screen.enter({"form.name": "förut"})
        with pytest.raises(ElementMissing) as caught:
            await screen.enter({"form.name": "efter", "form.gone": "x"})
        assert caught.value.element == "gone"
        assert (await screen.read("form.name"))["form.name"] == "förut"

    async def test_nothing_is_entered_when_two_elements_match(self, screen: Screen) -> None:
        await screen.show("form")
        await screen.enter({"form.name": "förut"})
        with pytest.raises(ElementAmbiguous) as caught:
            await screen.enter({"form.name": "efter", "form.twin": "x"})
        assert caught.value.element == "twin"
        assert (await screen.read("form.name"))["form.name"] == "förut"

    async def test_an_element_marked_read_only_is_not_entered(self, screen: Screen) -> None:
        await screen.show("form")
        with pytest.raises(ScreenChanged):
            await screen.enter({"form.held": "x"})

    async def test_a_name_that_the_selector_file_lacks_is_missing(self, screen: Screen) -> None:
        await screen.show("form")
        with pytest.raises(ElementMissing):
            await screen.read("form.never_heard_of")
        with pytest.raises(ElementMissing):
            await screen.show("never_heard_of")

    async def test_elements_of_a_view_that_does_not_show_are_missing(self, screen: Screen) -> None:
        await screen.show("form")
        with pytest.raises(ElementMissing) as caught:
            await screen.read("saved.name")
        assert caught.value.view == "saved"

    async def test_a_press_returns_when_the_next_view_shows(self, screen: Screen) -> None:
        await screen.show("form")
        await screen.enter({"form.name": EXACT})
        await screen.press("form.save", then="saved")
        assert await screen.showing("saved")
        assert (await screen.read("saved.name"))["saved.name"] == EXACT

    async def test_a_press_tells_which_of_several_views_came(self, screen: Screen) -> None:
        await screen.show("form")
        assert await screen.press_for("form.refuse", then=("saved", "refused")) == "refused"
        assert await screen.wait_for("saved", "refused") == "refused"

    async def test_a_press_that_leads_elsewhere_is_told(self, screen: Screen) -> None:
        await screen.show("form")
        with pytest.raises(ElementMissing) as caught:
            await screen.press("form.refuse", then="saved")
        assert caught.value.view == "saved"

    async def test_a_table_is_read_over_all_its_pages(self, screen: Screen) -> None:
        await screen.show("list")
        rows = await screen.rows("list.cases")
        assert [row["reference"] for row in rows] == ["A-1", "A-2", "A-3", "A-4", "A-5"]
        assert set(rows[0]) == {"reference", "person", "note"}
        assert rows[2]["note"] == MARKUP
        assert await screen.rows("list.cases") == rows

    @pytest.mark.parametrize("reference", ["A-1", "A-3", "A-5"])
    async def test_the_row_that_holds_the_texts_is_picked(self, screen: Screen, reference: str) -> None:
        await screen.show("list")
        await screen.rows("list.cases")
        await screen.pick("list.cases", {"reference": reference}, then="case")
        assert (await screen.read("case.reference"))["case.reference"] == reference

    async def test_a_row_is_picked_by_comparison_only(self, screen: Screen) -> None:
        await screen.show("list")
        await screen.pick("list.cases", {"note": MARKUP}, then="case")
        assert (await screen.read("case.reference"))["case.reference"] == "A-3"

    @pytest.mark.parametrize("row", [{"reference": "A-"}, {"reference": "a-1"}, {"reference": "A-1", "note": "dubbel"}])
    async def test_a_row_that_is_not_there_is_missing(self, screen: Screen, row: dict[str, str]) -> None:
        await screen.show("list")
        with pytest.raises(ElementMissing):
            await screen.pick("list.cases", row, then="case")

    async def test_a_row_that_is_there_twice_is_never_guessed(self, screen: Screen) -> None:
        await screen.show("list")
        with pytest.raises(ElementAmbiguous):
            await screen.pick("list.cases", {"note": "dubbel"}, then="case")
