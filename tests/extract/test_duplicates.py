"""Copies and light rewrites form one story; two reports of one event, and yearly texts, do not."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import PARAGRAPHS
from tracker.extract.duplicates import Item, KnownItem, group, join, signature, similarity

WIRE = " ".join(PARAGRAPHS)
DESK = WIRE.replace("The harbour council", "WESTMERE (Example Wire) - The harbour council").replace(
    "small robotics firm", "start-up"
)
OTHER = (
    "Night work at the port of Westmere may soon be done by machines, after a narrow vote in which delegates weighed the "
    "queues of waiting vessels against the fears of those who load them. "
    "A trial run begins within weeks, according to the firm behind it."
)
DAY = datetime(2026, 10, 20, 8)


def item(name: str, text: str, day: float = 0, title: str = "A title") -> Item:
    return Item(name, DAY + timedelta(days=day), signature(title, text))


def test_copies_and_rewrites_are_one_story_named_after_the_first() -> None:
    items = [item("desk", DESK, 1), item("wire", WIRE, 0), item("copy", WIRE, 2, "Another title"), item("other", OTHER, 0)]
    assert group(items, 0.6, 4) == {"wire": "wire", "desk": "wire", "copy": "wire", "other": "other"}


def test_the_same_text_much_later_is_a_new_story() -> None:
    assert group([item("one", WIRE), item("two", WIRE, 5)], 0.6, 4) == {"one": "one", "two": "two"}


def test_a_story_does_not_creep_from_day_to_day() -> None:
    assert group([item(str(day), WIRE, day) for day in (0, 3, 6, 9)], 0.6, 4) == {"0": "0", "3": "0", "6": "6", "9": "6"}


def test_short_texts_with_one_phrase_and_different_titles_differ() -> None:
    phrase = "Read the whole story on our site, where you also find more from the same author and this week's letters."
    a = item("a", phrase, title="Cranes move at night in the harbour of Westmere after the vote of Tuesday evening")
    b = item("b", phrase, title="Bakers want longer hours on Sundays, and a court in the north is to decide about it")
    assert group([a, b], 0.6, 4) == {"a": "a", "b": "b"}


def test_the_same_title_over_different_texts_is_not_a_copy() -> None:
    assert group([item("a", WIRE, title="Weekly letter"), item("b", OTHER, title="Weekly letter")], 0.6, 4) == {
        "a": "a",
        "b": "b",
    }


def test_known_stories_keep_their_id_even_when_an_earlier_copy_turns_up() -> None:
    known = KnownItem(item("known", WIRE, 1), "known", DAY + timedelta(days=1))
    assert join([item("earlier", WIRE, 0), item("later", DESK, 2)], [known], 0.6, 4) == {"earlier": "known", "later": "known"}


def test_empty_texts_do_not_break() -> None:
    assert group([item("a", "", title=""), item("b", "word", title="")], 0.6, 4) == {"a": "a", "b": "b"}


def test_signatures_are_small_and_stable() -> None:
    assert len(signature("t", WIRE)) == 512
    assert signature("t", WIRE) == signature("t", WIRE.upper())
    assert similarity(signature("t", WIRE), signature("t", OTHER)) < 0.1


VARIANTS = [item(f"{i}-{day}", text, day) for i, text in enumerate((WIRE, DESK, OTHER)) for day in (0, 1, 3, 6)]


@settings(deadline=None, max_examples=30)
@given(st.permutations(VARIANTS))
def test_the_order_of_the_input_does_not_matter(items: list[Item]) -> None:
    assert group(items, 0.6, 4) == group(VARIANTS, 0.6, 4)


def test_night_by_night_gives_the_same_stories_as_all_at_once() -> None:
    at_once = group(VARIANTS, 0.6, 4)
    known: list[KnownItem] = []
    for day in (0, 1, 3, 6):
        new = [variant for variant in VARIANTS if variant.at == DAY + timedelta(days=day)]
        stories = join(new, known, 0.6, 4)
        at = {variant.article_id: variant.at for variant in VARIANTS}
        known += [KnownItem(one, stories[one.article_id], at[stories[one.article_id]]) for one in new]
    assert {one.item.article_id: one.story_id for one in known} == at_once
