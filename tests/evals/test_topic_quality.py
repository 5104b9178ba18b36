"""Measures of a clustering agree with cases worked out by hand."""

import math

import numpy as np
import pytest

from evals import topic_quality as quality

TEXTS = ["cat dog", "cat dog fish", "fish bird", "bird fish"]
BIRD, CAT, DOG, FISH = range(4)


def test_words_are_those_frequent_in_one_topic_and_rare_in_others() -> None:
    counts = quality.terms(["goal goal match", "goal league match", "profit profit match", "profit league match the the"])
    assert counts.words.tolist() == ["goal", "league", "match", "profit"]
    first = quality.top_words(counts.counts, np.array([3, 3, 8, 8]))[:, 0]
    assert counts.words[first].tolist() == ["goal", "profit"]
    without = quality.top_words(counts.counts, np.array([0, -1, -1, -1]))
    assert len(without) == 1 and quality.top_words(counts.counts, np.full(4, -1)).shape[0] == 0


def test_npmi_by_hand() -> None:
    counts = quality.terms(TEXTS).counts
    always, never, sometimes = quality.npmi(counts, np.array([[CAT, DOG], [BIRD, CAT], [CAT, FISH]]))
    assert (always, never) == (pytest.approx(1), -1)  # only together; never together
    assert sometimes == pytest.approx(math.log(0.25 / (0.5 * 0.75)) / -math.log(0.25))
    three = quality.npmi(counts, np.array([[CAT, DOG, BIRD]]))[0]
    assert three == pytest.approx((1 - 1 - 1) / 3)  # the mean of its pairs


def test_independent_words_have_no_npmi() -> None:
    counts = quality.terms(["cat dog", "cat", "dog", "fish fish"]).counts  # fish is in one document, so no word of ours
    assert quality.npmi(counts, np.array([[0, 1]]))[0] == pytest.approx(0)


def test_diversity_is_the_share_of_different_words() -> None:
    assert quality.diversity(np.array([[1, 2], [3, 4]])) == 1
    assert quality.diversity(np.array([[1, 2], [2, 3], [1, 2]])) == 0.5
    assert quality.diversity(np.empty((0, 10), dtype=np.int64)) == 0


def test_agreement_with_classes() -> None:
    classes = ["a", "a", "a", "b", "b", "b"]
    assert quality.nmi(classes, np.array([4, 4, 4, 2, 2, 2])) == pytest.approx(1)
    assert quality.purity(classes, np.array([0, 0, -1, 0, 1, -1])) == 0.75
    assert quality.nmi(classes, np.full(6, -1)) == quality.purity(classes, np.full(6, -1)) == 0


def test_stability_counts_what_only_one_fit_places() -> None:
    first, renamed = np.array([0, 0, 1, 1, -1, -1]), np.array([7, 7, 3, 3, -1, -1])
    assert quality.agreement(first, renamed) == quality.agreement_placed(first, renamed) == 1
    shy = np.array([0, 0, 1, 1, 1, 0])
    assert quality.agreement(first, shy) < quality.agreement_placed(first, shy) == 1


def test_leaving_everything_out_is_not_stable() -> None:
    nothing = np.full(5, -1)
    assert quality.agreement(nothing, nothing) == quality.agreement_placed(nothing, nothing) == 0


def test_the_strongest_documents_stay() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1], [0.8, 0.6]], dtype=np.float32)
    found, founded = np.array([0, 0, 1, -1]), np.array([0, -1, 1, -1])  # the second joined later: it says nothing of where the topic is
    assert quality.strongest(vectors, found, founded, 2).tolist() == [0, -1, 1, -1]
    assert quality.strongest(vectors, found, founded, 3).tolist() == found.tolist()
    assert quality.strongest(vectors, found, founded, 0).tolist() == [-1] * 4


def test_standard_error_of_single_fits_is_the_usual_one() -> None:
    values = {(0,): 0.1, (1,): 0.2, (2,): 0.6}
    assert quality.standard_error(values) == pytest.approx(np.std([0.1, 0.2, 0.6], ddof=1) / math.sqrt(3))
    assert quality.standard_error({(0,): 0.1}) is None


def test_pairs_that_share_a_fit_are_not_independent() -> None:
    """Fit 0 disagrees with all others, which agree: one odd fit is behind three of the six values."""
    pairs = {(0, 1): 0.2, (0, 2): 0.2, (0, 3): 0.2, (1, 2): 0.8, (1, 3): 0.8, (2, 3): 0.8}
    independent = np.std(list(pairs.values()), ddof=1) / math.sqrt(6)
    assert quality.standard_error(pairs) == pytest.approx(0.3)  # without fit 0: 0.8, without another: 0.4; sqrt(3 * 0.03)
    assert quality.standard_error(pairs) > independent
    assert quality.standard_error({(0, 1): 0.5}) is None
