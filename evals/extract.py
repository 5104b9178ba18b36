"""Saved pages with their gold come in; how much of each body, title and date our extraction and trafilatura alone find goes out.

Bodies are compared by shingles of four words, each page counting the same, as the article-extraction-benchmark of Scrapinghub does (its
layout is read); titles by letters and digits, dates by day, against scrapinghub.yaml.
"""

import asyncio
import gzip
import hashlib
import json
import re
import tarfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import yaml

from tracker.errors import SettingsError
from tracker.extract import article
from tracker.extract.workers import Failure, Timeout, Workers, failure_reason
from tracker.records import Article, Entry, Page, Rejection
from tracker.settings import ExtractSettings

LABELS = Path(__file__).with_name("scrapinghub.yaml")
SHINGLE_WORDS = 4  # the benchmark's
SEEN_AT = datetime(2026, 11, 22)  # any day after the pages were saved (2019)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class GoldPage:
    """A saved page and what a person marked on it: its article's text, the hash of its title, and its day (or two, or none)."""

    url: str
    html: bytes
    body: str
    title: str
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What an extraction found on a page."""

    text: str
    title: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Means over pages, 0..1; a page without text has found nothing. `f1` is the harmonic mean of the two means, as published."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.precision + self.recall else 0.0


@dataclass(frozen=True, slots=True)
class Labels:
    """Titles and dates as shares of the pages. A day found on a page that states none is wrong; `missing` is none found where one is."""

    titles_right: float
    dates_right: float
    dates_wrong: float
    dates_missing: float


@dataclass(frozen=True, slots=True)
class Report:
    """Ours on all pages and on those it kept, trafilatura's on all; `lost` counts pages by the reason why they are no article."""

    pages: int
    ours: Overlap
    kept: Overlap
    plain: Overlap
    labels: Labels
    plain_labels: Labels
    lost: tuple[tuple[str, int], ...]
    timeouts: int

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(measure, value, detail): shares, the larger the better, but for dates wrong and missing."""
        lost = sum(count for _, count in self.lost)
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.lost)
        ours, alone = self.labels, self.plain_labels
        return [
            ("precision", self.ours.precision, f"{self.pages} pages; a page lost counts as nothing found"),
            ("recall", self.ours.recall, ""),
            ("F1", self.ours.f1, ""),
            ("F1 of pages kept", self.kept.f1, f"P {self.kept.precision:.3f} R {self.kept.recall:.3f}"),
            ("pages kept", 1 - lost / self.pages, f"{lost} of {self.pages} lost" + (f": {reasons}" if reasons else "")),
            ("pages in time", 1 - self.timeouts / self.pages, f"{self.timeouts} timeouts"),
            ("trafilatura alone, F1", self.plain.f1, f"P {self.plain.precision:.3f} R {self.plain.recall:.3f}"),
            ("title right", ours.titles_right, f"trafilatura alone {alone.titles_right:.3f}"),
            ("date right", ours.dates_right, f"same day; trafilatura alone {alone.dates_right:.3f}"),
            ("date wrong", ours.dates_wrong, f"the smaller the better; trafilatura alone {alone.dates_wrong:.3f}"),
            ("date missing", ours.dates_missing, f"the smaller the better; trafilatura alone {alone.dates_missing:.3f}"),
        ]


def evaluate(pages: Path, processes: int = 2) -> Report:
    """Extract every page of the benchmark (a .tar.zst) in worker processes. Raises SettingsError if the file is not that."""
    gold = read(pages)
    settings = ExtractSettings()
    ours = asyncio.run(_extracted(gold, processes, settings.page_seconds, _ours))
    alone = [_found(page) for page in asyncio.run(_extracted(gold, processes, settings.page_seconds, _alone))]
    mine = [_found(page) for page in ours]
    lost = Counter(
        found.reason if isinstance(found, Rejection) else failure_reason(found)
        for found in ours
        if isinstance(found, Rejection | Failure)
    )
    kept = [(page, found.text) for page, found in zip(gold, mine, strict=True) if found.text]
    bodies = [page.body for page in gold]
    return Report(
        len(gold),
        overlap(bodies, [found.text for found in mine]),
        overlap([page.body for page, _ in kept], [text for _, text in kept]),
        overlap(bodies, [found.text for found in alone]),
        labels(gold, mine),
        labels(gold, alone),
        tuple(lost.most_common()),
        sum(isinstance(found, Timeout) for found in ours),
    )


def read(path: Path) -> list[GoldPage]:
    """The benchmark's pages by address, with the labels of scrapinghub.yaml. Raises SettingsError."""
    html: dict[str, bytes] = {}
    truth = b""
    try:
        with pa.input_stream(str(path), compression="zstd") as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is not None and member.name.endswith(".html.gz"):
                    html[Path(member.name).name.removesuffix(".html.gz")] = gzip.decompress(content.read())
                elif content is not None and member.name.endswith("ground-truth.json"):
                    truth = content.read()
        marks = yaml.safe_load(LABELS.read_text(encoding="utf-8"))
        found = [
            GoldPage(row["url"], html[name], row["articleBody"], marks[name]["title"], tuple(marks[name]["days"]))
            for name, row in json.loads(truth).items()
        ]
    except (OSError, tarfile.TarError, ValueError, KeyError) as error:
        raise SettingsError(f"{path}: not the article-extraction benchmark as .tar.zst: {error}") from None
    return sorted(found, key=lambda page: page.url)


def labels(gold: Sequence[GoldPage], found: Sequence[Found]) -> Labels:
    """Shares of the pages whose title and day were found rightly."""
    pairs = list(zip(gold, found, strict=True))
    return Labels(
        sum(title_hash(page.title) == true.title for true, page in pairs) / len(pairs),
        sum(page.day in true.days if true.days else page.day is None for true, page in pairs) / len(pairs),
        sum(page.day is not None and page.day not in true.days for true, page in pairs) / len(pairs),
        sum(page.day is None and len(true.days) > 0 for true, page in pairs) / len(pairs),
    )


def title_hash(title: str) -> str:
    """How scrapinghub.yaml writes a title, so that nobody's sentence stands in it."""
    letters = "".join(char for char in unicodedata.normalize("NFKC", title).casefold() if char.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()[:16]


def overlap(gold: Sequence[str], found: Sequence[str]) -> Overlap:
    """Mean precision and recall of the shingles of `found[i]` against those of `gold[i]`."""
    pairs = [(_shingles(true), _shingles(text)) for true, text in zip(gold, found, strict=True)]
    shared = [(true & text).total() for true, text in pairs]
    return Overlap(
        sum(n / text.total() if text else 0.0 for n, (_, text) in zip(shared, pairs, strict=True)) / max(len(pairs), 1),
        sum(n / true.total() if true else 0.0 for n, (true, _) in zip(shared, pairs, strict=True)) / max(len(pairs), 1),
    )


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    return (
        Counter(tuple(words[i : i + SHINGLE_WORDS]) for i in range(max(1, len(words) - SHINGLE_WORDS + 1)))
        if words
        else Counter()
    )


_Page: TypeAlias = Article | Rejection | Found | Failure


async def _extracted(
    gold: Sequence[GoldPage], processes: int, seconds: float, extract: Callable[[GoldPage], Article | Rejection | Found]
) -> list[_Page]:
    async with Workers(processes) as workers:
        return list(await asyncio.gather(*(workers.run(extract, page, seconds=seconds) for page in gold)))


def _found(page: _Page) -> Found:
    if isinstance(page, Article):
        return Found(page.text, page.title, page.published_at.date() if page.published_at else None)
    return page if isinstance(page, Found) else Found("", "", None)


def _ours(page: GoldPage) -> Article | Rejection | Found:
    # As from a feed that says nothing but the address
    entry = Entry("gold", page.url, page.url, page.url, None, "", None, "", "", None, "missing", SEEN_AT)
    return article.read(Page(entry, page.url, SEEN_AT, "ok", "", 200, page.html, "text/html", 0.0), ExtractSettings())


def _alone(page: GoldPage) -> Article | Rejection | Found:
    import trafilatura

    document = trafilatura.bare_extraction(page.html, url=page.url, include_comments=False, with_metadata=True)
    day = getattr(document, "date", None)
    return Found(
        trafilatura.extract(page.html, include_comments=False) or "",
        getattr(document, "title", None) or "",
        date.fromisoformat(day) if day else None,
    )
