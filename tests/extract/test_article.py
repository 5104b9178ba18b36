"""Pages become articles, and notices that stand in an article's place do not."""

from dataclasses import replace
from datetime import datetime

import pytest

from tests.builders import PARAGRAPHS, entry, html, page
from tracker.extract import article, markup
from tracker.records import Article, Page, Rejection
from tracker.settings import ExtractSettings

SETTINGS = ExtractSettings()


def read(subject: Page) -> Article:
    found = article.read(subject, SETTINGS)
    assert isinstance(found, Article), found
    return found


def reason(subject: Page) -> str:
    found = article.read(subject, SETTINGS)
    assert isinstance(found, Rejection), found
    assert found.stage == "extract"
    return found.reason


def test_an_article_page() -> None:
    found = read(page())
    assert found.text == "\n".join(PARAGRAPHS)
    assert (found.title, found.language, found.text_source) == ("Westmere lets robots work the night quay", "en", "page")
    assert (found.published_at, found.published_from) == (datetime(2026, 10, 31, 12, 0), "feed")
    assert found.raw_url == "https://example.com/news/cranes?utm_source=rss"


def test_two_pages_have_nothing_in_common() -> None:
    read(page())
    assert reason(page("<html><body></body></html>")) == "not_an_article"


UNDATED = entry(published_at=None, date_note="missing", title="", author=None)
JSON_LD = (
    '<script type="application/ld+json">'
    '{"@graph": [{"@type": "NewsArticle", "datePublished": "2026-10-30T09:30:00+02:00"}]}</script>'
)


@pytest.mark.parametrize(
    ("head", "url", "expected"),
    [
        (JSON_LD, "https://example.com/a", (datetime(2026, 10, 30, 7, 30), "page")),
        (
            '<meta property="article:published_time" content="2026-10-30T07:30:00Z">',
            "https://example.com/2026/10/01/a",
            (datetime(2026, 10, 30, 7, 30), "page"),
        ),
        ("", "https://example.com/2026/10/29/a", (datetime(2026, 10, 29), "url")),
        ('<meta property="article:published_time" content="2999-01-01">', "https://example.com/a", (None, "unknown")),
        ("", "https://example.com/a", (None, "unknown")),
    ],
)
def test_where_a_date_comes_from(head: str, url: str, expected: tuple[datetime | None, str]) -> None:
    found = read(page(html(head=head), entry=replace(UNDATED, url=url)))
    assert (found.published_at, found.published_from) == expected


def test_a_title_comes_from_the_page_when_the_feed_has_none() -> None:
    assert read(page(entry=UNDATED)).title == "Westmere lets robots work the night quay"


@pytest.mark.parametrize(
    ("title", "headline", "head", "expected"),
    [
        ("Cranes at night | Example", "Cranes at night", "", "Cranes at night"),
        ("Robot cranes Westmere: all you need", "Cranes at night: robots in Westmere", "", "Cranes at night: robots in Westmere"),
        ("Cranes at night - Example", "Example", "", "Cranes at night"),  # the only h1 is the site's name
        ("Cranes at night - Example", "Sign up for our letter", '<meta property="og:title" content="Cranes">', "Cranes"),
        ("Cranes - at night", "", "", "Cranes - at night"),
        ("", "Cranes at night", "", "Cranes at night"),
        ("Example", "", '<meta property="og:title" content="Cranes &amp;amp; ships | Example">', "Cranes &amp; ships"),
        ("x", "", '<script type="application/ld+json">{"@type": "Article", "headline": "Cranes &#8211; now"}</script>', "Cranes \u2013 now"),
    ],
)
def test_the_title_is_the_headline_without_the_sites_name(title: str, headline: str, head: str, expected: str) -> None:
    body = html(title=title, head=head).replace(f"<h1>{title}</h1>", f"<h1>{headline}</h1>")
    assert read(page(body, entry=UNDATED)).title == expected


def test_the_author_comes_from_the_markup_when_the_feed_has_none() -> None:
    people = '[{"@type": "Person", "name": "Jo Amsel"}, {"name": "Ilse"}]'
    for head in (
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "author": {people}}}</script>',
        '<meta property="article:author" content="https://example.com/jo"><meta name="parsely-author" content="Jo Amsel">',
    ):
        assert read(page(html(head=head), entry=UNDATED)).author == "Jo Amsel"
    assert read(page(entry=UNDATED)).author is None


def test_the_one_day_that_a_page_names_is_the_articles_and_days_of_other_stories_are_not() -> None:
    def with_times(*days: str) -> str:
        return html().replace("<h1>", "".join(f'<time datetime="{day}T08:00:00Z">a day ago</time>' for day in days) + "<h1>")

    assert read(page(with_times("2026-10-29", "2026-10-29"), entry=UNDATED)).published_at == datetime(2026, 10, 29, 8)
    assert markup.read(markup.parse(with_times("2026-10-29", "2026-10-28").encode()), "https://example.com/a").dates == ()


def test_a_body_cut_in_pieces_by_advertisements_is_whole_again() -> None:
    long = [f"{text} It was said in part {i}." for i in range(4) for text in PARAGRAPHS]
    pieces = "".join(
        f'<div class="grid body__container">{"".join(f"<p>{text}</p>" for text in part)}</div><div class="row ad"><iframe></iframe></div>'
        for part in (long[:4], long[4:8], long[8:])
    )
    found = read(page(f"<html><head><title>Cranes</title></head><body><article><h1>Cranes</h1>{pieces}</article></body></html>"))
    assert found.text == "\n".join(long)


TEASER = "The harbour council of Westmere voted on Tuesday to let a small robotics firm test its cranes on the northern quay."


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        (
            (
                "We value your privacy.",
                "We and our partners store and use cookies to show you personalised ads. Accept all or manage cookies.",
            ),
            "consent_wall",
        ),
        (
            (
                "Before you continue",
                "This site uses cookies for measurement and for ads. Please give your consent to go on to the article.",
            ),
            "consent_wall",
        ),
        (
            (TEASER, "This article is for subscribers only. Subscribe to continue reading. Already a subscriber? Sign in."),
            "paywall",
        ),
        ((TEASER, "You have reached your limit of free articles this month. Start your free trial, cancel anytime."), "paywall"),
        (
            (TEASER, "Please log in to continue. Create a free account to read this and other pieces from the harbour."),
            "login_wall",
        ),
        (
            ("You need to enable JavaScript to run this app. It will not show anything until you do, and we are sorry.",),
            "javascript_only",
        ),
        (
            ("Checking your browser before accessing example.com. Please enable JavaScript and cookies. Ray ID: 12ab.",),
            "bot_wall",
        ),
        (
            ("Please verify you are a human by completing the captcha below, because we saw unusual traffic from your network.",),
            "bot_wall",
        ),
        (("Harbour news in brief.",), "too_short"),
    ],
)
def test_notices_are_not_articles(paragraphs: tuple[str, ...], expected: str) -> None:
    assert reason(page(html(paragraphs))) == expected


def test_a_teaser_marked_not_free_is_a_paywall_and_a_whole_text_is_not() -> None:
    mark = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": "False"}</script>'
    assert reason(page(html(head=mark))) == "paywall"
    assert read(page(html([f"{text} It was said in part {i}." for i in range(3) for text in PARAGRAPHS], head=mark))).words > 250


def test_a_long_article_about_walls_stays_an_article() -> None:
    about = "Regulators said that banners such as 'we value your privacy' and 'accept all' mislead readers who want to read on."
    years = (f"{text} So it went in year {i}." for i in range(3) for text in PARAGRAPHS)
    assert about in read(page(html((*years, about)))).text


def test_a_short_article_with_a_closing_line_stays_an_article() -> None:
    closing = "To continue reading about harbours, see our dossier."
    assert closing in read(page(html((*PARAGRAPHS, closing)))).text


def test_gone_pages_that_say_200() -> None:
    gone = html(
        ("The page you were looking for does not exist. It may have moved, or it may have been a mistake all along.",), "404"
    )
    assert reason(page(gone)) == "soft_404"
    home = page(html(("Short lines of many stories.",)), final_url="https://example.com/")
    assert reason(home) == "soft_404"


def test_hostile_markup_gives_an_answer() -> None:
    for body in (b"", b"<", b"\0" * 1000, b"<div>" * 50_000, b"<p>" + b"a" * 200_000, b'<script type="application/ld+json">[[[['):
        assert isinstance(article.read(page(body), SETTINGS), Rejection)


def test_a_feed_can_carry_the_article() -> None:
    content = "".join(f"<p>{text}</p>" for text in PARAGRAPHS) + "<p>The post Cranes appeared first on Example.</p>"
    found = article.from_feed(entry(content=content), "paywall", SETTINGS)
    assert isinstance(found, Article)
    assert found.text == "\n".join(PARAGRAPHS)
    assert (found.text_source, found.published_from, found.language) == ("feed", "feed", "en")


def test_a_summary_needs_enough_words_and_the_reason_is_kept() -> None:
    assert isinstance(article.from_feed(entry(summary=PARAGRAPHS[0]), "paywall", SETTINGS), Article)
    short = article.from_feed(entry(), "paywall", SETTINGS)
    assert isinstance(short, Rejection)
    assert short.reason == "paywall"
    full_text = article.from_feed(entry(), "", SETTINGS)
    assert isinstance(full_text, Rejection)
    assert full_text.reason == "too_short"


def test_section_names_above_the_headline_are_not_text() -> None:
    body = html().replace("<h1>", "<p>Harbours</p><h1>")
    assert read(page(body)).text == "\n".join(PARAGRAPHS)
