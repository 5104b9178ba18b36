"""What the published file gives back to readers."""

from datetime import date
from pathlib import Path

import pytest

from tests.dashboard import invented
from tracker.errors import StoreError
from tracker.store.public import Published, published_file

YEAR = (date(2025, 11, 1), date(2026, 10, 31))
ALL = tuple(invented.OUTLETS)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return Published(invented.build(tmp_path_factory.mktemp("published")))


def test_the_stable_name_leads_to_the_versioned_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="tracker demo"):
        published_file(tmp_path)
    path = invented.build(tmp_path, "small")
    assert published_file(tmp_path) == path.resolve()
    assert path.name == f"tracker-{invented.RUN}.duckdb"


def test_where_the_stable_name_is_a_copy_the_newest_version_is_opened(tmp_path: Path) -> None:
    path = invented.build(tmp_path, "small")
    (tmp_path / "tracker.duckdb").unlink()
    (tmp_path / "tracker.duckdb").write_bytes(path.read_bytes())
    assert published_file(tmp_path) == path.resolve()


def test_a_damaged_file_is_a_store_error_with_advice(tmp_path: Path) -> None:
    broken = tmp_path / "tracker-x.duckdb"
    broken.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="tracker publish"):
        Published(broken)


def test_the_span_ends_with_the_last_whole_day(published: Published) -> None:
    assert published.span() == (date(2025, 9, 27), date(2026, 10, 31))


def test_totals_and_daily_counts_agree(published: Published) -> None:
    totals = published.totals()
    stories = published.story_counts(date(2025, 1, 1), date(2026, 12, 31))
    assert int(stories["stories"].sum()) == totals["stories"] - totals["undated"]
    assert int(stories["articles"].sum()) == totals["articles"] - totals["undated"]
    assert totals["copies"] == 6


def test_hidden_columns_stay_hidden_and_every_column_is_explained(published: Published) -> None:
    schema = published.schema()
    assert {"articles", "mentions", "runs"} <= set(schema["view"])
    assert "text" not in set(schema.loc[schema["view"] == "articles", "column"])
    assert schema["comment"].notna().all()
    assert schema["view_comment"].notna().all()


def test_a_theme_is_counted_within_the_days_asked_for(published: Published) -> None:
    counts = published.theme_counts(date(2026, 6, 1), date(2026, 6, 30), "t0")
    assert set(counts["theme_id"]) == {"t0"}
    assert counts["day"].between("2026-06-01", "2026-06-30").all()
    assert (counts["stories"] == counts[["supports", "opposes", "neutral", "unsure"]].sum(axis=1)).all()


def test_evidence_is_at_most_one_an_outlet_the_same_for_a_seed_and_other_for_another(published: Published) -> None:
    first = published.evidence("t0", "supports", *YEAR, ALL, seed=1, rows=5)
    assert len(first) == 5
    assert first["outlet"].is_unique
    assert first.equals(published.evidence("t0", "supports", *YEAR, ALL, seed=1, rows=5))
    assert not first.equals(published.evidence("t0", "supports", *YEAR, ALL, seed=2, rows=5))


def test_a_copied_story_gives_one_passage(published: Published) -> None:
    days = (date(2026, 10, 22), date(2026, 10, 23))
    drawn = published.evidence("t0", "supports", *days, ALL, seed=1, rows=50)
    assert (drawn["copies"] == 6).sum() == 1


def test_evidence_and_articles_keep_to_the_outlets_asked_for(published: Published) -> None:
    assert set(published.evidence("t1", "opposes", *YEAR, ("ember.example",), 1, 9)["outlet"]) == {"ember.example"}
    assert published.evidence("t1", "opposes", *YEAR, (), 1, 9).empty
    assert set(published.articles("t1", *YEAR, ("ember.example",)).rows["outlet"]) == {"ember.example"}


def test_articles_come_in_pages_newest_first_and_can_be_searched(published: Published) -> None:
    first = published.articles("t0", *YEAR, ALL, rows=20)
    second = published.articles("t0", *YEAR, ALL, rows=20, skip=20)
    assert first.total == second.total > 40
    assert first.rows["published_at"].is_monotonic_decreasing
    assert second.rows["published_at"].max() <= first.rows["published_at"].min()
    found = published.articles("t0", *YEAR, ALL, words="100%' or 1=1 --")
    assert found.total == 0
    assert published.articles("t0", *YEAR, ALL, words="LONG WINTER").rows["title"].str.contains("long winter").all()


def test_a_file_without_the_views_is_named_as_another_versions(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "tracker-old.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(StoreError, match="another version"):
        Published(path).themes()
