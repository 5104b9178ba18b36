"""Faults of pages, met as bytes: walls, pages that are gone, wrong charsets, and markup built to stop a parser."""

import asyncio
import json
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.builders import PARAGRAPHS, entry, html, page
from tracker.extract import article
from tracker.extract.workers import Crash, Failure, Timeout, Workers
from tracker.records import Article, Page, Rejection
from tracker.settings import ExtractSettings

SETTINGS = ExtractSettings()
TEXT = "\n".join(PARAGRAPHS)
GERMAN = (
    "Der Hafenrat von Westmere hat am Dienstag beschlossen, dass eine kleine Firma ihre Kräne am nördlichen Kai erproben darf. "
    "Drei Stunden lang stritten die Mitglieder, dann ging der Antrag mit zwei Stimmen Mehrheit durch. Die Gewerkschaft verlangt ein "
    "schriftliches Versprechen, dass vor dem Ende des Versuchs keine Schicht gestrichen wird."
)


def read(subject: Page, settings: ExtractSettings = SETTINGS) -> Article:
    found = article.read(subject, settings)
    assert isinstance(found, Article), found
    return found


def reason(subject: Page, settings: ExtractSettings = SETTINGS) -> str:
    found = article.read(subject, settings)
    assert isinstance(found, Rejection), found
    return found.reason


# --- Notices in place of the article


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        ("Wir und unsere 212 Partner speichern Cookies. Alle akzeptieren oder Ihre Einwilligung jederzeit widerrufen.", "consent_wall"),
        ("Nous et nos partenaires utilisons des cookies pour mesurer. Tout accepter. Continuer sans accepter.", "consent_wall"),
        ("Nosotros y nuestros 90 socios guardamos datos con su consentimiento. Aceptar todo o rechazar todo.", "consent_wall"),
        ("Dieser Text ist nur für Abonnenten. Jetzt abonnieren, jederzeit kündbar, und gleich weiterlesen.", "paywall"),
        ("Cet article est réservé aux abonnés. Abonnez-vous pour lire la suite, sans engagement de votre part.", "paywall"),
        ("Contenido exclusivo para suscriptores. Suscríbete para seguir leyendo, y cancela cuando quieras.", "paywall"),
        ("Bitte melden Sie sich an, um diesen Text zu lesen. Passwort vergessen? Dann hilft die Redaktion.", "login_wall"),
        ("Connectez-vous ou créez un compte pour lire cet article. Mot de passe oublié ? Nous vous aidons.", "login_wall"),
        ("Inicia sesión o regístrate gratis para ver esta página. ¿Has olvidado tu contraseña? Te ayudamos.", "login_wall"),
        ("Bitte aktivieren Sie JavaScript in den Einstellungen, denn diese Seite zeigt sonst nichts an.", "javascript_only"),
        ("Veuillez activer JavaScript dans votre navigateur, car cette page n'affiche rien sans lui.", "javascript_only"),
        ("Bitte bestätigen Sie, dass Sie ein Mensch sind. Sind Sie ein Roboter? Ungewöhnliche Aktivität erkannt.", "bot_wall"),
        ("Confirme que no es un robot. Hemos visto tráfico inusual desde su red, y por eso preguntamos.", "bot_wall"),
        ("Die Seite wurde leider nicht gefunden. Vielleicht ist sie umgezogen, vielleicht war die Adresse falsch.", "soft_404"),
        ("Page introuvable. Elle a peut-être changé d'adresse, ou bien le lien que vous avez suivi était faux.", "soft_404"),
        ("La página que buscas no está aquí. Puede que haya cambiado de dirección, o que el enlace sea viejo.", "soft_404"),
    ],
)
def test_walls_in_german_french_and_spanish(notice: str, expected: str) -> None:
    assert reason(page(html([notice], title="Westmere"))) == expected


def not_free(more: str = "") -> str:
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", "isAccessibleForFree": false{more}}}</script>'


def test_paywall_that_says_how_long_the_article_is() -> None:
    assert reason(page(html(head=not_free(', "wordCount": 900')))) == "paywall"
    assert read(page(html(head=not_free(', "wordCount": "120"')))).text == TEXT, "a short article, served whole"


def test_paywall_that_breaks_off_a_long_beginning() -> None:
    long = [f"{text} It was said in part {i}." for i in range(3) for text in PARAGRAPHS]
    assert read(page(html(long, head=not_free()))).words > 250
    assert reason(page(html([*long, "All of this will..."], head=not_free()))) == "paywall"


def test_paywall_hides_its_text_in_json_ld() -> None:
    hidden = json.dumps(" ".join(PARAGRAPHS * 4))
    assert reason(page(html([PARAGRAPHS[0]], head=not_free(f', "articleBody": {hidden}')))) == "paywall", "it is not taken from there"


def test_a_notice_beside_the_article_is_not_taken_for_it() -> None:
    body = "".join(f"<p>{text}</p>" for text in (*PARAGRAPHS, *PARAGRAPHS))
    found = read(page(html().replace("<main><article>", "<main><article><div>").replace("</article>", f"</div><div>{body}</div></article>")))
    assert all(text in found.text for text in PARAGRAPHS)


def test_wall_falls_back_to_the_feeds_summary() -> None:
    told = entry(summary=f"<p>{PARAGRAPHS[0]}</p>")
    wall = reason(page(html([PARAGRAPHS[0], "Subscribe to continue reading. Already a subscriber? Sign in."]), entry=told))
    assert wall == "paywall"
    kept = article.from_feed(told, wall, SETTINGS)
    assert isinstance(kept, Article)
    assert (kept.text, kept.text_source, kept.canonical_url) == (PARAGRAPHS[0], "feed", None)


# --- Gone, elsewhere, something else


def sent(asked: str, got: str, title: str = "Westmere lets robots work the night quay", shown: str = "News") -> Page:
    return page(html(title=shown), entry=entry(url=asked, title=title), final_url=got)


def test_soft_404_by_redirect_to_the_front_page() -> None:
    assert reason(sent("https://example.com/news/cranes", "https://www.example.com/")) == "soft_404"


def test_soft_404_by_redirect_to_a_section() -> None:
    assert reason(sent("https://example.com/news/2026/cranes", "https://example.com/news/")) == "soft_404"
    assert reason(sent("https://example.com/news/2026/cranes", "https://example.com/news")) == "soft_404"


def test_redirect_to_the_articles_plain_address_is_no_soft_404() -> None:
    shown = "Westmere lets robots work at night"
    assert read(sent("https://example.com/news/cranes/amp", "https://example.com/news/cranes", shown=shown)).text == TEXT
    assert read(sent("https://example.com/news/cranes/", "https://example.com/news/cranes")).text == TEXT, "a slash less"
    assert read(sent("https://example.com/news/cranes", "https://example.com/harbour/cranes")).text == TEXT, "moved to another section"
    assert read(sent("https://example.com/news/cranes/amp", "https://example.com/news/cranes", title="")).text == TEXT, "nothing to compare"


def test_page_that_shows_something_else_than_the_feed_announced() -> None:
    other = html([PARAGRAPHS[1]], title="Example Media")
    assert reason(page(other, entry=entry(title="Senate committee delays vaccine budget"))) == "soft_404"
    assert read(page(other, entry=entry(title="Ships wait, machines shortened"))).words > 20, "words in another form"
    assert read(page(other, entry=entry(title="Weekly links"))).words > 20, "too few words to tell"
    longer = page(html([*PARAGRAPHS, GERMAN], title="Example Media"), entry=entry(title="Senate committee delays vaccine budget"))
    assert read(longer).words > 120, "a long text is not doubted"


def test_canonical_address_is_believed_within_the_site_only() -> None:
    def canonical(href: str, name: str = '<link rel="canonical" href="{}">') -> str | None:
        return read(page(html(head=name.format(href)))).canonical_url

    assert canonical("https://www.example.com/2026/cranes?utm_source=x") == "https://www.example.com/2026/cranes"
    assert canonical("/2026/cranes") == "https://example.com/2026/cranes"
    assert canonical("https://example.com/2026/cranes", '<meta property="og:url" content="{}">') == "https://example.com/2026/cranes"
    assert canonical("https://syndicator.net/cranes") is None, "another site could take the article over"
    assert canonical("https://example.com/") is None, "the front page, on every page of a site"
    assert canonical("https://example.com/news/cranes#top") is None, "the same address"
    assert canonical("javascript:alert(1)") is None


def test_wrong_language_is_rejected_only_where_languages_are_named() -> None:
    german = page(html([GERMAN], title="Westmere lässt nachts Roboter an den Kai"))
    assert read(german).language == "de"
    assert reason(german, ExtractSettings(languages=("en", "fr"))) == "wrong_language"
    assert read(german, ExtractSettings(languages=("en", "de"))).language == "de"
    assert read(page(), ExtractSettings(languages=("en",))).text == TEXT
    short = page(html(["Hafenrat Westmere: Jo Amsel, Ilse Barendt, Robotics Ltd, Night Quay Cranes, Westmere Harbour, Port."]))
    assert isinstance(article.read(short, ExtractSettings(languages=("fr",))), Article), "too short to be sure"


# --- Charsets, control characters, what is no HTML

ACCENTED = "Die Kräne kosten 40 £ – „früher“ hieß es: naïve Träume für Westmere, sagte Ilse Müller am Dienstag im Hafen von Malmö."


@pytest.mark.parametrize(
    ("encoding", "bom", "content_type", "declared"),
    [
        ("utf-8", b"", "text/html", ""),
        ("utf-8", b"\xef\xbb\xbf", "text/html; charset=iso-8859-1", ""),
        ("utf-8", b"", "text/html; charset=iso-8859-1", "windows-1252"),
        ("utf-16-le", b"\xff\xfe", "text/html", ""),
        ("utf-16-be", b"\xfe\xff", "text/html; charset=utf-8", ""),
        ("utf-16-le", b"", "text/html", ""),
        ("utf-16-be", b"", "text/html", ""),
        ("cp1252", b"", "text/html; charset=ISO-8859-1", ""),
        ("cp1252", b"", "text/html", "windows-1252"),
        ("cp1252", b"", "text/html; charset=hex", ""),
        ("cp1252", b"", "text/html; charset=utf-8", "utf-8"),
    ],
)
def test_utf_16_and_wrong_charsets(encoding: str, bom: bytes, content_type: str, declared: str) -> None:
    head = f'<meta charset="{declared}">' if declared else ""
    body = html([ACCENTED, *PARAGRAPHS]).replace('<meta charset="utf-8">', head)
    found = read(page(bom + body.encode(encoding), content_type=content_type))
    assert found.text == f"{ACCENTED}\n{TEXT}"


def test_utf_8_with_broken_bytes_keeps_its_other_letters() -> None:
    broken = html([ACCENTED, *PARAGRAPHS]).encode().replace("naïve".encode(), b"na\xefve")
    assert "Die Kräne kosten 40 £ – „früher“ hieß es: na\ufffdve Träume" in read(page(broken)).text


def test_charsets_of_other_scripts() -> None:
    russian = "Совет порта Вестмер во вторник разрешил небольшой фирме испытать краны на северном причале ночью, споры длились три часа."
    for encoding in ("koi8-r", "cp1251"):
        body = html([russian], title="Порт").replace('charset="utf-8"', f'charset="{encoding}"').encode(encoding)
        assert read(page(body, content_type="text/html", entry=entry(title=""))).text == russian


def test_nul_and_control_characters_are_taken_out() -> None:
    body = html().replace("Westmere", "West\0mere").replace("robots", "ro\x07bots").replace("cranes", "cra\x1b\u200bnes")
    assert read(page(body)).text == TEXT


def test_binary_and_pdf_are_no_articles() -> None:
    noise = random.Random(1).randbytes(200_000)
    for body in (noise, b"%PDF-1.7\n" + noise, b"\x89PNG\r\n\x1a\n" + noise, b"GIF89a" + noise):
        assert reason(page(body)) == "not_an_article"


def test_empty_body_is_no_article() -> None:
    for body in (b"", b"  \n", b"<html></html>", b"<html><body></body></html>", b"\xff\xfe", b"\0\0\0\0"):
        assert reason(page(body)) == "not_an_article"


# --- Markup that is built to stop a parser: in workers, with a deadline

DEADLINE = 10.0
LINKS = "".join(f'<a href="/story/{i}">Story {i}</a> ' for i in range(100_000))
HOSTILE: dict[str, Callable[[], bytes | str]] = {
    "links": lambda: html().replace("<nav>", f"<nav>{LINKS}"),
    "nested": lambda: "<html><body>" + "<div>" * 100_000 + "".join(f"<p>{text}</p>" for text in PARAGRAPHS),
    "10 MB": lambda: html().replace("</body>", f'<script>let state = "{"x" * 10_000_000}"</script></body>'),
    "one word of 10 MB": lambda: html(["a" * 10_000_000]),
    "binary": lambda: random.Random(1).randbytes(10_000_000),
    "json-ld": lambda: html(head='<script type="application/ld+json">' + "[" * 100_000 + "</script>"),
    "json-ld authors": lambda: html(
        head='<script type="application/ld+json">[' + ",".join(['{"@type": "Article", "author": {"name": ""}}'] * 50_000) + "]</script>"
    ),
    "attributes": lambda: html(head="<meta " + " ".join(f'a{i}="x"' for i in range(200_000)) + ">"),
}


def killed_from_outside() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[object, float]]:
    """What came of every hostile page, and after how many seconds; then of a worker that is killed, and of a good page after all that."""

    async def timed(workers: Workers, body: bytes | str, seconds: float) -> tuple[Article | Rejection | Failure, float]:
        started = time.perf_counter()
        return await workers.run(article.read, page(body), SETTINGS, seconds=seconds), time.perf_counter() - started

    async def run() -> dict[str, tuple[object, float]]:
        found: dict[str, tuple[object, float]] = {}
        async with Workers(1) as workers:
            await timed(workers, html(), 60)  # the process has started and loaded its parsers
            for name, body in HOSTILE.items():
                found[name] = await timed(workers, body(), 1.0 if name == "attributes" else DEADLINE)
            found["killed"] = (await workers.run(killed_from_outside, seconds=DEADLINE), 0.0)
            found["after"] = await timed(workers, html(), DEADLINE)
        return found

    return asyncio.run(run())


def test_page_of_100000_links_is_read(outcomes: dict[str, tuple[object, float]]) -> None:
    found, _ = outcomes["links"]
    assert isinstance(found, Article)
    assert found.text == TEXT


def test_page_of_100000_nested_tags_gets_an_answer(outcomes: dict[str, tuple[object, float]]) -> None:
    found, seconds = outcomes["nested"]
    assert isinstance(found, Rejection), "libxml2 stops at a depth that no article has"
    assert seconds < DEADLINE


def test_page_of_10_mb_is_read(outcomes: dict[str, tuple[object, float]]) -> None:
    found, _ = outcomes["10 MB"]
    assert isinstance(found, Article)
    assert found.text == TEXT
    assert isinstance(outcomes["one word of 10 MB"][0], Rejection)
    assert isinstance(outcomes["binary"][0], Rejection)


def test_json_ld_nested_or_repeated_100000_times_does_not_hide_the_article(outcomes: dict[str, tuple[object, float]]) -> None:
    for name in ("json-ld", "json-ld authors"):
        found, _ = outcomes[name]
        assert isinstance(found, Article), name
        assert found.text == TEXT


def test_parser_that_does_not_end_is_ended_at_the_deadline(outcomes: dict[str, tuple[object, float]]) -> None:
    found, seconds = outcomes["attributes"]
    assert found == Timeout(1.0), "libxml2 compares each of 200,000 attributes with all before it"
    assert seconds < DEADLINE


def test_crash_of_a_worker_process_is_a_record_and_the_pool_goes_on(outcomes: dict[str, tuple[object, float]]) -> None:
    assert isinstance(outcomes["killed"][0], Crash)
    found, _ = outcomes["after"]
    assert isinstance(found, Article)
    assert found == replace(read(page()))
