"""Names, slugs and claims are taken from a cluster's own texts."""

import numpy as np
import pytest

from tracker.themes.label import is_assertive, name, provisional_claim, slug

GLASSES = [
    "Smart glasses sold well. Makers of smart glasses want the Meta Ray-Ban buyers.",
    "Shops say that smart glasses sell, and that Meta sells most of them.",
]


@pytest.mark.parametrize(
    "passage",
    [
        "The council will publish the first figures of the trial in March.",
        "Battery storage on the grid has doubled in two years, according to the operator of the eastern network.",
        'Ilse Barendt, who runs the firm, says that "boxes move at night" now.',
    ],
)
def test_a_sentence_that_stands_alone_can_be_a_claim(passage: str) -> None:
    assert is_assertive(passage)


@pytest.mark.parametrize(
    ("flaw", "passage"),
    [
        ("question", "Will the council publish the first figures of the trial in March?"),
        ("dateline", "WESTMERE, Oct 31 The council has published the first figures of the trial."),
        ("row of a table", "Northern quay | 41 ships | the wait was 3.5 hours | as of March."),
        ("you", "The first figures of the trial show what you can expect in March."),
        ("we", "The first figures of the trial are what we wanted to see in March."),
        ("fragment: no verb", "A small robotics firm on the northern quay of the old harbour."),
        ("fragment: no end", "The council will publish the first figures of the trial in"),
        ("short", "The council will publish figures."),
        ("two sentences", "The council will publish the first figures in March. Dock workers are less sure of them."),
        ("dangling pronoun", "It will publish the first figures of the trial in March."),
        ("opening quote", '"The machines shorten the wait of ships that lie at anchor," the firm said.'),
        ("long", "The council will publish " + "the first and the second and " * 8 + "the last figures of the trial."),
    ],
)
def test_what_does_not_stand_alone_cannot(flaw: str, passage: str) -> None:
    assert not is_assertive(passage), flaw


def test_the_claim_is_the_assertive_passage_nearest_to_the_centre() -> None:
    passages = [
        "Why?",
        "The trial of the cranes was a success for the whole port.",
        "The wait of ships has become shorter at the northern quay.",
    ]
    vectors = np.array([[1, 0], [0.6, 0.8], [0.8, 0.6]], dtype=np.float32)
    centroid = np.array([1, 0], dtype=np.float32)
    assert provisional_claim(passages, vectors, centroid) == 2
    assert provisional_claim(passages[:1], vectors[:1], centroid) is None
    assert provisional_claim([], vectors[:0], centroid) is None


def test_a_name_is_spelled_as_the_texts_spell_it() -> None:
    assert name(["smart glasses", "meta"], GLASSES) == "Smart glasses, Meta"
    texts = [
        "Sales of the iPhone Air rose.",
        "Shops sold the iPhone Air, but OpenAI did not.",
        "IPHONE AIR: a test. Then came OpenAI.",
    ]
    assert name(["iphone air", "openai"], texts) == "iPhone Air, OpenAI"


def test_a_name_says_no_word_twice_and_leaves_out_words_that_name_nothing() -> None:
    assert name(["glasses", "smart glasses", "said", "meta"], GLASSES) == "Smart glasses, Meta"


def test_a_taken_name_is_not_given_again_whatever_its_capitals() -> None:
    taken: list[str] = []
    for _ in range(4):
        taken.append(name(["smart glasses", "meta", "shops"], GLASSES, [t.upper() for t in taken]))
    assert taken[0] == "Smart glasses, Meta"
    assert len({t.lower() for t in taken}) == 4
    assert all(t.startswith("Smart glasses") for t in taken)


def test_a_cluster_without_terms_still_has_a_name() -> None:
    assert name([], []) != ""


def test_slugs_are_readable_and_unique() -> None:
    assert slug("Smart glasses, Meta") == "smart-glasses-meta"
    assert slug("Smart glasses, Meta", ["smart-glasses-meta", "smart-glasses-meta-2"]) == "smart-glasses-meta-3"
    assert slug("…") == "theme"
