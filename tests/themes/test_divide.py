"""Two groups are found where there are two, noise is not taken for groups, and a phrase is what a text says in whole words."""

import numpy as np

from tracker.themes import divide
from tracker.themes.embed import Vectors, unit


def cloud(seed: int, size: int, centre: int, spread: float = 0.7) -> Vectors:
    """Unit rows around one axis, about as near to it as stories are to their theme."""
    noise = unit(np.random.default_rng(seed).normal(size=(size, 384)).astype(np.float32))
    noise[:, centre] = 1 / spread
    return unit(noise)


def test_the_smaller_of_two_groups_parts_and_always_the_same() -> None:
    vectors = np.concatenate([cloud(1, 20, 0), cloud(2, 12, 1)])
    order = np.random.default_rng(3).permutation(len(vectors))
    parting = divide.by_vectors(vectors[order], unit(vectors.mean(axis=0)))
    assert (parting == (order >= 20)).all()
    assert (divide.by_vectors(vectors[order], unit(vectors.mean(axis=0))) == parting).all()
    assert divide.are_distinct(vectors[order], parting)


def test_of_two_groups_as_large_the_one_nearer_to_the_centroid_stays() -> None:
    vectors = np.concatenate([cloud(1, 10, 0), cloud(2, 10, 1)])
    assert divide.by_vectors(vectors, np.eye(384, dtype=np.float32)[0]).tolist() == [False] * 10 + [True] * 10
    assert divide.by_vectors(vectors, np.eye(384, dtype=np.float32)[1]).tolist() == [True] * 10 + [False] * 10


def test_noise_around_one_centre_has_no_two_groups() -> None:
    for size in (20, 60, 200):
        vectors = cloud(size, size, 0)
        assert not divide.are_distinct(vectors, divide.by_vectors(vectors, vectors[0]))
    copies = np.repeat(cloud(1, 1, 0), 20, axis=0)
    assert not divide.are_distinct(copies, divide.by_vectors(copies, copies[0]))


def test_a_phrase_takes_what_says_it_or_where_few_do_what_is_near_to_it() -> None:
    vectors = np.concatenate([cloud(1, 20, 0), cloud(2, 12, 1)])
    second, nobody = np.arange(32) >= 20, np.zeros(32, dtype=bool)
    ten_say_it = second & (np.arange(32) < 30)
    axis = np.eye(384, dtype=np.float32)
    assert (divide.by_phrase(vectors, ten_say_it, axis[5]) == second).all()
    assert (divide.by_phrase(vectors, nobody, axis[1]) == second).all()
    assert not divide.by_phrase(vectors, nobody, axis[5]).any()


def test_only_whole_words_say_a_phrase_whatever_their_case_and_hyphens() -> None:
    texts = ["A Robot-taxi, at last.", "robot   taxi", "Robots taxi in", "Robotaxis", ""]
    assert divide.says(texts, "robot taxi").tolist() == [True, True, False, False, False]


def test_terms_are_what_one_part_says_and_the_other_does_not() -> None:
    inside = ["Waymo robotaxis drive in Austin", "Waymo drives on", "A robotaxi of Waymo"]
    outside = ["Tesla cars drive in Austin", "Tesla sells cars", "Tesla waits"]
    assert divide.terms(inside, outside)[0] == "waymo"
    assert divide.terms(outside, inside)[0] == "tesla"
    assert "austin" not in divide.terms(inside, outside)
