"""Passages are exact pieces of the text, cut only between sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import PARAGRAPHS
from tracker.extract.passages import sentences, split


@pytest.mark.parametrize(
    "marked",
    [
        "It works.| It is cheap.| Nobody knows why.",
        "Dr. Barendt met Mr. Oyelaran.| They spoke.",
        "It cost $3.5 million in the U.S. market.| That is 2.4 times more.",
        "He moved to the U.S.| The firm stayed.",
        "J. R. Amsel and John F. Holt agreed.| So did we.",
        "See e.g. Holt et al. (2024) on this.| It helps.",
        "Acme Inc. bought Bolt Corp. Holdings.| Shares fell.",
        "It opens at 9 a.m. Monday.| Come early.",
        '"We are done," she said.| "Truly?" he asked.| "Yes."',
        "\u201cIt is over.\u201d| He left.",
        "Is that so?| Yes!| Very much.",
        "Yahoo! is older than that.| It is.",
        "Wait... what?| It went on\u2026 and on.",
        "Read No. 5 of the list.| Then stop.",
        "It said no. 5 people left.".replace("no. 5", "no.| Five"),
        "Version 2.0 is here.| 40 firms use it.",
        "(He was wrong.)| It rained.",
        "\u4eca\u5929\u5f88\u597d\u3002|\u660e\u5929\u4e5f\u597d\u3002",
        "First line without a stop\n|Second line",
        "Visit example.com.| It is free.",
    ],
)
def test_sentences(marked: str) -> None:
    assert [s.strip() for s in marked.split("|")] == list(sentences(marked.replace("|", "")))


def test_passages_of_an_article() -> None:
    text = "\n".join(PARAGRAPHS)
    passages = split("a1", text, 320)
    assert [p.position for p in passages] == list(range(len(passages)))
    assert passages[0].text == PARAGRAPHS[0]
    assert "".join(p.text for p in passages).replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_at_most_three_sentences_and_none_of_three_words() -> None:
    passages = split("a1", "One two three four. " * 7 + "\nToo short this.", 1000)
    assert [p.text.count(".") for p in passages] == [3, 3, 1]


def test_a_very_long_sentence_stays_whole() -> None:
    long = "It went " + "on and on " * 200 + "until dawn."
    assert long in [p.text for p in split("a1", f"It began well enough. {long} Then it stopped at last.", 320)]


@given(st.text(alphabet=st.sampled_from("ab C.!?\"' \n\u201c\u201d\u3002(1)\u2026"), max_size=300), st.integers(10, 400))
def test_passages_are_exact_ordered_substrings_within_paragraphs(text: str, passage_chars: int) -> None:
    place = 0
    for passage in split("a1", text, passage_chars):
        place = text.index(passage.text, place) + len(passage.text)
        assert "\n" not in passage.text
        assert passage.text == passage.text.strip()
        assert len(passage.text.split()) >= 4
        inside = sentences(passage.text)
        assert len(passage.text) <= passage_chars or len(inside) == 1


@given(st.text(max_size=200))
def test_no_character_is_lost(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
