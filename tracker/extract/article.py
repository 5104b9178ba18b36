"""Articles: a fetched page, or an entry of a feed, comes in; an Article, or a Rejection that says why not, goes out."""

from collections.abc import Container
from datetime import datetime
from urllib.parse import urlsplit

from tracker.extract import dates, gates, markup, plain, urls
from tracker.records import Article, DateSource, Entry, Page, Rejection, short_id
from tracker.settings import ExtractSettings

_LINES_ABOVE = 4  # where a headline is looked for: after a section, a label and a date at most
_SECTION_WORDS = 6  # a longer line above the headline is already text


def read(page: Page, settings: ExtractSettings) -> Article | Rejection:
    """The article on a page whose outcome is ok, or the reason why there is none. Slow and hungry: run it in Workers."""
    import trafilatura  # here, because it takes a second to load and only workers need it

    document = trafilatura.bare_extraction(
        page.body, url=page.final_url, include_comments=False, favor_precision=True, with_metadata=True
    )
    about = markup.read(page.body)
    text = _without_heading(
        plain.cells_apart(plain.controls_off(str(getattr(document, "text", None) or ""))).strip(), {*about.headings, page.entry.title}
    )
    title = plain.line(str(getattr(document, "title", None) or ""))
    author = plain.line(str(getattr(document, "author", None) or ""))
    reason = gates.reason(text, about.headings, about.is_free, settings.min_words)
    if reason in (None, "too_short") and _is_sent_home(page):
        reason = "soft_404"
    if reason == "too_short" and not text:
        reason = "not_an_article"
    if reason is not None:
        return _rejection(page.entry, reason)
    published_at, published_from = _published(page, about)
    return _article(page.entry, text, "page", published_at, published_from, title, author)


def from_feed(entry: Entry, reason: str, settings: ExtractSettings) -> Article | Rejection:
    """The article that the feed itself carries: its content, else its summary, when there are enough words.

    `reason` says why the page was not used; it becomes the Rejection's when the feed's text does not do ('' gives `too_short`).
    """
    text = max((plain.paragraphs(entry.content), plain.paragraphs(entry.summary)), key=len)
    if len(text.split()) < settings.min_words:
        return _rejection(entry, reason or "too_short")
    published_at, published_from = _from_entry(entry)
    return _article(entry, text, "feed", published_at, published_from)


def _article(
    entry: Entry,
    text: str,
    text_source: str,
    published_at: datetime | None,
    published_from: DateSource,
    title: str = "",
    author: str = "",
) -> Article:
    import py3langid  # loads a model of 4 MB

    return Article(
        article_id=short_id(entry.url),
        outlet=entry.outlet,
        url=entry.url,
        raw_url=entry.raw_url,
        title=entry.title or title,
        author=entry.author or author or None,
        language=str(py3langid.classify(text)[0]),
        published_at=published_at,
        published_from=published_from,
        date_note=entry.date_note,
        first_seen_at=entry.first_seen_at,
        text=text,
        text_source="page" if text_source == "page" else "feed",
    )


def _without_heading(text: str, headings: Container[str]) -> str:
    """The text without its headline, which is a field of its own, and without the section names that stand above it."""
    lines = text.split("\n")
    for i, line in enumerate(lines[:_LINES_ABOVE]):
        if line.strip() in headings:
            return "\n".join(lines[i + 1 :]).lstrip()
        if len(line.split()) > _SECTION_WORDS:
            break
    return text


def _rejection(entry: Entry, reason: str) -> Rejection:
    return Rejection(entry.url, entry.outlet, "extract", reason, entry.first_seen_at)


def _published(page: Page, about: markup.Markup) -> tuple[datetime | None, DateSource]:
    """From the feed; else from the page's own markup; else from the page's text; else from the URL."""
    import htmldate

    entry = page.entry
    if entry.published_at is not None:
        return entry.published_at, "feed"
    for written in about.dates:
        moment, _ = dates.believable(written, entry.first_seen_at)
        if moment is not None:
            return moment, "page"
    # Not the extensive search: it takes any date in the text. `original_date` asks for publication, not for the last change.
    found = htmldate.find_date(page.body, extensive_search=False, original_date=True, max_date=entry.first_seen_at)
    moment, _ = dates.believable(found, entry.first_seen_at)
    return (moment, "page") if moment is not None else _from_entry(entry)


def _from_entry(entry: Entry) -> tuple[datetime | None, DateSource]:
    if entry.published_at is not None:
        return entry.published_at, "feed"
    moment, _ = dates.believable(dates.in_url(entry.url), entry.first_seen_at)
    return (moment, "url") if moment is not None else (None, "unknown")


def _is_sent_home(page: Page) -> bool:
    """Whether an article's address led to the site's front page: how many sites say 'gone'."""
    asked, got = urlsplit(page.entry.url), urlsplit(page.final_url)
    return (
        got.path in ("", "/") and not got.query and asked.path not in ("", "/") and urls.same_site(page.entry.url, page.final_url)
    )
