"""Hand-written snapshots of three feeds, crawled for three weeks; the report says what happened to their entries, and notices faults."""

import io
import tarfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from evals import snapshot_truth, snapshots
from tracker.errors import SettingsError

FIRST = date(2026, 3, 2)
NIGHTS = [FIRST + timedelta(days=i) for i in range(22)]


def rss(*items: tuple[str, str, str, date]) -> bytes:
    """A feed of (slug, title, summary, day) items."""
    listed = "".join(
        f"<item><title>{title}</title><link>https://news.example/{slug}</link><guid isPermaLink='false'>g-{slug.rstrip('/')}</guid>"
        f"<description>{summary}</description><pubDate>{day:%d %b %Y} 08:00:00 GMT</pubDate></item>"
        for slug, title, summary, day in items
    )
    return f"<rss version='2.0'><channel><title>t</title><link>https://news.example/</link>{listed}</channel></rss>".encode()


def story(number: int, day: date) -> tuple[str, str, str, date]:
    """One item; every word of it is its own."""
    return f"quay-{number}", f"Crane {number} moves", f"The night shift of quay {number} began with crane number {number * 7}.", day


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A busy feed that shows two entries, a long feed with an edited and a moved entry, and an empty feed."""
    long = [story(100 + i, FIRST - timedelta(days=i)) for i in range(6)]
    edited = ("quay-100", "Crane 100 stops", "The night shift of quay 100 ended early.", FIRST)
    moved = (f"{long[1][0]}/", *long[1][1:])
    files = {
        "silent-herald/2026-03-02.xml": rss(),
        "long-review/2026-03-02.xml": rss(*long),
        "long-review/2026-03-03.xml": rss(edited, *long[1:]),
        "long-review/2026-03-04.xml": rss(long[0], moved, *long[2:]),
        "long-review/2026-03-05.xml": rss(story(110, date(2026, 3, 5)), long[0], moved),
        **{
            f"short-wire/{day}.xml": rss(*(story(10 * i + n, day) for n in (1, 2)))
            for i, day in enumerate(NIGHTS[:21])
        },
    }
    path = tmp_path_factory.mktemp("snapshots") / "snapshots.tar.zst"
    with pa.output_stream(str(path), compression="zstd") as stream, tarfile.open(fileobj=stream, mode="w|") as archive:
        for name, body in files.items():
            member = tarfile.TarInfo(f"daily/{name}")
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return path


@pytest.fixture(scope="module")
def report(packed: Path) -> snapshots.Report:
    """Both replays."""
    return snapshots.evaluate(packed)


def value(report: snapshots.Report, measure: str) -> float | int | None:
    """One measure of a report."""
    return next(value for name, value, _ in report.rows() if name == measure)


def test_every_entry_of_every_day_is_stored_once_and_its_new_version_kept(report: snapshots.Report) -> None:
    assert value(report, "entries stored once") == 1.0
    assert value(report, "stories stored once") == 1.0
    assert value(report, "updates kept as revisions") == 1.0
    assert sum(report.every_night.revisions.values()) == 1  # the version that came back was there before


def test_the_feed_that_never_says_anything_is_reported_and_the_others_are_not(report: snapshots.Report) -> None:
    assert ("silent-herald", NIGHTS[20]) in report.every_night.silent
    assert value(report, "silent feed reported") == 1.0
    assert value(report, "live feeds not called silent") == 1.0


def test_a_quiet_night_costs_one_conditional_request_a_feed_and_no_page(report: snapshots.Report) -> None:
    assert value(report, "one conditional request on a quiet night") == 1.0
    assert value(report, "only feeds asked") == 1.0
    assert {request.status for request in report.every_night.asked} == {200, 304}


def test_days_and_gaps_are_told_rightly(report: snapshots.Report) -> None:
    assert report.with_gaps is not None
    lost = report.truth.lost_days(["short-wire", "long-review"], report.with_gaps.nights)
    assert lost == {("short-wire", night): 2 for night in NIGHTS[:21] if snapshots.is_missed(night)}
    for measure in ("days true", "gaps told rightly", "days caught up"):
        assert value(report, measure) == 1.0, measure


def test_faults_are_noticed(report: snapshots.Report) -> None:
    lived = report.every_night
    first, _, *others = lived.entries
    assert first.published
    asked = [request for request in lived.asked if request.status == 304]
    faulty = replace(
        lived,
        entries=[replace(first, published=first.published + timedelta(days=400)), first, *others],
        revisions={},
        silent={at: not said for at, said in lived.silent.items()},
        asked=[*lived.asked, asked[0], replace(asked[0], feed="")],
    )
    gaps = report.with_gaps
    assert gaps
    all_complete = replace(gaps, coverage=dict.fromkeys(gaps.coverage, "complete"))
    rows = replace(report, every_night=faulty, with_gaps=all_complete).rows()
    fine = {measure for measure, value, _ in rows if value == 1.0}
    assert fine <= {"days caught up"}
    assert any(measure == "  lost" and "not in the archive" in detail for measure, _, detail in rows)


def test_an_entry_is_known_without_what_only_says_how_it_was_reached() -> None:
    assert snapshot_truth.key("http://www.news.example/a?id=3&utm_source=rss#top") == "news.example/a?id=3"
    assert snapshot_truth.key("https://news.example/a/") != snapshot_truth.key("https://news.example/a")  # one story, two entries


def test_a_file_that_holds_no_snapshots_is_named(tmp_path: Path) -> None:
    path = tmp_path / "feeds.tar.zst"
    path.write_bytes(b"nothing of the sort")
    with pytest.raises(SettingsError, match=r"feeds\.tar\.zst"):
        snapshots.evaluate(path)
