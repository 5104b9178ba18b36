"""Who says it: outlets and those they quote are counted apart, speakers by name, copies once."""

from datetime import timedelta
from pathlib import Path

import pandas as pd

from dashboard import voices
from tests.dashboard import invented
from tests.dashboard.invented_themes import LAST
from tracker.measures import label_error
from tracker.store.public import Published, published_file


def counts(*rows: tuple[str, str | None, str, int, int, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["voice", "speaker", "outlet", "supports", "opposes", "neutral", "unsure"])
    return frame.assign(mentions=frame[["supports", "opposes", "neutral", "unsure"]].sum(axis=1))


def test_outlets_that_deny_what_their_sources_say_are_told_apart() -> None:
    rows = [("outlet", None, f"o{n}", 1, 9, 2, 1) for n in range(8)] + [("quoted", "Ada", f"o{n}", 9, 1, 2, 0) for n in range(8)]
    own, quoted = voices.both(counts(*rows), label_error.UNKNOWN)
    assert own.row == ("Outlets themselves", 8, 72, 16, 8)
    assert own.net.value is not None
    assert quoted.net.value is not None
    assert own.net.value < 0 < quoted.net.value
    assert (
        voices.finding(own, quoted)
        == "96 of 200 passages quote someone, and these are more supportive than the outlets themselves"
    )


def test_the_judges_errors_widen_each_band_and_hide_no_difference() -> None:
    rows = [("outlet", None, f"o{n}", 4, 5, 3, 0) for n in range(12)] + [("quoted", None, f"o{n}", 5, 3, 4, 0) for n in range(12)]
    exact = voices.both(counts(*rows), label_error.UNKNOWN)
    error = label_error.drawn(label_error.counted(invented.CONFUSION), seed=1)
    erring = voices.both(counts(*rows), error)
    assert all(wide.net.low < narrow.net.low for wide, narrow in zip(erring, exact, strict=True))
    # One judge read both, and errs alike on both
    assert voices.finding(*erring) == voices.finding(*exact)
    assert "more supportive" in voices.finding(*exact)


def test_an_outlet_without_sources_makes_no_claim_about_them() -> None:
    own, quoted = voices.both(counts(("outlet", None, "o1", 2, 0, 0, 0)), label_error.UNKNOWN)
    assert (quoted.passages, quoted.net.value) == (0, None)
    assert voices.finding(own, quoted) == "0 of 2 passages quote someone"


def test_speakers_have_their_side_and_their_share_of_all_named_speech() -> None:
    found = voices.speakers(
        counts(
            ("quoted", "Ada", "o1", 4, 0, 0, 0),
            ("quoted", "Ada", "o2", 1, 0, 0, 1),
            ("quoted", "Ben", "o1", 0, 1, 1, 0),
            ("quoted", None, "o1", 9, 0, 0, 0),
            ("outlet", None, "o1", 9, 0, 0, 0),
        )
    )
    assert found["share"].tolist() == [0.75, 0.25]
    table = voices.table(found)
    assert table[["speaker", "mentions", "outlets", "side"]].to_numpy().tolist() == [["Ada", 6, 2, "▲ mostly supports"]]


def test_rare_speakers_are_named_in_words_and_their_names_are_text() -> None:
    rare = voices.speakers(counts(("quoted", "[Ada](javascript:x)", "o1", 1, 0, 0, 0), ("quoted", "Ben", "o1", 0, 2, 0, 0)))
    assert voices.table(rare).empty
    assert voices.in_words(rare).startswith("Quoted by name, but too seldom to tell a side: Ben (2 passages) and ")
    assert "](javascript" not in voices.in_words(rare)
    assert voices.in_words(rare.iloc[:0]) == "Nobody is quoted by name in this selection."


def test_a_passage_that_copies_repeat_is_counted_once_and_outlets_and_days_narrow(large: Path) -> None:
    published = Published(published_file(large))
    last, outlets = LAST, list(invented.OUTLETS)
    copied = (last - timedelta(days=9), last)
    said = published.mention_counts("t0", *copied, outlets)
    stories = published.theme_counts(*copied, "t0")
    assert said["mentions"].sum() == stories["stories"].sum()
    assert said["unsure"].sum() == stories["unsure"].sum() > 0
    assert set(published.mention_counts("t0", *copied, ["harrow.example"])["outlet"]) == {"harrow.example"}
    published.close()
