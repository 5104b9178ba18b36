"""Saved pages with their gold bodies come in; how much of each body our extraction and trafilatura alone find goes out.

Compared by shingles of four words, each page counting the same, as the article-extraction-benchmark of Scrapinghub does (its layout is read).
"""

import asyncio
import gzip
import json
import re
import tarfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from tracker.errors import SettingsError
from tracker.extract import article
from tracker.extract.workers import Failure, Timeout, Workers, failure_reason
from tracker.records import Article, Entry, Page, Rejection
from tracker.settings import ExtractSettings

SHINGLE_WORDS = 4  # the benchmark's
SEEN_AT = datetime(2026, 11, 22)  # any day after the pages were saved (2019)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class GoldPage:
    """A saved page and the text of its article as a person marked it."""

    url: str
    html: bytes
    body: str


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
class Report:
    """Ours on all pages and on those it kept, trafilatura's on all; `lost` counts pages by the reason why they are no article."""

    pages: int
    ours: Overlap
    kept: Overlap
    plain: Overlap
    lost: tuple[tuple[str, int], ...]
    timeouts: int

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(measure, value, detail): shares, the larger the better."""
        lost = sum(count for _, count in self.lost)
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.lost)
        return [
            ("precision", self.ours.precision, f"{self.pages} pages; a page lost counts as nothing found"),
            ("recall", self.ours.recall, ""),
            ("F1", self.ours.f1, ""),
            ("F1 of pages kept", self.kept.f1, f"P {self.kept.precision:.3f} R {self.kept.recall:.3f}"),
            ("pages kept", 1 - lost / self.pages, f"{lost} of {self.pages} lost" + (f": {reasons}" if reasons else "")),
            ("pages in time", 1 - self.timeouts / self.pages, f"{self.timeouts} timeouts"),
            ("trafilatura alone, F1", self.plain.f1, f"P {self.plain.precision:.3f} R {self.plain.recall:.3f}"),
        ]


def evaluate(pages: Path, processes: int = 2) -> Report:
    """Extract every page of the benchmark (a .tar.zst) in worker processes. Raises SettingsError if the file is not that."""
    gold = read(pages)
    settings = ExtractSettings()
    ours = asyncio.run(_extracted(gold, processes, settings.page_seconds, _ours))
    plain = asyncio.run(_extracted(gold, processes, settings.page_seconds, _plain))
    texts = [found.text if isinstance(found, Article) else "" for found in ours]
    lost = Counter(
        found.reason if isinstance(found, Rejection) else failure_reason(found)
        for found in ours
        if not isinstance(found, Article | str)
    )
    kept = [(page, text) for page, text in zip(gold, texts, strict=True) if text]
    return Report(
        len(gold),
        overlap([page.body for page in gold], texts),
        overlap([page.body for page, _ in kept], [text for _, text in kept]),
        overlap([page.body for page in gold], [found if isinstance(found, str) else "" for found in plain]),
        tuple(lost.most_common()),
        sum(isinstance(found, Timeout) for found in ours),
    )


def read(path: Path) -> list[GoldPage]:
    """The benchmark's pages by address. Raises SettingsError."""
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
        found = [GoldPage(row["url"], html[name], row["articleBody"]) for name, row in json.loads(truth).items()]
    except (OSError, tarfile.TarError, ValueError, KeyError) as error:
        raise SettingsError(f"{path}: not the article-extraction benchmark as .tar.zst: {error}") from None
    return sorted(found, key=lambda page: page.url)


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


_Found = Article | Rejection | str | Failure


async def _extracted(
    gold: Sequence[GoldPage], processes: int, seconds: float, extract: Callable[[GoldPage], Article | Rejection | str]
) -> list[_Found]:
    async with Workers(processes) as workers:
        return list(await asyncio.gather(*(workers.run(extract, page, seconds=seconds) for page in gold)))


def _ours(page: GoldPage) -> Article | Rejection | str:
    entry = Entry("gold", page.url, page.url, page.url, None, "", None, "", "", SEEN_AT, "", SEEN_AT)
    return article.read(Page(entry, page.url, SEEN_AT, "ok", "", 200, page.html, "text/html", 0.0), ExtractSettings())


def _plain(page: GoldPage) -> Article | Rejection | str:
    import trafilatura

    return trafilatura.extract(page.html, include_comments=False) or ""
