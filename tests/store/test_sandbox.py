"""One statement, read-only, nothing but the file, and an end to everything."""

import time
from pathlib import Path

import pytest

from tests.dashboard import invented
from tracker.errors import StoreError
from tracker.store.sandbox import query


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return invented.build(tmp_path_factory.mktemp("sandbox"), "small")


def test_a_query_gives_columns_and_rows(path: Path) -> None:
    result = query(path, "select slug, 1 as slug, published_at from themes, articles limit 3")
    assert result.columns == ["slug", "slug_1", "published_at"]
    assert len(result.rows) == 3
    assert not result.truncated


def test_no_two_columns_have_one_name_even_where_the_query_has_taken_the_next(path: Path) -> None:
    result = query(path, "select 1 as a, 2 as a, 3 as a_1, 4 as a, 5 as b")
    assert result.columns == ["a", "a_2", "a_1", "a_3", "b"]
    assert result.rows == [(1, 2, 3, 4, 5)]
    assert query(path, "pivot mentions on stance in ('supports', 'opposes') using count(*) group by voice").columns[1:] == ["supports", "opposes"]


def test_more_rows_than_asked_for_are_cut_and_said_so(path: Path) -> None:
    result = query(path, "from range(10000000000)", rows=10)
    assert result.rows == [(number,) for number in range(10)]
    assert result.truncated


def test_an_empty_result_keeps_its_columns(path: Path) -> None:
    result = query(path, "select url, title from articles where false")
    assert result.columns == ["url", "title"]
    assert result.rows == []


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("drop view articles", "Only SELECT"),
        ("create temp table x as select 1", "Only SELECT"),
        ("copy articles to 'x.csv'", "Only SELECT"),
        ("attach 'x.duckdb'", "Only SELECT"),
        ("set threads = 8", "Only SELECT"),
        ("pragma database_list", "Only SELECT"),
        ("install httpfs", "Only SELECT"),
        ("select 1; select 2", "exactly one"),
        ("pivot mentions on stance using count(*)", "names its columns: PIVOT"),
        ("  -- nothing", "Write a query"),
        ("selec 1", "syntax error"),
    ],
)
def test_anything_but_one_select_is_refused_before_it_runs(path: Path, sql: str, reason: str) -> None:
    with pytest.raises(StoreError, match=reason):
        query(path, sql)


@pytest.mark.parametrize(
    "sql", ["from read_text('/etc/passwd')", "from read_csv('/etc/passwd')", "from glob('/*')", "from 'x.parquet'"]
)
def test_no_other_file_can_be_read(path: Path, sql: str) -> None:
    with pytest.raises(StoreError, match="Permission"):
        query(path, sql)


def test_explaining_an_insert_does_not_change_the_file(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreError, match="read-only"):
        query(path, "explain analyze insert into base.runs select * from base.runs")
    assert path.read_bytes() == before


@pytest.mark.parametrize("sql", ["select count(*) from range(100000000000)", "select length(repeat('x', 2000000000))"])
def test_an_endless_query_is_killed_in_time(path: Path, sql: str) -> None:
    began = time.perf_counter()
    with pytest.raises(StoreError, match=r"Stopped after 1 seconds|memory"):
        query(path, sql, seconds=1)
    assert time.perf_counter() - began < 4


def test_a_hungry_query_ends_with_a_message_and_the_next_one_works(path: Path) -> None:
    with pytest.raises(StoreError, match=r"^The query needed more than its share of memory or time \(512MB\): narrow or aggregate it\.$"):
        query(path, "select list(range) from range(300000000)", seconds=5)
    assert query(path, "select 1 as one").rows == [(1,)]


def test_a_mistake_comes_back_in_duckdbs_words(path: Path) -> None:
    with pytest.raises(StoreError, match='Referenced column "nope"'):
        query(path, "select nope from articles")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="tracker publish"):
        query(tmp_path / "absent.duckdb", "select 1")
