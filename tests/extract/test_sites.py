"""Which addresses belong to an outlet is learnt from its feeds and articles."""

from tracker.extract import sites


def test_feeds_at_a_service_do_not_make_it_the_outlet_s_site() -> None:
    articles = [f"https://www.example.com/news/{i}" for i in range(30)]
    site = sites.learn("example.com", ["https://feeds.feedservice.org/example"], articles)
    assert site.origins == ("https://www.example.com",)
    assert site.refuses("https://feeds.feedservice.org/a") == "other_site"
    assert site.refuses("https://example.com/news/31") is None


def test_a_feed_of_one_section_does_not_bring_in_the_rest_of_the_newsroom() -> None:
    articles = [f"https://example.com/technology/2026/{i}" for i in range(40)] + ["https://example.com/sport/1/x"]
    site = sites.learn("example.com", ["https://example.com/technology/rss"], articles)
    assert site.refuses("https://example.com/technology/2025/7") is None
    assert site.refuses("https://example.com/sport/2/y") == "other_section"


def test_two_outlets_of_one_host_are_told_apart_by_their_folders() -> None:
    articles = [f"https://platform.example/@ann/{i}" for i in range(25)]
    site = sites.learn("ann", ["https://platform.example/feed/@ann"], articles)
    assert site.refuses("https://platform.example/@ann/99") is None
    assert site.refuses("https://platform.example/@bob/1") == "other_section"


def test_years_are_one_section_and_pages_below_the_root_another() -> None:
    assert sites.section("https://e.com/2025/06/03/a") == sites.section("https://e.com/2026/01/01/b")
    assert sites.section("https://e.com/some-article") == sites.section("https://e.com/another") == ""


def test_with_few_articles_known_every_section_is_the_outlet_s() -> None:
    site = sites.learn("example.com", ["https://example.com/feed"], ["https://example.com/a/b"])
    assert site.sections == frozenset()


def test_with_nothing_known_the_outlet_s_own_domain_is_asked_too() -> None:
    assert sites.learn("example.com", ["https://feeds.feedservice.org/e"], []).origins == (
        "https://feeds.feedservice.org",
        "https://example.com",
    )
