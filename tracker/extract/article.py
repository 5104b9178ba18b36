"""Articles: a fetched page, or an entry of a feed, comes in; an Article, or a Rejection that says why not, goes out."""

import functools
from collections.abc import Container, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tracker.extract import dates, gates, markup, plain, urls
from tracker.records import Article, DateSource, Entry, Page, Rejection, short_id
from tracker.settings import ExtractSettings

_LINES_ABOVE = 4  # where a headline is looked for: after a section, a label and a date at most
_SECTION_WORDS = 6  # a longer line above the headline is already text
_FULLER = 3  # times the words that the careful extraction found: then that was a notice beside the article
_TWICE_BYTES = 2**20  # a larger page is not read a second time: a hostile one would take its whole time
_LANGUAGE_CHARS = 2000  # more does not change the answer, and costs a tenth of a page's time
_LANGUAGE_CHARS_LEAST = 150  # about 25 words; in fewer, names and loan words decide
_LANGUAGE_SURE = 0.9  # probability; of the scrapinghub pages' first 25 words 94 % reach it, none of them wrongly


def read(page: Page, settings: ExtractSettings) -> Article | Rejection:
    """The article on a page whose outcome is ok, or the reason why there is none. Slow and hungry: run it in Workers."""
    entry = page.entry
    tree = markup.parse(page.body, page.content_type)
    if tree is None:
        return _rejection(entry, "not_an_article")
    about = markup.read(tree, page.final_url)
    text = _without_heading(_text(tree, about, len(page.body)), {*about.headings, entry.title})
    reason = gates.reason(text, about, entry.title, settings.min_words)
    if reason in (None, "too_short", "not_an_article") and _is_sent_elsewhere(page, about):
        reason = "soft_404"
    if reason is None and _is_foreign(text, settings.languages):
        reason = "wrong_language"
    if reason is not None:
        return _rejection(entry, reason)
    published_at, published_from = _published(page, tree, about)
    canonical = about.canonical if about.canonical != entry.url else None
    return _article(entry, text, "page", published_at, published_from, about.title, about.author, canonical)


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
    canonical_url: str | None = None,
) -> Article:
    return Article(
        article_id=short_id(entry.url),
        outlet=entry.outlet,
        url=entry.url,
        raw_url=entry.raw_url,
        title=entry.title or title,
        author=entry.author or author or None,
        language=language(text)[0],
        published_at=published_at,
        published_from=published_from,
        date_note=entry.date_note,
        first_seen_at=entry.first_seen_at,
        text=text,
        text_source="page" if text_source == "page" else "feed",
        canonical_url=canonical_url,
        fingerprint=plain.fingerprint(text),
    )


def language(text: str) -> tuple[str, float]:
    """The ISO 639-1 code of a text's language, and how sure that is, 0..1."""
    code, probability = _identifier().classify(text[:_LANGUAGE_CHARS])
    return str(code), float(probability)


@functools.cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # reads a model of 4 MB, once in each process

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _is_foreign(text: str, languages: Sequence[str]) -> bool:
    """Whether a text is surely in none of the wanted languages; no text is when none are named."""
    if not languages or len(text) < _LANGUAGE_CHARS_LEAST:
        return False
    code, probability = language(text)
    return code not in languages and probability >= _LANGUAGE_SURE


def _text(tree: markup.Tree, about: markup.Markup, size: int) -> str:
    markup.join_pieces(tree)
    if not about.is_free:
        markup.drop_data(tree)
    text = _extracted(tree, is_careful=True)
    words = len(text.split())
    if words < gates.SHORT_WORDS and size < _TWICE_BYTES and gates.notice(text) is None:
        fuller = _extracted(tree, is_careful=False)
        if len(fuller.split()) >= max(gates.SHORT_WORDS, _FULLER * words):
            return fuller
    return text


def _extracted(tree: markup.Tree, *, is_careful: bool) -> str:
    import trafilatura  # here, because it takes a second to load and only workers need it

    document = trafilatura.bare_extraction(tree, include_comments=False, favor_precision=is_careful)
    return plain.cells_apart(plain.controls_off(str(getattr(document, "text", None) or ""))).strip()


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


def _published(page: Page, tree: markup.Tree, about: markup.Markup) -> tuple[datetime | None, DateSource]:
    """From the feed; else from the page's own markup; else from the URL; else from the page's text."""
    import htmldate

    entry = page.entry
    if entry.published_at is None:
        for written in about.dates:
            moment, _ = dates.believable(written, entry.first_seen_at)
            if moment is not None:
                return moment, "page"
    moment, found_in = _from_entry(entry)
    if moment is not None:
        return moment, found_in
    # Not the extensive search: it takes any date in the text. `original_date` asks for publication, not for the last change.
    found = htmldate.find_date(tree, extensive_search=False, original_date=True, max_date=entry.first_seen_at)
    moment, _ = dates.believable(found, entry.first_seen_at)
    return (moment, "page") if moment is not None else (None, "unknown")


def _from_entry(entry: Entry) -> tuple[datetime | None, DateSource]:
    if entry.published_at is not None:
        return entry.published_at, "feed"
    moment, _ = dates.believable(dates.in_url(entry.url), entry.first_seen_at)
    return (moment, "url") if moment is not None else (None, "unknown")


def _is_sent_elsewhere(page: Page, about: markup.Markup) -> bool:
    """Whether an article's address led to the site's front page, or to a section above it: how many sites say 'gone'.

    A section may be the article itself (of /cranes/amp, /cranes): then a heading says what the feed's title says.
    """
    asked, got = urlsplit(page.entry.url), urlsplit(page.final_url)
    above = got.path.rstrip("/") + "/"
    if got.query or not asked.path.startswith(above) or asked.path in (got.path, above):
        return False
    if not urls.same_site(page.entry.url, page.final_url):
        return False
    return above == "/" or (page.entry.title != "" and not gates.is_titled(page.entry.title, about))
