"""A seed comes in; an invented news story, or a whole page in the shape of a real site's around it, goes out.

Reading one costs what reading a real one does: `article.read` takes 22 ms on these (86 KB, 1,180 elements), and on the 181 saved pages of
article-extraction-benchmark 23 ms in the median (115 KB, 820 elements).
"""

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

NEWEST_AT = datetime(2026, 11, 21, 18, 0)  # stories are dated in the 30 days before it, so every feed is alive
PARAGRAPH_SENTENCES = (2, 4)
STORY_WORDS = (300, 900)  # between a short report and a long read
COMMENTS = (0, 40)
RELATED = (24, 48)

FIRMS = "Orvane Teldrik Quillon Marrowby Sefton-Lake Brightholm Ardwell Kestrane Poldhu Vantry Hexmoor Larkfield Dunmarrow Ostrey".split()
PEOPLE = "Mira Tolland,Ines Varga,Jonah Pell,Ruth Okonwe,Samir Dale,Lotte Brandt,Piet Sorrel,Nadia Crewe,Owen Hask,Yara Lindqvist".split(",")
ROLES = "chief engineer,head of research,finance director,works council chair,regional manager,spokesperson,founder,auditor".split(",")
THINGS = (
    "battery plant,ferry line,weather model,seed bank,chip works,hospital network,tram depot,water board,grid operator,payment service,"
    "harbour crane,translation engine,school kitchen,wind park,archive,satellite link,recycling yard,bakery chain,call centre,test track"
).split(",")
DEEDS = (
    "expanded,postponed,audited,redesigned,opened,closed,insured,rented out,measured,automated,rebuilt,merged,licensed,inspected,"
    "documented,refinanced,simplified,relocated,connected,certified"
).split(",")
PLACES = "Norhaven,Lower Quay,Castle Brook,the Elm valley,Port Sallow,Grinton,the eastern suburbs,Mill Harbour,Tarn Cross,Upper Wold".split(",")
QUALITIES = "slower,cheaper,quieter,larger,safer,simpler,dearer,cleaner,older,steadier,more useful,less popular,better staffed".split(",")
REASONS = (
    "costs have fallen since spring,two suppliers gave up,the old contract ends in May,residents had asked for it for years,"
    "the first trial broke down after a week,a storm damaged the roof,the bank wanted to see a plan,nobody else had made an offer,"
    "insurers changed their terms,the new rules apply from January,trained staff are hard to find,the numbers no longer added up"
).split(",")
FRAMES = (
    "{firm} has {deed} its {thing} in {place}, because {reason}.",
    "“We expected it to be {quality}, and it is,” said {person}, {role} at {firm}.",
    "In {place} the {thing} now handles {number} orders a week, {share} percent more than a year ago.",
    "According to {person}, the {thing} became {quality} after {firm} {deed} it {number} days ago.",
    "Not everyone agrees: {person}, {role} of the {thing} in {place}, calls the plan {quality} than promised.",
    "The {thing} was {deed} in {year}, and {reason}.",
    "{firm} paid {number} thousand for the {thing}, while {other} had offered {share} percent less.",
    "A report of {number} pages, seen by this paper, describes how the {thing} in {place} was {deed}.",
    "Because {reason}, the {role} asked {other} to keep the {thing} open until {year}.",
    "For the {share} people who work there, {person} says, little is {quality} than before.",
    "Neither {firm} nor {other} would say whether the {thing} will be {deed} again, although {reason}.",
    "By {year} the {thing} should be {quality}, if {firm} keeps what {person} told the council of {place}.",
)
SCRIPT_WORDS = "queue slot layer beacon frame cart theme panel video index token flag consent layout player widget region".split()


@dataclass(frozen=True, slots=True)
class Story:
    """One invented article."""

    title: str
    summary: str
    author: str
    published_at: datetime
    paragraphs: tuple[str, ...]

    @property
    def words(self) -> int:
        """Words of the text."""
        return sum(len(paragraph.split()) for paragraph in self.paragraphs)


def story(seed: str) -> Story:
    """The story of this seed: 300 to 900 words that no other seed has."""
    rng = random.Random(seed)
    wanted, paragraphs, words = rng.randint(*STORY_WORDS), list[str](), 0
    while words < wanted:
        paragraph = " ".join(_sentence(rng) for _ in range(rng.randint(*PARAGRAPH_SENTENCES)))
        words += len(paragraph.split())
        paragraphs.append(paragraph)
    return Story(
        title=f"{rng.choice(FIRMS)} and the {rng.choice(THINGS)} of {rng.choice(PLACES)}: what was {rng.choice(DEEDS)} on day {rng.randint(2, 999)}",
        summary=f"{_sentence(rng)} {_sentence(rng)}",
        author=rng.choice(PEOPLE),
        published_at=NEWEST_AT - timedelta(minutes=rng.randint(0, 30 * 24 * 60)),
        paragraphs=tuple(paragraphs),
    )


@dataclass(frozen=True, slots=True)
class Furniture:
    """What all pages of one site share, as HTML, and how they are laid out (0, 1 or 2)."""

    name: str
    head: str
    top: str
    bottom: str
    layout: int


def furniture(name: str, seed: str) -> Furniture:
    """A site's style sheet, scripts, menus and footer: 30 to 70 KB, half the bytes of a page."""
    rng = random.Random(seed)
    style = "".join(f".{_word(rng)}-{i}{{margin:{rng.randint(0, 40)}px;color:#{rng.randrange(16**6):06x}}}" for i in range(rng.randint(120, 300)))
    script = ";".join(
        f"window.{_word(rng)}{i}=window.{_word(rng)}||{{{_word(rng)}:[{rng.randint(0, 9999)},'{_word(rng)}']}}" for i in range(rng.randint(250, 600))
    )
    menu = "".join(
        f'<li class="nav-item"><a href="/section/{i}" data-track="nav-{i}"><span>{rng.choice(THINGS).title()}</span></a></li>'
        for i in range(rng.randint(60, 110))
    )
    links = "".join(f'<li><a href="/about/{i}">{rng.choice(PLACES)} {rng.choice(THINGS)}</a></li>' for i in range(rng.randint(30, 60)))
    more = script[: len(script) // 2]
    return Furniture(
        name=name,
        head=f"<style>{style}</style><script>{script}</script>",
        top=f'<header class="site-header"><a class="logo" href="/">{name}</a><nav aria-label="Sections"><ul>{menu}</ul></nav></header>',
        bottom=f'<footer class="site-footer"><p>All names and events are invented.</p><ul>{links}</ul></footer><script>{more}</script>',
        layout=rng.randrange(3),
    )


def page(site: Furniture, told: Story, url: str, seed: str) -> str:
    """The page of a story, with related links, JSON-LD, advertisements and comments around the text."""
    rng = random.Random(seed)
    related = "".join(_card(rng, i) for i in range(rng.randint(*RELATED)))
    comments = "".join(_comment(rng, i) for i in range(rng.randint(*COMMENTS)))
    about = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": told.title,
        "datePublished": f"{told.published_at.isoformat()}Z",
        "author": [{"@type": "Person", "name": told.author}],
        "publisher": {"@type": "Organization", "name": site.name},
    }
    title, author = escape(told.title), escape(told.author)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | {site.name}</title>
<meta name="description" content="{escape(told.summary)}"><meta property="og:type" content="article"><meta property="og:title" content="{title}">
<meta property="article:published_time" content="{told.published_at.isoformat()}Z"><link rel="canonical" href="{url}">
<script type="application/ld+json">{json.dumps(about)}</script>{site.head}</head>
<body>{site.top}
{_body(site.layout, title, author, told, rng)}
<aside class="related"><h2>More from {site.name}</h2><ul>{related}</ul></aside>
<section id="comments" class="comments"><h2>Comments</h2>{comments}</section>
{site.bottom}</body></html>
"""


def _body(layout: int, title: str, author: str, told: Story, rng: random.Random) -> str:
    advert = f'<div class="ad" data-slot="{rng.randrange(10**6)}"><span>Advertisement</span></div>'
    paragraphs = [f"<p>{escape(text, quote=False)}</p>" for text in told.paragraphs]
    text = "\n".join([*paragraphs[:2], advert, *paragraphs[2:]])
    icon = f'<svg><path d="M{rng.randint(0, 99)} 4h8v{rng.randint(0, 99)}z"/></svg>'
    share = "".join(f'<li><a href="/share/{name}">{icon}</a></li>' for name in ("mail", "link", "print"))
    shown = f"{told.published_at:%d %B %Y, %H:%M}"
    if layout == 0:
        return (
            f'<main><article><h1>{title}</h1><p class="byline">By {author}</p><time datetime="{told.published_at.isoformat()}Z">{shown}</time>'
            f'<ul class="share">{share}</ul><div class="story-body">{text}</div></article></main>'
        )
    if layout == 1:
        return (
            f'<div id="content" class="entry"><h1 class="entry-title">{title}</h1><div class="entry-meta">{author} · {shown}</div>'
            f'<div class="entry-content">{text}</div><div class="social-share"><ul>{share}</ul></div></div>'
        )
    return (
        f'<div class="wrap"><div class="row"><div class="col-8"><h1>{title}</h1><span class="author">{author}</span>'
        f'<div class="article-body" itemprop="articleBody">{text}</div><ul>{share}</ul></div></div></div>'
    )


def _card(rng: random.Random, number: int) -> str:
    headline = f"{rng.choice(FIRMS)} {rng.choice(DEEDS)} a {rng.choice(THINGS)}"
    return f"""<li class="card"><div class="card-media"><a href="/related/{rng.randrange(10**9)}"><picture>
<source srcset="/img/{number}.webp" type="image/webp"><img src="/img/{number}.jpg" alt="" loading="lazy" width="320" height="180"></picture></a></div>
<div class="card-text"><div class="card-head"><span class="kicker">{rng.choice(THINGS)}</span>
<h3><a href="/related/{number}">{headline}</a></h3></div><p>{_sentence(rng)}</p>
<div class="meta"><span>{rng.randint(1, 23)} hours ago</span><span>{rng.randint(2, 9)} min</span></div></div></li>
"""


def _comment(rng: random.Random, number: int) -> str:
    return f"""<div class="comment" id="comment-{number}"><div class="comment-head"><img src="/face/{number}.png" alt="">
<b>{rng.choice(PEOPLE)}</b> <time>{rng.randint(1, 23)} hours ago</time></div><div class="comment-body"><p>{_sentence(rng)}</p></div>
<ul class="comment-tools"><li><a href="#reply-{number}">Reply</a></li><li><a href="#flag-{number}">Flag</a></li></ul></div>
"""


def _sentence(rng: random.Random) -> str:
    return rng.choice(FRAMES).format(
        firm=rng.choice(FIRMS),
        other=rng.choice(FIRMS),
        person=rng.choice(PEOPLE),
        role=rng.choice(ROLES),
        thing=rng.choice(THINGS),
        deed=rng.choice(DEEDS),
        place=rng.choice(PLACES),
        quality=rng.choice(QUALITIES),
        reason=rng.choice(REASONS),
        number=rng.randint(3, 980),
        share=rng.randint(2, 97),
        year=rng.randint(2019, 2033),
    )


def _word(rng: random.Random) -> str:
    return rng.choice(SCRIPT_WORDS)
