"""Polls of feeds come in; what they prove that we saw of each day goes out: complete, partial or missing.

A feed that we read at time T, and whose oldest entry is of time D, shows everything published from D to T, if it still lists what was
new at the last look and not older than D; some feeds keep old entries and drop young ones. A day is known when such spans cover it;
that we looked on that day is not enough, and that we did not look is no gap if a later poll reaches back.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import fmean, median, quantiles
from typing import Literal, TypeAlias

State: TypeAlias = Literal["complete", "partial", "missing"]
Span: TypeAlias = tuple[datetime, datetime]

USUAL_WEEKS = 8  # two months of the same weekday: follows an outlet that grows, and no single day decides
USUAL_WEEKS_NEEDED = 3  # a median of fewer is only one of those days
# A poll that shows this much of the newer half of the last listing has missed nothing since. In 15 months of six daily feeds, polled with nights
# left out, 4 % of the gaps that lost entries pass for whole so, and 90 % of those that lost none; with the oldest entry alone 59 % and 99 %
SHOWN_ENOUGH = 0.75
SILENT_DAYS = 14  # holidays are shorter
SILENT_GAPS = 6  # times the gap that nine of ten of the feed's own gaps stay under
SILENT_DAYS_UNKNOWN = 60  # for a feed too sparse to have a rhythm
RHYTHM_DAYS = 3  # two gaps are the least that can differ


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of one feed. `oldest_entry_at` is None when the feed was unchanged (or failed, or its entries have no dates)."""

    feed_url: str
    polled_at: datetime
    ok: bool
    oldest_entry_at: datetime | None
    # Of the newer half of what the feed listed before, down to its present oldest entry, the share it lists now; None: nothing to compare
    still_shown: float | None = None


@dataclass(frozen=True, slots=True)
class DayCoverage:
    """What we saw of one outlet's UTC day, and how often we looked and failed on it."""

    day: date
    state: State
    polls: int
    failures: int


def days(polls: Sequence[Poll], feeds: set[str], first_day: date, last_day: date) -> list[DayCoverage]:
    """One outlet's coverage of each day, from its polls and the feeds it has now.

    Complete: every feed was seen over the whole day. Missing: no feed was seen on any of it. A feed the outlet had once counts
    for the partial, so that a feed whose address changes does not wipe out its past.
    """
    by_feed: defaultdict[str, list[Poll]] = defaultdict(list)
    for poll in polls:
        by_feed[poll.feed_url].append(poll)
    seen = {feed: _days_seen(spans(of_feed), first_day, last_day) for feed, of_feed in by_feed.items()}
    polled = Counter(poll.polled_at.date() for poll in polls)
    failed = Counter(poll.polled_at.date() for poll in polls if not poll.ok)
    found = []
    for day in _days_between(first_day, last_day):
        is_whole = bool(feeds) and all(seen.get(feed, {}).get(day) == timedelta(days=1) for feed in feeds)
        is_some = any(day in of_feed for of_feed in seen.values())
        state: State = "complete" if is_whole else "partial" if is_some else "missing"
        found.append(DayCoverage(day, state, polled[day], failed[day]))
    return found


def spans(polls: Iterable[Poll]) -> list[Span]:
    """The times over which the polls of one feed show everything it published, in order, apart from each other."""
    found: list[Span] = []
    last_ok_at: datetime | None = None
    for poll in sorted((poll for poll in polls if poll.ok), key=lambda poll: poll.polled_at):
        start = min(_start(poll, last_ok_at), poll.polled_at)
        end = last_ok_at = poll.polled_at
        while found and start <= found[-1][1]:
            start = min(start, found.pop()[0])
        found.append((start, end))
    return found


def reach(entries_at: Iterable[datetime]) -> datetime | None:
    """The oldest of a listing's dates that still belongs to its run: an entry pinned for months says nothing about those months.

    The run ends at a gap that is far too long for the listing's own rhythm, the median of its gaps, which one pinned entry hardly moves.
    """
    newest_first = sorted(entries_at, reverse=True)
    gaps = [(later - earlier) / timedelta(days=1) for later, earlier in pairwise(newest_first)]
    longest = max(SILENT_DAYS, SILENT_GAPS * median(gaps)) if len(gaps) >= RHYTHM_DAYS else SILENT_DAYS_UNKNOWN
    end = next((i for i, gap in enumerate(gaps) if gap > longest), len(gaps))
    return newest_first[end] if newest_first else None


def _start(poll: Poll, last_ok_at: datetime | None) -> datetime:
    """From when on a good poll shows everything."""
    if last_ok_at is None or poll.still_shown is None:  # nothing to compare with; without dates it shows its own moment only
        return poll.oldest_entry_at or poll.polled_at
    if poll.still_shown >= SHOWN_ENOUGH:
        return last_ok_at
    if poll.oldest_entry_at is not None and poll.oldest_entry_at > last_ok_at:  # all of it is new
        return poll.oldest_entry_at
    return poll.polled_at


def expected(history: Sequence[tuple[date, int, State]]) -> list[float | None]:
    """The number of new articles usual for each day of an outlet's history (day, articles, state; in order of days).

    The median of the last complete days of that weekday before it; while these are few, the mean of all complete days before
    it; None at the beginning.
    """
    by_weekday: defaultdict[int, deque[int]] = defaultdict(lambda: deque(maxlen=USUAL_WEEKS))
    articles_before: list[int] = []
    usual: list[float | None] = []
    for day, articles, state in history:
        same_weekday = by_weekday[day.weekday()]
        if len(same_weekday) >= USUAL_WEEKS_NEEDED:
            usual.append(float(median(same_weekday)))
        else:
            usual.append(fmean(articles_before) if articles_before else None)
        if state == "complete":
            same_weekday.append(articles)
            articles_before.append(articles)
    return usual


def silent_since(entries_at: Iterable[datetime], now: datetime, first_ok_at: datetime | None = None) -> datetime | None:
    """When a feed that still answers last published, if that is far too long ago for its own rhythm; else None.

    `entries_at` are the dates of its entries. A feed that never had one is silent since it first answered, at `first_ok_at`.
    """
    past = sorted(at for at in entries_at if at <= now)
    if not past:
        return first_ok_at if first_ok_at and now - first_ok_at > timedelta(days=SILENT_DAYS) else None
    published_on = sorted({at.date() for at in past})  # days, as ten posts in one hour are one burst and not a rhythm
    if len(published_on) < RHYTHM_DAYS:
        longest = float(SILENT_DAYS_UNKNOWN)
    else:
        gaps = [(later - earlier).days for earlier, later in pairwise(published_on)]
        longest = max(SILENT_DAYS, SILENT_GAPS * quantiles(gaps, n=10, method="inclusive")[-1])
    return past[-1] if now - past[-1] > timedelta(days=longest) else None


def _days_seen(of_feed: Sequence[Span], first_day: date, last_day: date) -> dict[date, timedelta]:
    """How much of each day the spans cover; days they do not touch are absent."""
    seen: defaultdict[date, timedelta] = defaultdict(timedelta)
    for start, end in of_feed:
        for day in _days_between(max(start.date(), first_day), min(end.date(), last_day)):
            midnight = datetime.combine(day, time())
            part = min(end, midnight + timedelta(days=1)) - max(start, midnight)
            if part:
                seen[day] += part
    return dict(seen)


def _days_between(first_day: date, last_day: date) -> list[date]:
    return [first_day + timedelta(days=i) for i in range((last_day - first_day).days + 1)]
