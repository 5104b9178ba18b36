"""Four nights of an invented world with the real pipeline: one missed, one run twice; and the scores notice what goes wrong."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from evals import replay, replay_invention
from evals.replay_findings import Covered, Volume
from evals.replay_scores import Lived, Score
from evals.replay_site import feed, listing, page
from evals.replay_world import OUTLETS, World, time_of

EXACT = (
    "volume equals articles", "articles kept", "articles stored once", "dates right", "undated and implausible kept apart",
    "missed nights told rightly", "zeros of complete days true", "second run changes nothing", "future date changes no number",
    "the same, of what was collected", "stories, precision", "wire copies, F1",
)  # fmt: skip


@pytest.fixture(scope="module")
def report() -> replay.Report:
    """Four nights: the second is missed."""
    return replay.evaluate(nights=4, seed=1)


@pytest.fixture(scope="module")
def season() -> World:
    """Ninety nights, not lived through."""
    return replay_invention.invent(seed=2, nights=90)


def test_nothing_goes_wrong_in_four_nights(report: replay.Report) -> None:
    values = {measure: value for measure, value, _ in report.rows()}
    assert {measure: values[measure] for measure in EXACT} == dict.fromkeys(EXACT, 1.0)
    assert len(report.findings.articles) > 100


def test_lost_doubled_and_misdated_articles_are_noticed(report: replay.Report) -> None:
    dated = [a for a in report.findings.articles if a.published_at]
    _, second, *others = dated
    assert second.published_at
    moved = replace(second, published_at=second.published_at + timedelta(days=1))
    wrong = wrong_in(replace(report, findings=replace(report.findings, articles=(moved, moved, *others))))
    assert wrong >= {"articles kept", "articles stored once", "dates right"}
    believed = [replace(a, published_at=time_of(0)) for a in report.findings.articles if a.published_at is None]
    assert believed
    found = replace(report.findings, articles=(*dated, *believed))
    assert "undated and implausible kept apart" in wrong_in(replace(report, findings=found))


def test_wrong_sums_volumes_and_shares_are_noticed(report: replay.Report) -> None:
    found = report.findings
    doubled = {day: replace(v, stories=0, articles=0, share=0.9, coverage="complete") for day, v in found.volume.items()}
    wrong = wrong_in(replace(report, findings=replace(found, sums=(("a-theme", 3, 2),), volume=doubled)))
    assert wrong >= {"volume equals articles", "zeros of complete days true", "shares right"}
    turned = {day: Volume(v.stories, -(v.articles or 0), v.share, v.coverage) for day, v in found.volume.items()}
    assert "rank correlation of daily volume" in wrong_in(replace(report, findings=replace(found, volume=turned)))


def test_days_called_complete_though_articles_were_lost_are_noticed(report: replay.Report) -> None:
    found = report.findings
    kept = tuple(a for a in found.articles if report.world.items[a.id].outlet != "ticker-nine")
    claimed = {day: Covered("complete", 9, 9.0) for day in found.coverage}
    wrong = wrong_in(replace(report, findings=replace(found, articles=kept, coverage=claimed)))
    assert wrong >= {"days with lost articles flagged", "days with half lost not complete", "expected articles near the rhythm"}
    never = {day: Covered("partial", c.articles, c.expected) for day, c in found.coverage.items()}
    assert "missed nights told rightly" in wrong_in(replace(report, findings=replace(found, coverage=never)))


def test_stories_joined_or_left_apart_and_stances_turned_are_noticed(report: replay.Report) -> None:
    found = report.findings
    together = tuple(replace(a, story_id=found.articles[0].story_id) for a in found.articles)
    assert wrong_in(replace(report, findings=replace(found, articles=together))) >= {
        "stories, precision",
        "first publisher right",
    }
    apart = tuple(replace(a, story_id=a.article_id) for a in found.articles)
    assert wrong_in(replace(report, findings=replace(found, articles=apart, stories=dict.fromkeys((a.article_id for a in apart), (None, ""))))) >= {
        "stories, recall", "wire copies, recall", "first publisher right",
    }  # fmt: skip
    turned = {of: (con, pro, neutral) for of, (pro, con, neutral) in found.stance.items()}
    assert "net stance by theme and month" in wrong_in(replace(report, findings=replace(found, stance=turned)))


def test_runs_that_change_numbers_and_an_unseen_theme_are_noticed(report: replay.Report) -> None:
    lived = Lived(report.lived.looks, False, (("a", "b"),), ("c", "d"), ("e", "f"))
    assert wrong_in(replace(report, lived=lived)) >= {
        "restored export publishes the same",
        "second run changes nothing",
        "future date changes no number",
        "new theme seen the same night",
    }


def test_a_season_holds_all_that_can_go_wrong(season: World) -> None:
    items = season.items.values()
    assert Counter(item.kind for item in items).keys() == {"original", "copy", "light", "heavy"}
    assert Counter(item.shown for item in items).keys() == {"true", "future", "ancient", "nothing"}
    assert 30 < len(items) / season.nights < 50
    assert any(item.listed_at - item.at > timedelta(days=1) for item in items)
    briefings = [item for item in items if item.title == "Daily briefing"]
    assert len({item.at.date() for item in briefings}) == len(briefings) > 50
    assert len({item.paragraphs for item in briefings}) == len(briefings)
    assert len(season.missed) == 10
    assert len(season.twice) == 4
    assert set(season.down.values()) == {410, 503}
    assert Counter(theme.trend for theme in season.themes) == {"up": 4, "no clear change": 3, "down": 4}
    born = sum(
        item.is_burst and time_of((season.burst_night or 0) - 1) < item.at < time_of(season.burst_night or 0) for item in items
    )
    assert born >= 25


def test_the_same_seed_gives_the_same_world_and_another_one_another(season: World) -> None:
    assert replay_invention.invent(seed=2, nights=90) == season
    assert replay_invention.invent(seed=3, nights=90) != season


def test_rewrites_keep_what_they_should(season: World) -> None:
    def kept(name: str) -> float:
        now, before = (Counter(" ".join(season.items[n].paragraphs).split()) for n in (name, season.items[name].root))
        return (now & before).total() / before.total()

    shares = {
        kind: [kept(name) for name, item in season.items.items() if item.kind == kind] for kind in ("copy", "light", "heavy")
    }
    assert min(shares["copy"]) == 1
    assert 0.88 <= min(shares["light"]) < max(shares["light"]) < 1
    assert 0.64 <= min(shares["heavy"]) < max(shares["heavy"]) < 0.92  # chance puts some words back elsewhere


def test_an_outlet_that_writes_no_dates_writes_none_anywhere(season: World) -> None:
    silent = next(outlet for outlet in OUTLETS if outlet.dating == "never")
    items = listing(season, silent, season.until)
    said = feed(silent, items, "http://here") + page(silent, items[0], items[1:3], "http://here")
    assert len(items) == silent.shows
    assert b"2026" not in said


def test_scores_of_several_seeds_add_up() -> None:
    rows = replay.pooled({1: [Score("a", 1, 2, worst=0.5)], 2: [Score("a", 6, 6, worst=0.9), Score("b", 0, 0)]})
    assert rows == [("a", 7 / 8, "7 of 8; lowest 0.5000 (seed 1); worst part 0.5000", ""), ("b", None, "0 of 0", "")]


def wrong_in(report: replay.Report) -> set[str]:
    """The measures below 1."""
    return {measure for measure, value, _ in report.rows() if value is not None and value < 1}
