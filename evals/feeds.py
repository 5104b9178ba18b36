"""Test feeds of three feed parsers with their expectations come in; how many we survive, and find the entries of, goes out.

feedparser states expectations in a comment of the file, gofeed in a JSON file beside it; of miniflux's files we count the item elements.
"""

import ast
import asyncio
import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tracker.errors import SettingsError
from tracker.extract import entries, plain, urls
from tracker.extract.entries import FeedReading
from tracker.extract.items import FeedItem
from tracker.extract.workers import Failure, Workers, failure_reason
from tracker.records import Feed, FeedFetch, Validators

SEEN_AT = datetime(2026, 11, 22)  # any day after the files were written
_SECONDS = 30.0  # as in a crawl
_AT_MOST = 2000  # entries, as in a crawl
_HOST = "http://127.0.0.1:8097/"  # where feedparser's own tests serve their files: expected links are resolved against it
_EXPECT = re.compile(r"Expect:[ \t]*(.+?)\s*(?:-->|\n|$)")
_CONTENT_TYPE = re.compile(r"Header:[ \t]*content-type:[ \t]*(\S.*)", re.IGNORECASE)
_ITEM = re.compile(rb"<(?:item|entry)[\s>]")
_HEAD = 4096  # a comment with the expectation stands at the top


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file's authors say is in it: at least so many entries, and some of their titles and links, by position."""

    entries: int = 0
    titles: Mapping[int, str] = field(default_factory=dict)
    links: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One file. `source` is the parser whose test it is."""

    name: str
    source: str
    fetch: FeedFetch
    expected: Expected


@dataclass(frozen=True, slots=True)
class Found:
    """What we made of a file: the reading, and its items before those without a usable link were rejected."""

    reading: FeedReading
    items: tuple[FeedItem, ...]

    @property
    def entries(self) -> int:
        """Entries found, usable or not."""
        return len(self.reading.entries) + len(self.reading.rejections) + self.reading.duplicates + self.reading.dropped


@dataclass(frozen=True, slots=True)
class Report:
    """Every case with what was found, in the order of the archive."""

    results: tuple[tuple[Case, Found | Failure], ...]

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(measure, value, detail): shares, then one row for each cause of a miss."""
        failures = Counter(failure_reason(found) for _, found in self.results if isinstance(found, Failure))
        survived = [(case, found) for case, found in self.results if isinstance(found, Found)]
        in_files = [(case, found) for case, found in self.results if case.expected.entries]
        readings = [found.reading for _, found in in_files if isinstance(found, Found)]
        usable = sum(len(reading.entries) + reading.duplicates + reading.dropped for reading in readings)
        rejected = Counter(rejection.reason for reading in readings for rejection in reading.rejections)
        entries_found = usable + rejected.total()
        return [
            (
                "files survived",
                len(survived) / max(len(self.results), 1),
                ", ".join([f"{len(self.results)} files", *_counted(failures)]),
            ),
            _share("entries found", [(case.source, _has_entries(case, found)) for case, found in in_files]),
            (
                "of these usable",
                usable / max(entries_found, 1),
                ", ".join([f"{usable} of {entries_found} entries", *_counted(rejected)]),
            ),
            _share("titles agree", [(case.source, same) for case, found in survived for same in _titles_agree(case, found)]),
            _share("links agree", [(case.source, same) for case, found in survived for same in _links_agree(case, found)]),
            *(("  missed", None, f"{len(names)} {cause}: {', '.join(names)}") for cause, names in self.misses().items()),
        ]

    def misses(self) -> dict[str, list[str]]:
        """Files by cause: no entries where some are expected, or a title or link that differs."""
        causes: dict[str, list[str]] = {}
        for case, found in self.results:
            for cause in _causes(case, found):
                causes.setdefault(cause, []).append(case.name)
        return causes


def evaluate(path: Path, processes: int = 2) -> Report:
    """Read every file of the archive (a .tar.zst) in worker processes. Raises SettingsError if the file is not that."""
    cases = read(path)
    return Report(tuple(zip(cases, asyncio.run(_found(cases, processes)), strict=True)))


def read(path: Path) -> list[Case]:
    """The archive's files with their expectations. Raises SettingsError."""
    try:
        with pa.input_stream(str(path), compression="zstd") as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            files = {member.name: content.read() for member in archive if (content := archive.extractfile(member)) is not None}
    except (OSError, tarfile.TarError) as error:
        raise SettingsError(f"{path}: not the parsers' test files as .tar.zst: {error}") from None
    return [_case(name, files) for name in files]


def _case(name: str, files: Mapping[str, bytes]) -> Case:
    body, source = files[name], name.split("/", 1)[0].split("-", 1)[0]
    head = body[:_HEAD].replace(b"\0", b"").decode("utf-8", "replace")  # UTF-16 and UTF-32 read as ASCII that way
    kind = found[1].strip() if (found := _CONTENT_TYPE.search(head)) else ""
    expected = Expected()
    if source == "feedparser" and (stated := _EXPECT.search(head)):
        expected = in_comment(stated[1])
    elif source == "gofeed" and (beside := files.get(_beside(name))):
        expected = in_json(beside)
    elif source == "miniflux" and name.endswith(".xml"):
        expected = Expected(len(_ITEM.findall(body.replace(b"\0", b""))))
    fetch = FeedFetch(Feed(source, _HOST + name), _HOST + name, SEEN_AT, "ok", "", 200, Validators(), body, kind, 0.0)
    return Case(name, source, fetch, expected)


def _beside(name: str) -> str:
    return name.removesuffix(".xml") + ".json" if name.endswith(".xml") else name.removesuffix(".json") + "_expected.json"


def in_comment(expression: str) -> Expected:
    """From a Python expression about `entries`, as in feedparser's files; it is parsed, never run."""
    try:
        tree = ast.parse(expression, mode="eval")
    except SyntaxError:
        return Expected()
    stated: dict[str, dict[int, str]] = {"title": {}, "link": {}}
    count = 0
    for node in ast.walk(tree):
        if (position := _entry(node)) is not None:
            count = max(count, position + 1)
        if not isinstance(node, ast.Compare) or not all(isinstance(operator, ast.Eq) for operator in node.ops):
            continue
        sides = [node.left, *node.comparators]
        values = [side.value for side in sides if isinstance(side, ast.Constant)]
        for side in sides:
            name, position = _field(side)
            if name in stated and position is not None and values and isinstance(values[0], str):
                stated[name][position] = values[0]
            if ast.unparse(side) == "len(entries)" and values and isinstance(values[0], int):
                count = max(count, values[0])
    return Expected(count, stated["title"], stated["link"])


def _entry(node: ast.AST) -> int | None:
    """The position in `entries[position]`."""
    match node:
        case ast.Subscript(value=ast.Name(id="entries"), slice=ast.Constant(value=int(position))):
            return position
    return None


def _field(node: ast.AST) -> tuple[str, int | None]:
    """The name and position in `entries[position]['name']` or `entries[position].name`."""
    match node:
        case ast.Subscript(value=entry, slice=ast.Constant(value=str(name))) | ast.Attribute(value=entry, attr=name):
            return name, _entry(entry)
    return "", None


def in_json(document: bytes) -> Expected:
    """From gofeed's JSON: `items` with title and link, or Atom's `entries` with links of which the alternate one counts."""
    try:
        feed = json.loads(document)
    except ValueError:
        return Expected()
    items = [item for item in feed.get("items") or feed.get("entries") or [] if isinstance(item, dict)]
    titles = {i: item["title"] for i, item in enumerate(items) if item.get("title")}
    links = {i: link for i, item in enumerate(items) if (link := _link(item))}
    return Expected(len(items), titles, links)


def _link(item: Mapping[str, Any]) -> str:
    if "links" not in item or "link" in item:
        return str(item.get("link") or item.get("url") or "")
    alternate = [link for link in item["links"] if isinstance(link, dict) and link.get("rel", "alternate") == "alternate"]
    return str(alternate[0].get("href", "")) if alternate else ""


async def _found(cases: Sequence[Case], processes: int) -> list[Found | Failure]:
    async with Workers(processes) as workers:
        return list(await asyncio.gather(*(workers.run(_read, case.fetch, seconds=_SECONDS) for case in cases)))


def _read(fetch: FeedFetch) -> Found:
    return Found(entries.read(fetch, _AT_MOST), entries.parse(fetch).items)


def _titles_agree(case: Case, found: Found) -> Iterator[bool]:
    """Compared as text: we keep no markup in titles."""
    for i, title in case.expected.titles.items():
        yield i < len(found.items) and plain.line(found.items[i].title) == plain.line(title)


def _links_agree(case: Case, found: Found) -> Iterator[bool]:
    """Compared as we would fetch them; what we would not fetch, as written."""
    for i, link in case.expected.links.items():
        yield i < len(found.items) and _address(found.items[i].link) == _address(link)


def _address(link: str) -> str:
    return urls.canonical(link, _HOST) or link


def _causes(case: Case, found: Found | Failure) -> Iterator[str]:
    if isinstance(found, Failure):
        yield failure_reason(found)
        return
    if not _has_entries(case, found):
        yield found.reading.error or "fewer entries than expected"
        return
    if not all(_titles_agree(case, found)):
        yield "title differs"
    if not all(_links_agree(case, found)):
        yield "link differs" if all(item.link for item in found.items) else "link not found"


def _has_entries(case: Case, found: Found | Failure) -> bool:
    return isinstance(found, Found) and found.entries >= case.expected.entries


def _counted(reasons: Counter[str]) -> list[str]:
    return [f"{count} {reason}" for reason, count in reasons.most_common()]


def _share(measure: str, answers: Sequence[tuple[str, bool]]) -> tuple[str, float, str]:
    right, all_of = Counter(source for source, is_right in answers if is_right), Counter(source for source, _ in answers)
    listed = ", ".join(f"{source} {right[source]} of {n}" for source, n in all_of.items())
    return measure, right.total() / max(all_of.total(), 1), listed
