"""Markup off: what is left of pages and titles."""

from tracker.extract import plain


def test_navigation_in_a_table_does_not_stick_to_the_story_beside_it() -> None:
    text = "| Front page Grid Chips | The plant opened on Monday. It cost little. |\n|---|---|\nA line with | a bar stays."
    assert plain.cells_apart(text) == "Front page Grid Chips\nThe plant opened on Monday. It cost little.\nA line with | a bar stays."
