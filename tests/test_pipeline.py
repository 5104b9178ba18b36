"""The path of one article, from a server to the published views, and what it survives. Only encoder and judge are stand-ins."""

import random
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import duckdb

from evals.checksum import checksum
from evals.fakes import FakeEncoder
from tests import builders, night
from tests.builders import FIXED_NOW
from tests.web import Web
from tracker.records import Article, Run, Stance, short_id
from tracker.settings import FetchSettings, OutletEntry, Settings, ThemeEntry, ThemeSettings
from tracker.store import observed, public
from tracker.store.database import open_archive

NEXT_NIGHT = FIXED_NOW + timedelta(days=1)
QUAY = ThemeEntry(
    slug="night-quay",
    name="Robots on the quay",
    claim="Robot cranes shorten the wait of ships at the quay.",
    aliases=("robotic cranes", "machines"),
)
DOCKERS = ThemeEntry(
    slug="dockers", name="Dock workers", claim="Dock workers want a promise that no shift is cut.", aliases=("dock workers",)
)
CONSENT = (
    "<html><head><title>Before you continue</title></head><body><h1>Before you continue</h1><p>We value your privacy. "
    "We and our 212 partners store and use cookies. Accept all cookies or manage preferences.</p></body></html>"
)
SUMMARY = (
    "The ferry company said on Monday that its new timetable had cut waiting by a third, after two summers in which families queued "
    "for most of the day at the eastern pier and complained about it in the local paper."
)


def settings(web: Web | None, polite: FetchSettings, *themes: ThemeEntry, discovery: ThemeSettings | None = None) -> Settings:
    """One outlet, whose feed is served by the small web. The stand-in encoder's cosines are lower than a real one's, hence 0.1."""
    feed = web.base + "/feed" if web else "http://example.com/feed"
    outlet = OutletEntry.model_validate({"outlet": "example.com", "name": "Example", "kind": "news", "feeds": [feed]})
    return Settings(outlets=(outlet,), themes=themes or (QUAY,), fetch=polite, discovery=discovery or ThemeSettings(subject_similarity=0.1))


def serve(web: Web, numbers: Sequence[int]) -> None:
    """A feed of numbered articles, one an hour; each article has its own text."""
    for number in numbers:
        web.add(f"/news/{number}", builders.html(paragraphs_of(number), title=f"Report {number} from the quay"))
    web.add(
        "/feed",
        builders.rss(*(item(web, f"/news/{n}", f"Report {n} from the quay", hour(n)) for n in numbers)),
        kind="application/rss+xml",
    )


def paragraphs_of(number: int) -> list[str]:
    """The builders' article, told of another town each time so that no two are copies."""
    towns = [f"{name}{number}" for name in ("Aldermere", "Brackwater", "Corrowick", "Dunmallet", "Eastholm", "Farlowe")]
    words = iter(range(10_000))

    def renamed(text: str) -> str:
        return re.sub(r"\b(the|a|of|to|for|by)\b", lambda m: f"{m.group()} {towns[next(words) % len(towns)]}", text)

    return [renamed(paragraph) for paragraph in builders.PARAGRAPHS]


def item(web: Web, path: str, title: str, at: datetime, summary: str = "Short.") -> str:
    """One RSS item."""
    more = f"<pubDate>{format_datetime(at)}</pubDate><description>{summary}</description>"
    return builders.rss_item(web.base + path, title, more)


def hour(number: int) -> datetime:
    """When the numbered article was published."""
    return datetime(2026, 10, 31, number % 24, 30)


def read(data: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the published file."""
    with duckdb.connect(str(public.published_file(data)), read_only=True) as published:
        return published.execute(query).fetchall()


def store(data: Path, articles: Sequence[Article]) -> None:
    """Articles that an earlier crawl left in the archive."""
    archive = open_archive(data / "archive.duckdb")
    crawl = Run("20261031T000000", FIXED_NOW, "test", "test")
    observed.sync_outlets(archive, settings(None, FetchSettings()).outlets, FIXED_NOW)
    observed.record_pages(archive, crawl, [observed.Finished(None, article) for article in articles])
    archive.close()


def test_an_article_goes_from_a_server_to_the_public_views_and_a_second_run_changes_nothing(
    web: Web, polite: FetchSettings, tmp_path: Path
) -> None:
    chosen = settings(web, polite, QUAY)
    web.add("/news/cranes", builders.html())
    web.add("/news/walled", CONSENT)
    web.add("/news/ferry", CONSENT)
    at = datetime(2026, 10, 31, 12, 0)
    feed = builders.rss(
        item(web, "/news/cranes?utm_source=rss", "Westmere lets robots work the night quay", at),
        item(web, "/news/walled", "Nothing to read here", at, "Read more on our site."),
        item(web, "/news/ferry", "Ferries wait less", at + timedelta(minutes=30), SUMMARY),
    )
    web.add("/feed", feed, kind="application/rss+xml")

    night.run(tmp_path, chosen, FIXED_NOW)

    articles = read(tmp_path, "select url, title, published_at, published_from, text_source from articles order by url")
    assert articles == [
        (f"{web.base}/news/cranes", "Westmere lets robots work the night quay", at, "feed", "page"),
        (f"{web.base}/news/ferry", "Ferries wait less", at + timedelta(minutes=30), "feed", "feed"),
    ]
    assert read(tmp_path, "select url, stage, reason from rejections") == [(f"{web.base}/news/walled", "extract", "consent_wall")]
    mentions = read(
        tmp_path, "select a.url, m.stance, m.passage from mentions m join articles a using (article_id) order by m.position"
    )
    assert mentions
    assert all(url == f"{web.base}/news/cranes" and passage in "\n".join(builders.PARAGRAPHS) for url, _, passage in mentions)
    assert read(tmp_path, "select day, articles from volume_daily where articles > 0") == [(at.date(), 1)]

    first, asked = checksum(tmp_path), len(web.seen)
    night.run(tmp_path, chosen, FIXED_NOW + timedelta(hours=1))

    assert checksum(tmp_path) == first
    assert set(web.paths()[asked:]) <= {"/feed", "/robots.txt"}


def test_killed_runs_change_no_number_and_the_next_one_loses_and_doubles_nothing(
    web: Web, polite: FetchSettings, tmp_path: Path
) -> None:
    chosen = settings(web, polite, QUAY)
    data, written = tmp_path / "data", tmp_path / "settings.json"
    written.write_text(chosen.model_dump_json(), encoding="utf-8")
    store(data, [builders.article()])
    night.run(data, chosen, FIXED_NOW, is_crawling=False)
    before = checksum(data)
    serve(web, range(6))

    for minute, stage in enumerate(
        ("pages", "measures")
    ):  # with some pages fetched, and with all conclusions drawn but not committed
        now = (NEXT_NIGHT + timedelta(minutes=minute)).isoformat()
        killed = subprocess.run(
            [sys.executable, "-m", "tests.night", str(data), str(written), now, stage], timeout=60, check=False
        )
        assert killed.returncode == -signal.SIGKILL
        assert checksum(data) == before

    night.run(data, chosen, NEXT_NIGHT + timedelta(hours=1))

    urls = [url for (url,) in read(data, "select url from articles order by url")]
    assert urls == sorted([*(f"{web.base}/news/{n}" for n in range(6)), builders.article().url])
    counted = read(data, "select sum(articles) from outlet_daily")
    assert counted == [(7,)]
    doubled = read(data, "select article_id, theme_id, position from mentions group by all having count(*) > 1")
    assert doubled == []
    theme_articles = read(data, "select count(*) from article_themes")
    assert read(data, "select sum(articles) from volume_daily") == theme_articles
    assert theme_articles == [(7,)]


def test_a_new_theme_is_found_in_old_articles_in_one_run(polite: FetchSettings, tmp_path: Path) -> None:
    store(tmp_path, [builders.article()])
    night.run(tmp_path, settings(None, polite, QUAY), FIXED_NOW, is_crawling=False)
    on_quay = read(tmp_path, "select * from mentions order by theme_id, position")
    assert read(tmp_path, "select slug, articles from themes") == [("night-quay", 1)]

    night.run(tmp_path, settings(None, polite, QUAY, DOCKERS), NEXT_NIGHT, is_crawling=False)

    assert read(tmp_path, "select slug, articles from themes order by slug") == [("dockers", 1), ("night-quay", 1)]
    passages = read(tmp_path, "select m.passage from mentions m join themes t using (theme_id) where t.slug = 'dockers'")
    assert any("Dock workers" in passage for (passage,) in passages)
    kept = read(
        tmp_path,
        "select m.* from mentions m join themes t using (theme_id) where t.slug = 'night-quay' order by theme_id, position",
    )
    assert kept == on_quay


SUBJECTS = {
    "batteries": "lithium storage battery grid megawatt utility power electricity turbine voltage substation charge".split(),
    "ransom": "hospital ransomware attackers encrypted patients ransom servers clinic malware records backup nurses".split(),
    "glasses": "smart glasses lens display wearable camera frames optics headset augmented vision battery".split(),
}


def subject_articles(first: int, last: int) -> list[Article]:
    """Numbered articles, each on one of three subjects, whose words it puts in an order of its own."""
    found = []
    for number in range(first, last):
        subject = list(SUBJECTS)[number % 3]
        shuffled = random.Random(number)
        turned = [" ".join(shuffled.sample(SUBJECTS[subject], 7)) for _ in range(6)]
        url = f"https://example.com/news/{number}"
        text = "\n".join(f"The {line} remained important to region{number} and county{number} yesterday." for line in turned)
        title = f"{subject} {' '.join(turned[0].split()[:3])} region{number}"
        found.append(builders.article(article_id=short_id(url), url=url, title=title, text=text, published_at=hour(number)))
    return found


def test_a_discovered_theme_keeps_its_id_and_name_when_themes_are_discovered_anew(polite: FetchSettings, tmp_path: Path) -> None:
    chosen = settings(None, polite, QUAY, discovery=ThemeSettings(min_articles_to_discover=36, subject_similarity=0.1))
    store(tmp_path, subject_articles(0, 36))
    night.run(tmp_path, chosen, FIXED_NOW, is_crawling=False)
    before = read(
        tmp_path, "select theme_id, slug, name, claim from themes where kind = 'discovered' and articles > 0 order by slug"
    )
    assert before

    store(tmp_path, subject_articles(36, 60))
    night.run(tmp_path, chosen, NEXT_NIGHT, refit=True, is_crawling=False)

    after = read(
        tmp_path, "select theme_id, slug, name, claim from themes where kind = 'discovered' and articles > 0 order by slug"
    )
    assert set(before) <= set(after)
    assert read(tmp_path, "select count(*) from articles") == [(60,)]


class Dismissive:
    """Calls every passage unrelated, and of the rest of its belief gives most to one side."""

    name = "dismissive@1"

    def knows(self, claim: str) -> bool:
        return False

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        return [Stance(0.036, 0.007, 0.007, 0.95)] * len(pairs)


def test_passages_of_a_discovered_theme_that_the_judge_calls_unrelated_take_no_side(polite: FetchSettings, tmp_path: Path) -> None:
    chosen = settings(None, polite, QUAY, discovery=ThemeSettings(min_articles_to_discover=36, subject_similarity=0.1))
    store(tmp_path, subject_articles(0, 36))
    night.run(tmp_path, chosen, FIXED_NOW, is_crawling=False, judge=Dismissive())

    discovered = "join themes t using (theme_id) where t.kind = 'discovered'"
    ((mentions, unsure),) = read(tmp_path, f"select count(*), count_if(m.is_unsure) from mentions m {discovered}")
    assert mentions == unsure > 0
    assert read(tmp_path, f"select distinct x.stance from article_themes x {discovered}") == [(None,)]


def test_the_stand_in_encoder_tells_subjects_apart() -> None:
    near, same, far = FakeEncoder().encode(["battery storage on the grid", "grid storage battery", "ransomware in the hospital"])
    assert near @ same > 0.9
    assert near @ far < 0.1
