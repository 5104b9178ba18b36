"""Three nights of the demo world with the real pipeline: one missed, one run twice; and the report notices what goes wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest

from evals import replay


@pytest.fixture(scope="module")
def report() -> replay.Report:
    """Three nights."""
    return replay.evaluate(nights=3, seed=1)


def test_nothing_goes_wrong_in_three_nights(report: replay.Report) -> None:
    assert [row for row in report.rows() if row[1] != 1.0] == []


def test_the_replay_holds_what_it_is_for(report: replay.Report) -> None:
    truth = report.truth
    assert len(report.found) > 15
    assert truth.articles.keys() > truth.shown  # some were never to be seen: the short feed and the missed night
    assert 0 < len(truth.reaching_back) < len({a.outlet for a in truth.articles.values()})  # both caught up and flagged
    assert sum(volume for _, volume, _ in report.volumes) > 0


def test_faults_are_noticed(report: replay.Report) -> None:
    _, second, *others = [a for a in report.found if a.published_at]
    assert second.published_at
    moved = replace(second, published_at=second.published_at + timedelta(days=1))
    faulty = replace(report, found=(moved, moved, *others), volumes=(("a-theme", 3, 2),), checksums=("a", "b"))
    wrong = {measure for measure, value, _ in faulty.rows() if value != 1.0}
    assert wrong >= {
        "articles kept",
        "articles stored once",
        "dates right",
        "volume equals articles",
        "second run changes nothing",
    }
