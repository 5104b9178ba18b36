"""The score counts what is right and what is not, on cases small enough to check by hand."""

from datetime import datetime, timedelta

from tracker.demo.score import Hits, Row, score
from tracker.demo.world import DemoArticle, DemoOutlet, Truth, World, load

DAY = datetime(2026, 1, 10, 12)


def outlet(name: str, **changes: str) -> DemoOutlet:
    """An outlet without faults."""
    facts = {"kind": "news", "tier": 2, "country": "GB", "feed": "rss", "page": "wire", "path": "/{slug}", "about": ""}
    return DemoOutlet(**{"outlet": name, "name": name, **facts, **changes})  # type: ignore[arg-type]


def article(name: str, at: str = "sound", **changes: object) -> DemoArticle:
    """An article published on DAY at /<name>."""
    facts = {"title": name, "author": "A", "section": "s", "summary": "S", "body": "B", "published_at": DAY, "shown_at": DAY}
    return DemoArticle(**{"id": name, "outlet": at, "path": f"/{name}", **facts, **changes})  # type: ignore[arg-type]


def row(where: str, /, story: str = "", at: str = "sound", **changes: object) -> Row:
    """A published row about an article, dated rightly and without a theme."""
    return Row(**{"url": f"http://127.0.0.1:1/{where}", "outlet": at, "story_id": story or where, "published_at": DAY, **changes})  # type: ignore[arg-type]


def curated(slug: str, stance: str | None) -> dict[str, str | None]:
    """The theme part of a row."""
    return {"slug": slug, "kind": "curated", "name": slug.title(), "stance": stance}


def discovered(slug: str) -> dict[str, str]:
    """The theme part of a row."""
    return {"slug": slug, "kind": "discovered", "name": slug.title(), "stance": "neutral"}


WORLD = World(
    outlets=(outlet("sound"), outlet("down", fault="unavailable"), outlet("dateless", fault="undated")),
    articles=(
        article("a1"),
        article("a1-copy"),
        article("a2"),
        article("a3"),
        article("b1"),
        article("b2"),
        article("wrong-year", shown_at=DAY + timedelta(days=2000)),
        article("essay", at="dateless"),
        article("locked", is_paywalled=True),
        article("gone", at="down"),
    ),
    truths={
        "a1": Truth(theme="alpha", stance="supports"),
        "a1-copy": Truth(theme="alpha", stance="supports", copy_of="a1"),
        "a2": Truth(theme="alpha", stance="opposes", also=("beta",)),
        "a3": Truth(theme="beta", stance="neutral"),
        "b1": Truth(topic="batteries"),
        "b2": Truth(topic="batteries"),
        "wrong-year": Truth(topic="glasses"),
        "essay": Truth(theme="beta", stance="neutral"),
        "locked": Truth(theme="alpha", stance="supports"),
        "gone": Truth(theme="alpha", stance="supports"),
    },
)
ROWS = [
    row("a1", **curated("alpha", "supports")),
    row("a1-copy", story="a1", **curated("alpha", "supports")),
    row("a2", story="a1", **curated("alpha", "supports")),  # wrongly in the story, and its stance turned round
    row("a2", story="a1", **curated("beta", None)),  # the second theme; no mention of it is sure
    row("a1", **curated("beta", "neutral")),  # a second theme that is not there
    row("a3", published_at=DAY + timedelta(days=3)),  # three days late, theme missed
    row("b1", **discovered("storage")),
    row("b2", **discovered("storage")),
    row("b2", **discovered("odds")),
    row("a1", **discovered("storage")),
    row("wrong-year", published_at=None),
    row("essay", at="dateless", published_at=None, **curated("beta", "neutral")),
    row("locked", **curated("alpha", "opposes")),  # not readable: does not count
    row("nowhere"),
]


def test_what_is_stored_is_counted_among_what_can_be_read() -> None:
    result = score(ROWS, WORLD)
    assert (result.readable, result.stored, result.strangers) == (8, 8, 1)
    assert score(ROWS[:1], WORLD).stored == 1


def test_dates_are_compared_by_day_and_the_undated_kept_apart() -> None:
    result = score(ROWS, WORLD)
    assert result.dates_right == 5
    assert result.days_off == (("a3", 3),)
    assert (result.undated_right, result.undated_wrong) == (2, 0)
    assert score([row("a1", published_at=None)], WORLD).undated_wrong == 1


def test_copies_are_scored_by_pairs() -> None:
    assert score(ROWS, WORLD).copies == Hits(right=1, extra=2, missed=0)


def test_themes_are_found_rightly_wrongly_or_missed() -> None:
    result = score(ROWS, WORLD)
    assert dict(result.themes) == {"alpha": Hits(3, 0, 0), "beta": Hits(2, 1, 1)}
    assert result.all_themes == Hits(5, 1, 1)
    assert result.all_themes.f1 == 5 / 6


def test_planted_themes_are_counted_by_themselves_and_so_is_what_is_sure() -> None:
    result = score(ROWS, WORLD)
    assert result.planted_themes == Hits(4, 0, 1)
    assert result.sure_themes == Hits(4, 1, 2)


def test_stance_is_scored_where_the_theme_was_found() -> None:
    result = score(ROWS, WORLD)
    assert result.stances == (("neutral", "neutral", 1), ("opposes", "supports", 1), ("supports", "supports", 2))
    assert result.stance_accuracy == 0.75
    assert result.stance_macro_f1 == (1 + 0 + 0.8) / 3
    assert result.flips == 1


def test_each_topic_is_matched_with_its_best_theme() -> None:
    batteries, glasses = score(ROWS, WORLD).topics
    assert (batteries.topic, batteries.theme, batteries.hits) == ("batteries", "Storage", Hits(2, 1, 0))
    assert (glasses.topic, glasses.theme, glasses.hits.f1) == ("glasses", "", 0.0)


def test_a_perfect_run_on_the_bundled_world_scores_one() -> None:
    world = load()
    rows = []
    for a in world.readable():
        truth = world.truths[a.id]
        themes = [curated(theme, truth.stance or "neutral") for theme in truth.themes] or [discovered(truth.topic or "")]
        published_at = a.published_at if world.is_datable(a) else None
        where = (a.path[1:] + "?ref=1", truth.copy_of or a.id, a.outlet)
        rows += [row(*where, published_at=published_at, **theme) for theme in themes]
    table = {measure: value for measure, value, _ in score(rows, world).rows()}
    assert (table.pop("stance flips"), table.pop("addresses from nowhere")) == (0, 0)
    assert set(table.values()) == {1.0}


def test_an_empty_archive_scores_nothing_and_does_not_fail() -> None:
    assert {value for _, value, _ in score([], load()).rows()} == {0.0}
