"""Copies and rewrites form one story; two reports of one event, one outlet's furniture, series and yearly texts do not."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import PARAGRAPHS
from tracker.extract.duplicates import Item, KnownItem, item, join, signature
from tracker.settings import ExtractSettings

LIMITS = ExtractSettings()
WIRE = " ".join(PARAGRAPHS)
DESK = WIRE.replace("The harbour council", "WESTMERE (Example Wire) - The harbour council").replace(
    "small robotics firm", "start-up"
)
OTHER = (
    "Night work at the port of Westmere may soon be done by machines, after a narrow vote in which delegates weighed the "
    "queues of waiting vessels against the fears of those who load them. "
    "A trial run begins within weeks, according to the firm behind it, and its results will be discussed in the spring by the same delegates."
)
DAY = datetime(2026, 10, 20, 8)
WORDS = [first + last for first in "bar cor dal fen gor hal jun kel".split() for last in "a is on um eth ix or y".split()]


def an(name: str, text: str = WIRE, day: float = 0, title: str = "Robots may work the quay of Westmere", outlet: str = "") -> Item:
    """An article; every one has an outlet of its own unless told otherwise."""
    return item(name, outlet or f"{name}.example", DAY + timedelta(days=day), title, text)


def invented(seed: str, words: int = 120) -> str:
    """A text that shares hardly any pair of words with another one."""
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def rewritten(text: str, share: float, seed: int = 1) -> str:
    """The text with its sentences of twelve words in another order and so large a share of its words replaced."""
    draw = random.Random(seed)
    words = text.split()
    sentences = [words[i : i + 12] for i in range(0, len(words), 12)]
    draw.shuffle(sentences)
    return " ".join(word if draw.random() > share else "otherwise" for sentence in sentences for word in sentence)


def grouped(items: Iterable[Item]) -> dict[str, str]:
    """article_id -> story_id of articles that are all new."""
    return join(items, (), LIMITS)


def together(*items: Item) -> bool:
    return len(set(grouped(items).values())) == 1


# Texts


def test_copies_and_rewrites_are_one_story_named_after_the_first() -> None:
    items = [an("desk", DESK, 1), an("wire", WIRE, 0), an("copy", WIRE, 2, "Another title"), an("other", OTHER, 0, "The port's vote")]
    assert grouped(items) == {"wire": "wire", "desk": "wire", "copy": "wire", "other": "other"}


def test_five_copies_of_one_wire_story_among_other_articles_are_one_story_of_five_articles() -> None:
    copies = [an(f"copy{n}", WIRE, n / 4, f"Headline {n} of this desk") for n in range(5)]
    others = [an(f"other{n}", invented(str(n)), n / 4, f"Something else, number {WORDS[n]}") for n in range(2)]
    stories = grouped([*copies, *others])
    assert {stories[c.article_id] for c in copies} == {"copy0"}
    assert len(set(stories.values())) == 3


@pytest.mark.parametrize("share", [0.05, 0.15, 0.25])
def test_a_rewrite_in_another_order_and_with_other_words_under_another_title_joins(share: float) -> None:
    text = invented("source", 200)
    assert together(an("source", text), an("rewrite", rewritten(text, share), 0.5, "Nothing in common with it"))


def test_two_reports_of_one_event_are_two_stories() -> None:
    wire, own = an("wire", WIRE, title="Westmere council lets robots work at night"), an("own", OTHER, title="Westmere robots: council votes")
    assert not together(wire, own)


def test_a_text_that_quotes_a_fifth_of_another_is_its_own_story() -> None:
    source = invented("source", 200)
    quoting = " ".join([*invented("own", 160).split(), *source.split()[:40]])
    assert not together(an("source", source), an("quoting", quoting, title="Something of its own"))


def test_articles_of_one_outlet_with_the_same_furniture_stay_apart() -> None:
    """A real outlet's reviews end in 250 words on how it tests: without the title, a whole week of them was one story."""
    furniture = invented("how we test", 250)
    reviews = [
        an(word, f"{invented(word, 50)} {furniture}", place / 3, f"This {word} changed how I {word * 2}", "reviews.example")
        for place, word in enumerate(WORDS[:8])
    ]
    assert len(set(grouped(reviews).values())) == 8


def test_an_update_by_the_same_outlet_joins() -> None:
    updated = f"{WIRE} Update: the union has called a meeting for Friday."
    assert together(an("first", outlet="post.example"), an("update", updated, 1, outlet="post.example"))


def test_short_texts_with_one_phrase_and_different_titles_differ() -> None:
    phrase = "Read the whole story on our site, where you also find more from the same author and this week's letters."
    a = an("a", phrase, title="Cranes move at night in the harbour of Westmere after the vote of Tuesday evening")
    b = an("b", phrase, title="Bakers want longer hours on Sundays, and a court in the north is to decide about it")
    assert not together(a, b)


# Titles


HEADLINE = "Westmere council lets Barendt's robots work the northern quay at night"


@pytest.mark.parametrize(
    "other",
    [
        "Westmere Council Lets Barendt’s Robots Work the Northern Quay at Night",
        "Westmere council lets Barendt&#8217;s robots work the northern quay at night | The Example",
        "Barendt's robots may work Westmere's northern quay at night, council decides",
    ],
)
def test_where_a_text_is_missing_or_a_teaser_the_headline_tells(other: str) -> None:
    assert together(an("report", WIRE, title=HEADLINE), an("listed", "", 0.5, other))
    assert together(an("report", WIRE, title=HEADLINE), an("teased", invented("teaser", 30), 0.5, other))


@pytest.mark.parametrize("other", ["Westmere council raises mooring fees", "Robots work at night in Otsu's bakery", "Council lets bakers open"])
def test_headlines_that_share_their_lesser_part_do_not_tell(other: str) -> None:
    assert not together(an("report", WIRE, title=HEADLINE), an("listed", "", 0.5, other))


def test_two_whole_texts_with_nothing_in_common_overrule_the_same_headline() -> None:
    assert not together(an("a", invented("a"), title=HEADLINE), an("b", invented("b"), title=HEADLINE))


def test_a_name_is_evidence_only_if_it_is_the_whole_title() -> None:
    assert together(an("a", "", title="Quinmar Atlas"), an("b", "", 0.2, "Quinmar Atlas"))
    assert not together(an("a", "", title="Quinmar Atlas"), an("b", "", 0.2, "Quinmar Atlas and its discontents"))


def test_seven_daily_briefings_are_seven_stories() -> None:
    week = [an(f"day{day}", invented(str(day)), day, "Daily briefing", "brief.example") for day in range(7)]
    assert len(set(grouped(week).values())) == 7


def test_daily_briefings_under_one_standing_teaser_are_as_many_stories() -> None:
    teaser = "All that happened overnight in the harbours of the north, and what to look out for before lunch."
    week = [an(f"day{day}", teaser, day, "Daily briefing", "brief.example") for day in range(7)]
    assert len(set(grouped(week).values())) == 7


def test_the_same_series_title_of_two_outlets_is_no_evidence_even_without_texts() -> None:
    assert not together(an("a", "", title="Daily briefing"), an("b", "", 0.1, "Daily briefing"))


def test_a_title_that_an_outlet_uses_day_after_day_is_no_evidence() -> None:
    column = [an(f"day{day}", "", day, "Barendt on robots and harbours", "column.example") for day in range(3)]
    listed = an("listed", "", 2.1, "Barendt on robots and harbours")
    stories = grouped([*column, listed])
    assert len(set(stories.values())) == 4


def test_a_word_that_every_title_holds_weighs_little() -> None:
    """An outlet's name at the end of each title would otherwise make strangers of two titles, or twins."""
    many = [
        an(f"n{n}", "", n / 50, f"{one} {two} {one}{two} - The Northfield Evening Gazette", f"of{n}.example")
        for n, (one, two) in enumerate(zip(WORDS, WORDS[9:], strict=False))
    ]
    assert len(set(grouped(many).values())) == len(many)


# Time


def test_the_same_text_much_later_is_a_new_story() -> None:
    assert grouped([an("one", WIRE), an("two", WIRE, 5)]) == {"one": "one", "two": "two"}


def test_a_story_does_not_creep_from_day_to_day() -> None:
    assert grouped([an(str(day), WIRE, day) for day in (0, 3, 6, 9)]) == {"0": "0", "3": "0", "6": "6", "9": "6"}


def test_a_late_copy_of_an_earlier_day_joins_the_known_story_which_keeps_its_id() -> None:
    known = KnownItem(an("known", WIRE, 1), "known")
    assert join([an("earlier", WIRE, 0), an("later", DESK, 2)], [known], LIMITS) == {"earlier": "known", "later": "known"}


def test_a_late_copy_does_not_stretch_a_known_story_beyond_its_days() -> None:
    known = [KnownItem(an("first", WIRE, 2), "first"), KnownItem(an("last", WIRE, 5), "first")]
    assert join([an("earlier", WIRE, 0)], known, LIMITS) == {"earlier": "earlier"}


def test_an_article_between_two_known_stories_joins_the_one_it_is_more_like_and_both_stay() -> None:
    left, right = invented("left", 150), invented("right", 150)
    known = [KnownItem(an("left", left), "left"), KnownItem(an("right", right), "right")]
    both = " ".join(left.split()[:120] + right.split()[:70])
    assert join([an("both", both, 1, "Nothing in common with it")], known, LIMITS) == {"both": "left"}


# Night by night

SOURCES = [invented("one", 150), invented("two", 150)]
VARIANTS = [
    an(f"{source}-{kind}-{day}", text, day + hour, f"{WORDS[source * 7]} {WORDS[source * 7 + 1]} {WORDS[source * 7 + 2]} {kind}")
    for source, original in enumerate(SOURCES)
    for kind, text, hour in (
        ("wire", original, 0.0),
        ("light", rewritten(original, 0.05), 0.1),
        ("heavy", rewritten(original, 0.2), 0.2),
        ("none", "", 0.3),
    )
    for day in (0, 1, 3, 6)
]


@settings(deadline=None, max_examples=30)
@given(st.permutations(VARIANTS))
def test_the_order_of_the_input_does_not_matter(items: list[Item]) -> None:
    assert grouped(items) == grouped(VARIANTS)


@settings(deadline=None, max_examples=40)
@given(st.sets(st.floats(0, 7, allow_nan=False), max_size=8), st.sets(st.sampled_from(range(len(VARIANTS)))))
def test_night_by_night_gives_the_same_stories_as_all_at_once(nights: set[float], left_out: set[int]) -> None:
    """Whatever the nights on which somebody looked, and whichever articles there are."""
    articles = [variant for place, variant in enumerate(VARIANTS) if place not in left_out]
    known: list[KnownItem] = []
    for last in (*sorted(nights), 8.0):
        new = [one for one in articles if one.at <= DAY + timedelta(days=last) and one.article_id not in {k.item.article_id for k in known}]
        stories = join(new, known, LIMITS)
        known += [KnownItem(one, stories[one.article_id]) for one in new]
    assert {one.item.article_id: one.story_id for one in known} == grouped(articles)


# Signatures


def test_empty_texts_do_not_break() -> None:
    assert grouped([an("a", "", title=""), an("b", "word", title="")]) == {"a": "a", "b": "b"}
    assert grouped([]) == {}


def test_signatures_are_small_and_stable() -> None:
    assert len(signature("t", WIRE)) == 512
    assert signature("t", WIRE) == signature("t", WIRE.upper())
