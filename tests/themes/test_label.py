"""Names, slugs and claims are taken from a cluster's own texts."""

import random
import time

import numpy as np
import pytest

from tracker.themes import phrases
from tracker.themes.label import is_assertive, name, provisional_claim, slug

# subject: (headlines, sentences); "{}" is a street, which tells stories apart
SUBJECTS = {
    "cranes": (
        [
            "Robot Cranes Start Work on {} Quay",
            "Robot cranes of {} harbour stand still",
            "Port Buys More Robot Cranes for {} Quay",
        ],
        ["The port on {} street put two robot cranes to work on Monday, and the union of dock workers is against robot cranes."],
    ),
    "phones": (
        ["Zephyr Phone 7 Sells Out on {} Street", "Why the Zephyr Phone 7 fails in {}", "Zephyr Phone 7: What {} Thinks"],
        ["Shops on {} street sold the Zephyr Phone 7 for less, while the older phones of Zephyr Labs stayed on the shelves."],
    ),
    "water": (
        ["Clean water reaches {} at last", "City Delays Water Pipes on {} Street", "Water pipes of {} leak again"],
        ["The city laid new water pipes under {} street in spring, and the water pipes leak where the ground is soft."],
    ),
    "trains": (
        ["Night trains return to {}", "Night Trains From {} Are Full", "Who pays for the night trains to {}?"],
        ["The railway runs night trains from {} street to the coast, and most night trains were full in the summer."],
    ),
}
STREETS = [
    f"{first}{last}" for first in "Aber Brom Cald Dorn Esk Fenn Gart Holm".split() for last in "ford wick ton mere by".split()
]
EACH = len(STREETS)


def archive(*subjects: str, order: int = 0) -> tuple[phrases.Phrases, dict[str, list[int]]]:
    """What the stories of some subjects say, and which stories are of which subject."""
    rows = [
        (subject, headlines[i % 3].format(street), " ".join(s.format(street) for s in sentences))
        for subject in subjects
        for headlines, sentences in [SUBJECTS[subject]]
        for i, street in enumerate(STREETS)
    ]
    random.Random(order).shuffle(rows)
    said = phrases.read([title for _, title, _ in rows], [text for *_, text in rows])
    return said, {subject: [i for i, row in enumerate(rows) if row[0] == subject] for subject in subjects}


@pytest.fixture(scope="module")
def town() -> tuple[phrases.Phrases, dict[str, list[int]]]:
    return archive(*SUBJECTS)


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


def test_a_claim_says_a_word_of_the_name_if_one_can() -> None:
    passages = ["The winter was mild in the whole of the north.", "Robot cranes have made the port faster than any before it."]
    vectors = np.array([[0.9, 0.4], [0.6, 0.8]], dtype=np.float32)
    centroid = np.array([1, 0], dtype=np.float32)
    assert provisional_claim(passages, vectors, centroid, "Robot cranes") == 1
    assert provisional_claim(passages, vectors, centroid, "Robot crane") == 1
    assert provisional_claim(passages, vectors, centroid, "Night trains") == 0


@pytest.mark.parametrize(
    ("subject", "expected"),
    [("cranes", "Robot cranes"), ("phones", "Zephyr Phone 7"), ("water", "Water pipes"), ("trains", "Night trains")],
)
def test_a_name_is_the_noun_phrase_that_is_typical_as_sentences_spell_it(
    town: tuple[phrases.Phrases, dict[str, list[int]]], subject: str, expected: str
) -> None:
    said, members = town
    assert name(["unused"], members[subject], said) == expected


def test_a_name_does_not_depend_on_the_order_of_the_stories(town: tuple[phrases.Phrases, dict[str, list[int]]]) -> None:
    said, members = town
    for order in (1, 2):
        other, again = archive(*SUBJECTS, order=order)
        assert [name([], again[s], other) for s in SUBJECTS] == [name([], members[s], said) for s in SUBJECTS]


def test_most_of_a_cluster_has_the_name_of_the_whole(town: tuple[phrases.Phrases, dict[str, list[int]]]) -> None:
    said, members = town
    for seed in range(5):
        for subject, whole in members.items():
            part = random.Random(seed).sample(whole, len(whole) * 9 // 10)
            assert name([], part, said) == name([], whole, said), subject


def test_two_subjects_in_one_cluster_are_both_named(town: tuple[phrases.Phrases, dict[str, list[int]]]) -> None:
    said, members = town
    assert set(name([], members["cranes"] + members["trains"], said).lower().split(" and ")) == {"robot cranes", "night trains"}


def test_a_taken_name_is_not_given_again_whatever_its_capitals_and_number(
    town: tuple[phrases.Phrases, dict[str, list[int]]],
) -> None:
    said, members = town
    taken = ["ROBOT CRANE"]
    for _ in range(6):
        taken.append(name(["crane", "quay"], members["cranes"], said, [t.upper() for t in taken]))
    assert len({t.lower().rstrip("s") for t in taken}) == 7
    assert all(0 < len(t) <= 60 for t in taken)


def test_what_an_outlet_prints_under_every_story_names_nothing() -> None:
    advert = "Harbour Gazette readers save on travel insurance with our partner. "
    rows = [
        (f"{what} on {street}", f"In {street} some {what.lower()} are old.")
        for what in ("Night trains", "Water pipes")
        for street in STREETS
    ]
    said = phrases.read([title for title, _ in rows], [advert + text for _, text in rows])
    assert name([], range(EACH), said) == "Night trains"
    assert not any("insurance" in phrase or "gazette" in phrase for phrase in said.spelled)


def test_verbs_of_headlines_are_no_part_of_a_name() -> None:
    titles = [f"Orbix Unveils Solar Ferries in {street}" for street in STREETS] + [f"Rain in {street}" for street in STREETS]
    texts = [f"On {s} pier the firm unveils the ferry: Orbix says its solar ferries are quick." for s in STREETS]
    texts += [f"It rains in {street}." for street in STREETS]
    said = phrases.read(titles, texts)
    assert name([], range(EACH), said) in {"Solar ferries", "Solar ferries and Orbix", "Orbix and solar ferries"}
    assert not any("unveil" in phrase for phrase in said.spelled)


def test_a_cluster_without_phrases_is_named_by_its_terms() -> None:
    nothing = phrases.read(["", ""], ["", ""])
    assert name(["ai", "lens", "visor"], [0, 1], nothing) == "Lens"
    assert name(["lens", "visor"], [0, 1], nothing, ["Lens"]) == "Visor"
    assert name([], [0, 1], nothing) != ""
    assert name([], [0, 1], nothing, ["Unnamed"]) == "Unnamed (2)"


def test_a_large_archive_is_named_in_seconds() -> None:
    streets = [f"{street} {i}" for i in range(125) for street in STREETS]
    rows = [
        (headlines[i % 3].format(s), sentences[0].format(s))
        for headlines, sentences in SUBJECTS.values()
        for i, s in enumerate(streets)
    ]
    started = time.perf_counter()
    said = phrases.read([title for title, _ in rows], [text for _, text in rows])
    names = [name([], range(first, len(rows), 60), said) for first in range(60)]
    assert len(rows) == 20_000 and all(names)
    assert time.perf_counter() - started < 30  # some 5 s on an idle core


def test_slugs_are_readable_and_unique() -> None:
    assert slug("Smart glasses, Meta") == "smart-glasses-meta"
    assert slug("Smart glasses, Meta", ["smart-glasses-meta", "smart-glasses-meta-2"]) == "smart-glasses-meta-3"
    assert slug("…") == "theme"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Künstliche Intelligenz", "kunstliche-intelligenz"), ("İstanbul", "istanbul"), ("Straßen–Netz", "strassen-netz"), ("Café’s", "cafe-s"),
        ("Łódź på Bjørnøya", "lodz-pa-bjornoya"),
    ],
)
def test_a_slug_keeps_letters_and_leaves_their_accents(text: str, plain: str) -> None:
    assert slug(text) == plain


def test_a_single_noun_that_few_stories_say_gives_way_to_words_that_belong_together() -> None:
    """Of thirty stories five speak of a curve; nothing else is said by several of them and not by all other stories."""
    few = [
        (f"A curve for {street}", f"Readers of {street} street know the curve. They saw a curve in spring.")
        for street in STREETS[:5]
    ]
    rest = [(f"What {street} thinks", f"Opinions in {street} differ.") for street in STREETS[5:30]]
    others = [
        (headline.format(street), sentence)
        for street in STREETS
        for _, (headlines, (sentence,)) in SUBJECTS.items()
        for headline in headlines[:1]
    ]
    rows = [*few, *rest, *others]
    said = phrases.read([title for title, _ in rows], [text.replace("{}", title.split()[-1]) for title, text in rows])
    assert name([], range(30), said) == "Curve"
    assert name(["safety", "release safety"], range(30), said) == "Release safety"
    assert name(["safety", "release safety"], range(5), said) == "Curve"
