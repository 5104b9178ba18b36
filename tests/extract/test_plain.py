"""Markup off: what is left of pages and titles."""

from tracker.extract import plain


def test_navigation_in_a_table_does_not_stick_to_the_story_beside_it() -> None:
    text = "| Front page Grid Chips | The plant opened on Monday. It cost little. |\n|---|---|\nA line with | a bar stays."
    assert plain.cells_apart(text) == "Front page Grid Chips\nThe plant opened on Monday. It cost little.\nA line with | a bar stays."


def test_a_fingerprint_is_the_same_for_one_notice_written_in_two_ways() -> None:
    one = plain.fingerprint("We value your privacy.\n Request 4711 of 3 May")
    assert one == plain.fingerprint("WE VALUE  YOUR PRIVACY! (Request 4711 of 3 May.)")
    assert one != plain.fingerprint("We value your privacy. Request 4712 of 3 May")  # reports made by machine differ in numbers only
    assert len(one) == 16


def test_control_characters_go_and_line_ends_stay() -> None:
    assert plain.controls_off("a\0b\u200bc\u00adde\nf\u00a0g\th") == "abcde\nf\u00a0g\th"
