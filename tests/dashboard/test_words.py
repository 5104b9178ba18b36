"""Numbers in words, and crawled text made safe."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard import words
from tracker.measures.intervals import Interval


def test_shares_get_one_decimal_under_ten_per_cent_only() -> None:
    assert [words.percent(value) for value in (0.0740, 0.1, 0.314, 0)] == ["7.4%", "10%", "31%", "0.0%"]


def test_signs_are_true_minuses_and_zero_has_none() -> None:
    assert [words.signed(value) for value in (0.114, -0.114, -0.001)] == ["+0.11", "−0.11", "0.00"]


def test_few_stories_are_counted_not_divided() -> None:
    assert words.share(Interval(4 / 23, None, None, 23, 6), 4) == "4 of 23"
    assert words.share(Interval(0.074, 0.066, 0.081, 1656, 31), 122) == "7.4% (6.6% to 8.1%)"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//host/x", "", None, " javascript:x"])
def test_only_web_addresses_are_linked(url: object) -> None:
    assert words.safe_link(url) is None


def test_web_addresses_stay() -> None:
    assert words.safe_link("HTTPS://example.com/a?b=c") == "HTTPS://example.com/a?b=c"


@given(some.text())
def test_every_character_that_markdown_reads_is_escaped(text: str) -> None:
    safe = words.plain(text)
    for place, character in enumerate(safe):
        if character in "`*_{}[]()#+-.!|$:<>~&":
            slashes = len(safe[:place]) - len(safe[:place].rstrip("\\"))
            assert slashes % 2 == 1


def test_icons_and_addresses_are_parted_so_that_they_stay_text() -> None:
    assert ":material" not in words.plain(":material/home:").replace("\\", "")
    assert "://" not in words.plain("http://203.0.113.9").replace("\\", "")


def test_marks_that_turn_text_around_are_dropped() -> None:
    assert words.seen("abc\u202edef\x00 ghi\n") == "abcdef ghi"


def test_long_text_is_cut_at_a_sentence() -> None:
    assert words.shorten("First sentence here. Second one goes on and on.", 30) == "First sentence here. …"
    assert words.shorten("Short.", 30) == "Short."
