"""../shared/corpora/news comes in; how many of its items that are one article the grouping of stories joins, and what else, goes out.

Pairs: two items of different sets with one address (canonical form; its query is dropped where the path names the article) that differ in
title or text. Sets that list others' articles (TLDR, Ride Home, Hacker News, smol.ai) are one outlet each, for that is how a feed of them would
be read; the others' items belong to their outlets. Two sets have headlines only, one summaries of fifty words: an item without text is grouped by
its title. Their days are days of issue, up to six after publication; pairs more than `story_days` apart are counted apart, as they cannot be joined.

All 49,528 items are grouped at once, in order of time, so that chains show. A joined pair of two sets without a common address counts as wrong
(strict). `story_pairs.tsv` says of each of those that the chosen settings join what one reader found, from titles and addresses: `copy` (the same
article at another address, or under a wrong one), `event` (another report of the same event or announcement) or `other`. It holds ids, no text.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pandas as pd

from tracker.demo.score import Hits
from tracker.extract import duplicates, headlines, urls
from tracker.settings import ExtractSettings

READ = Path(__file__).with_suffix(".tsv")
LISTS = {"tldr_2025", "ridehome_headlines", "hn_daily_2023_2025", "smol_issues"}
_WORST = 10
_NAMES_AN_ARTICLE = 12  # characters of the last part of a path; shorter ones, as `watch` or `item`, need their query

Pair = tuple[str, str]
Rows = list[tuple[str, float | int | None, str]]


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One row of a news set. `name` is the set and the row's id; `address` what items of one article share."""

    name: str
    source: str
    address: str
    text: str
    article: duplicates.Item


@dataclass(frozen=True, slots=True)
class Report:
    """All pairs are across sets. `pairs`: true ones within reach; `far`: true ones too far apart; `found`: joined; `read`: story_pairs.tsv."""

    items: Mapping[str, NewsItem]
    pairs: frozenset[Pair]
    far: frozenset[Pair]
    found: frozenset[Pair]
    read: Mapping[Pair, str]

    def rows(self) -> Rows:
        """(measure, value, detail): in all, on either half of the addresses, and the worst errors of both kinds."""
        hits = _hits(self.found, self.pairs)
        wrong = self.found - self.pairs - self.far
        verdicts = {kind: sum(self.read.get(pair) == kind for pair in wrong) for kind in ("copy", "event", "other")}
        unread = len(wrong) - sum(verdicts.values())
        right = len(self.found) - len(wrong)
        rows: Rows = [
            ("real pairs, recall", hits.recall, f"{hits.right} of {len(self.pairs)} pairs of one address, {len(self.items)} items"),
            ("real pairs, recall at any distance", _share(right, len(self.pairs | self.far)), f"{len(self.far)} more are too far apart"),
            ("real pairs, precision, strict", _share(right, len(self.found)), f"{len(wrong)} of {len(self.found)} have different addresses"),
            ("real pairs, precision, one article", _share(right + verdicts["copy"], len(self.found)), f"{verdicts['copy']} of them are one article"),
            (
                "real pairs, precision, one event", _share(right + verdicts["copy"] + verdicts["event"], len(self.found)),
                f"{verdicts['event']} read as reports of one event, {verdicts['other']} as nothing in common, {unread} not read",
            ),
        ]  # fmt: skip
        for half, name in ((0, "tuning half"), (1, "other half")):
            of_half = _hits(self._half(self.found, half), self._half(self.pairs, half))
            rows.append((f"real pairs, {name}, recall", of_half.recall, str(of_half)))
        return [*rows, *self._worst(wrong, "  joined", 1), *self._worst(self.pairs - self.found, "  missed", -1)]

    def _half(self, pairs: Iterable[Pair], half: int) -> set[Pair]:
        return {pair for pair in pairs if hashlib.sha256(self.items[pair[0]].address.encode()).digest()[0] % 2 == half}

    def _worst(self, pairs: Iterable[Pair], name: str, sign: int) -> Rows:
        """Of joined pairs those with nothing in common or not read, then the least alike titles; of missed ones the most alike."""
        known = {"event": 1, "copy": 2}
        ranked = sorted(pairs, key=lambda pair: (known.get(self.read.get(pair, ""), 0), sign * self._alike(pair), pair))
        return [(name, self._alike(pair), " | ".join(self.items[one].article.title for one in pair)) for pair in ranked[:_WORST]]

    def _alike(self, pair: Pair) -> float:
        one, two = (headlines.words(self.items[name].article.title) for name in pair)
        return len(one & two) / max(1, len(one | two))


def evaluate(shared: Path, limits: ExtractSettings | None = None) -> Report:
    """Group the seven news sets under `shared` and compare."""
    rules = limits or ExtractSettings()
    items = {item.name: item for path in sorted((shared / "corpora/news").glob("*.parquet")) for item in _items(path)}
    stories = duplicates.join([item.article for item in items.values()], (), rules)
    found = frozenset(pair for pair in _together(stories) if _is_across(items, pair))
    of_address = {item.name: item.address for item in items.values()}
    true = {pair for pair in _together(of_address) if _is_across(items, pair) and _differ(items, pair)}
    near = frozenset(pair for pair in true if _distance(items, pair) <= timedelta(days=rules.story_days))
    same = {pair for pair in found if items[pair[0]].address == items[pair[1]].address} - true  # alike in title and text: no test
    with READ.open(encoding="utf-8", newline="") as file:
        read = {(row["first"], row["second"]): row["verdict"] for row in csv.DictReader(file, delimiter="\t")}
    return Report(items, near, frozenset(true) - near, found - same, read)


def address(url: str) -> str:
    """What addresses of one article share: the canonical form, without its query where the path names the article."""
    plain = urls.key(urls.canonical(url) or url)
    path = re.sub(r"^(mobile\.)?twitter\.com/", "x.com/", plain.partition("?")[0]).rstrip("/")
    return path if len(path.rpartition("/")[2]) >= _NAMES_AN_ARTICLE and "/" in path else plain


def _items(path: Path) -> list[NewsItem]:
    table = pd.read_parquet(path)
    at = pd.to_datetime(table["published"], utc=True, format="ISO8601").dt.tz_localize(None).dt.to_pydatetime()
    items = []
    for row, moment in zip(table.fillna("").itertuples(index=False), at, strict=True):
        name = f"{path.stem}/{row.id}"
        outlet = path.stem if path.stem in LISTS else str(row.outlet)
        article = duplicates.item(name, outlet, moment, str(row.title), str(row.text))
        items.append(NewsItem(name, path.stem, address(str(row.url)), str(row.text), article))
    return items


def _together(groups: Mapping[str, str]) -> set[Pair]:
    members: dict[str, list[str]] = {}
    for name, label in sorted(groups.items()):
        members.setdefault(label, []).append(name)
    return {pair for names in members.values() for pair in combinations(names, 2)}


def _is_across(items: Mapping[str, NewsItem], pair: Pair) -> bool:
    return items[pair[0]].source != items[pair[1]].source


def _differ(items: Mapping[str, NewsItem], pair: Pair) -> bool:
    one, two = (items[name] for name in pair)
    return (one.article.title, one.text) != (two.article.title, two.text)


def _distance(items: Mapping[str, NewsItem], pair: Pair) -> timedelta:
    return abs(items[pair[0]].article.at - items[pair[1]].article.at)


def _hits(found: Iterable[Pair], true: Iterable[Pair]) -> Hits:
    one, two = set(found), set(true)
    return Hits(len(one & two), len(one - two), len(two - one))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
