"""The YAML files of the invented world come in; checked, frozen outlets, articles and the planted truth go out."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from tracker.errors import SettingsError

FeedFormat: TypeAlias = Literal["rss", "rss-dc", "rss-us", "rss-full", "rss-undated", "atom", "atom-zoned"]
Fault: TypeAlias = Literal["paywall", "undated", "wrong_dates", "consent_wall", "silent", "unavailable"]
PlantedStance: TypeAlias = Literal["supports", "opposes", "neutral"]

WORLD_FOLDER = Path(__file__).parent / "world"
SLUG_CHARS = 60  # about where content systems cut a headline


@dataclass(frozen=True, slots=True)
class DemoOutlet:
    """One invented outlet: what feeds.yaml says about it, and how its feed and its pages are made (see outlets.yaml)."""

    outlet: str
    name: str
    kind: Literal["news", "trade", "newsletter", "research", "lab", "policy"]
    tier: int
    country: str
    feed: FeedFormat
    page: str
    path: str
    about: str
    feed_query: str = ""
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """One invented article. Times are naive UTC; `shown_at` is what the outlet says, `published_at` what is true."""

    id: str
    outlet: str
    title: str
    author: str
    section: str
    summary: str
    body: str
    path: str
    published_at: datetime
    shown_at: datetime
    is_paywalled: bool = False
    is_wire_copy: bool = False

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs of the body, in order, each on one line."""
        return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", self.body) if part.strip())

    @property
    def words(self) -> int:
        """Number of whitespace-separated words in the body."""
        return len(self.body.split())


@dataclass(frozen=True, slots=True)
class Truth:
    """What was planted in an article: a theme with its stance, or else a topic; a copy inherits all from its original.

    `also` names the other curated themes that one reader, not knowing what the tracker finds, saw in it: at least one passage supports
    or opposes the claim, or takes up its issue without a side. What only lies near (a training run's price, for spending on chips) is
    not there.
    """

    theme: str | None = None
    stance: PlantedStance | None = None
    topic: str | None = None
    copy_of: str | None = None
    also: tuple[str, ...] = ()

    @property
    def themes(self) -> frozenset[str]:
        """All curated themes that the article bears on: the planted one and the others."""
        return frozenset(self.also) | ({self.theme} if self.theme else set())


@dataclass(frozen=True, slots=True)
class World:
    """All outlets, all articles (oldest first), and the truth about each article by its id."""

    outlets: tuple[DemoOutlet, ...]
    articles: tuple[DemoArticle, ...]
    truths: Mapping[str, Truth]

    def of(self, outlet: DemoOutlet) -> tuple[DemoArticle, ...]:
        """The articles of one outlet, newest first as the outlet dates them."""
        own = (article for article in self.articles if article.outlet == outlet.outlet)
        return tuple(sorted(own, key=lambda article: article.shown_at, reverse=True))

    def is_datable(self, article: DemoArticle) -> bool:
        """Whether the article's feed, page or address shows its day of publication, and not an impossible one."""
        undated = {outlet.outlet for outlet in self.outlets if outlet.fault == "undated"}
        return article.outlet not in undated and article.shown_at == article.published_at

    def readable(self) -> tuple[DemoArticle, ...]:
        """The articles whose text, or at least whose long summary, a polite crawler can obtain."""
        down = {outlet.outlet for outlet in self.outlets if outlet.fault == "unavailable"}
        return tuple(article for article in self.articles if article.outlet not in down and not article.is_paywalled)


class _ArticleRow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    title: str
    author: str
    published: AwareDatetime
    section: str
    summary: str
    body: str
    paywall: bool = False
    shown_date: AwareDatetime | None = None


class _CopyRow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    outlet: str
    copy_of: str
    title: str
    published: AwareDatetime
    kind: Literal["wire", "rewrite"]
    body: str | None = None


def load(folder: Path = WORLD_FOLDER) -> World:
    """Read and check the world. Raises SettingsError, which names the file and the mistake."""
    outlets = _read(folder / "outlets.yaml", tuple[DemoOutlet, ...])
    articles: dict[str, DemoArticle] = {}
    truths: dict[str, Truth] = {}
    for outlet in outlets:
        rows = _read(folder / f"{outlet.outlet}.yaml", tuple[_ArticleRow, ...])
        articles |= {row.id: _original(outlet, row) for row in rows}
        truths |= _read(folder / f"{outlet.outlet}.truth.yaml", dict[str, Truth])
    by_id = {outlet.outlet: outlet for outlet in outlets}
    for copy in _read(folder / "copies.yaml", tuple[_CopyRow, ...]):
        if copy.outlet not in by_id or copy.copy_of not in articles or (copy.kind == "rewrite") != (copy.body is not None):
            raise SettingsError(f"{folder / 'copies.yaml'}: {copy.id}: unknown outlet or original, or a rewrite without a body")
        articles[copy.id] = _copy(by_id[copy.outlet], copy, articles[copy.copy_of])
        truths[copy.id] = replace(truths[copy.copy_of], copy_of=copy.copy_of)
    _check(folder, articles, truths)
    ordered = sorted(articles.values(), key=lambda article: (article.published_at, article.id))
    return World(outlets, tuple(ordered), truths)


def slug(title: str) -> str:
    """A headline as an address: lower-case ASCII words joined by hyphens, at most SLUG_CHARS characters."""
    plain = unicodedata.normalize("NFKD", title.replace("'", "")).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    while len("-".join(words)) > SLUG_CHARS:
        words.pop()
    return "-".join(words)


def _original(outlet: DemoOutlet, row: _ArticleRow) -> DemoArticle:
    published_at = _naive(row.published)
    return DemoArticle(
        id=row.id,
        outlet=outlet.outlet,
        title=row.title,
        author=row.author,
        section=row.section,
        summary=row.summary,
        body=row.body,
        path=_path(outlet, row.id, row.section, row.title, published_at),
        published_at=published_at,
        shown_at=_naive(row.shown_date) if row.shown_date else published_at,
        is_paywalled=row.paywall,
    )


def _copy(outlet: DemoOutlet, row: _CopyRow, original: DemoArticle) -> DemoArticle:
    published_at = _naive(row.published)
    return DemoArticle(
        id=row.id,
        outlet=outlet.outlet,
        title=row.title,
        author="Harrow Wire" if row.kind == "wire" else f"{outlet.name} staff",
        section=original.section,
        summary=original.summary,
        body=row.body or original.body,
        path=_path(outlet, row.id, original.section, row.title, published_at),
        published_at=published_at,
        shown_at=published_at,
        is_wire_copy=row.kind == "wire",
    )


def _path(outlet: DemoOutlet, article_id: str, section: str, title: str, day: datetime) -> str:
    number = article_id.rpartition("-")[2]
    return outlet.path.format(section=section, slug=slug(title), number=number, day=day)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _check(folder: Path, articles: Mapping[str, DemoArticle], truths: Mapping[str, Truth]) -> None:
    wrong = [f"{name} has an article or a truth, not both" for name in sorted(articles.keys() ^ truths.keys())]
    wrong += [
        f"{name} needs either a theme with its stance or a topic"
        for name, truth in truths.items()
        if (truth.theme is None) == (truth.topic is None) or (truth.theme is None) != (truth.stance is None)
    ]
    wrong += [
        f"{name} names one theme twice"
        for name, truth in truths.items()
        if len(truth.themes) < len(truth.also) + (truth.theme is not None)
    ]
    places = Counter((article.outlet, article.path) for article in articles.values())
    wrong += [f"{outlet}{path} is the address of {count} articles" for (outlet, path), count in places.items() if count > 1]
    if wrong:
        raise SettingsError(f"{folder}: {wrong[0]}" + (f" (and {len(wrong) - 1} more mistakes)" if wrong[1:] else ""))


_Value = TypeVar("_Value")


def _read(path: Path, form: type[_Value]) -> _Value:
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return TypeAdapter(form).validate_python(data)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(f"{path}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
