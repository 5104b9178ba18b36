"""The stability of names: the same archive agrees with itself, and a name that hangs on few stories is not stable."""

import numpy as np

from evals.theme_names import k_means, names, stability

SUBJECTS = ("Night Trains", "Robot Cranes", "Water Pipes")
TITLES = [f"{subject} of street {i}" for subject in SUBJECTS for i in range(30)]
TEXTS = [f"In street {i} the {subject.lower()} are new." for subject in SUBJECTS for i in range(30)]
CLUSTERS = [list(range(first, first + 30)) for first in (0, 30, 60)]


def test_what_every_story_says_is_stable() -> None:
    assert names(TITLES, TEXTS, CLUSTERS) == ["Night trains", "Robot cranes", "Water pipes"]
    found = stability(TITLES, TEXTS, CLUSTERS, repeats=3, seed=0)
    assert (found.named, found.same, found.alike) == (9, 9, 9)


def test_a_name_that_two_headlines_carry_is_not() -> None:
    titles = [f"{'Night Trains' if i < 2 else 'Nothing'} of street {i}" for i in range(30)] + TITLES[30:]
    texts = TEXTS[:2] + [f"Nothing is new in street {i}." for i in range(28)] + TEXTS[30:]
    assert names(titles, texts, CLUSTERS)[0] == "Night trains"
    found = stability(titles, texts, CLUSTERS, repeats=20, seed=0)
    assert 40 <= found.same < found.named


def test_clusters_come_largest_first_and_small_ones_are_left_out() -> None:
    turns = np.repeat([0.0, 1.5, 3.0], [60, 100, 5]) + np.linspace(0, 0.01, 165)
    clusters = k_means(np.stack([np.cos(turns), np.sin(turns)], axis=1).astype(np.float32), seed=0)
    assert all(len(rows) >= 8 for rows in clusters)
    assert [len(rows) for rows in clusters] == sorted((len(rows) for rows in clusters), reverse=True)
