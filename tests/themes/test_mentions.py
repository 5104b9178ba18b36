"""Which passages the judge is shown, and which articles are on a theme's subject."""

from dataclasses import replace

import numpy as np

from tracker.records import Theme
from tracker.themes.mentions import best_of_each, candidates, descriptions, on_subject

QUAY = Theme(
    "t1",
    "night-quay",
    "Robots on the quay",
    "curated",
    "Robot cranes shorten the wait.",
    "yaml",
    ("robot cranes", "a.i. quay"),
    ("For.",),
    ("Against.",),
)
NEAR, FAR = [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]


def rows(*vectors: list[float]) -> np.ndarray:
    return np.array(vectors, dtype=np.float32)


def test_a_passage_is_shown_if_it_is_near_or_names_an_alias() -> None:
    passages = ["It went well.", "The Robot Cranes came.", "Trobot cranesque.", "Sheep.", "An A.I. quay"]
    vectors = rows(NEAR, FAR, FAR, FAR, FAR)
    assert candidates(passages, vectors, QUAY, rows(NEAR), 0.4).tolist() == [0, 1, 4]
    assert candidates(passages, vectors, replace(QUAY, terms=()), rows(NEAR), 0.4).tolist() == [0]


def test_nearness_to_any_one_description_is_enough() -> None:
    assert candidates(["a", "b"], rows([0, 1, 0], FAR), QUAY, rows(NEAR, [0, 0.8, 0.6]), 0.7).tolist() == [0]


def test_no_passages_no_candidates() -> None:
    assert candidates([], np.empty((0, 3), dtype=np.float32), QUAY, rows(NEAR), 0.4).tolist() == []


def test_an_article_on_the_subject_is_kept_and_another_is_dropped() -> None:
    described = rows([0.8, 0.6, 0.0], [0.8, -0.6, 0.0])  # their mean points along the first axis
    articles = rows(NEAR, [0.6, 0.8, 0.0], [0.3, 0.954, 0.0], FAR)
    assert on_subject(articles, described, 0.45).tolist() == [True, True, False, False]


def test_a_curated_theme_is_described_by_its_aliases_too_and_a_discovered_one_is_not() -> None:
    assert descriptions(QUAY) == ("Robot cranes shorten the wait.", "For.", "Against.", "robot cranes", "a.i. quay")
    assert descriptions(replace(QUAY, kind="discovered")) == ("Robot cranes shorten the wait.", "For.", "Against.")


def test_the_best_passage_of_each_article_is_the_nearest_and_the_first_of_equals() -> None:
    vectors = rows(FAR, NEAR, NEAR, [0.6, 0.8, 0.0])
    assert best_of_each(["a", "a", "a", "b"], vectors, rows(NEAR)[0]) == {"a": 1, "b": 3}
    assert best_of_each([], vectors[:0], rows(NEAR)[0]) == {}
