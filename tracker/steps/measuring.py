"""Findings become numbers: the archive's counts come in; coverage, intervals, turning points, moves and feed health stand in it when it is done."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import repeat

import duckdb
import numpy as np

from tracker.measures import coverage, intervals, label_error, moves, turning, volume
from tracker.measures.label_error import LabelError
from tracker.records import Run
from tracker.settings import Settings
from tracker.stance.scores import Scores
from tracker.store import counted, ledger
from tracker.store.counted import ThemeStories

Connection = duckdb.DuckDBPyConnection

_NIGHTLY = timedelta(days=1)  # a healthy feed is due again the next night
_EPOCH = date(1970, 1, 1).toordinal()
_PANEL_WEEKS = 26  # on either side of a turning point: half a year holds stories enough, and outlets come and go in years
_SAME_POINT = timedelta(days=21)  # half of the shortest segment: nearer ones cannot both be found
_ARTICLES_SHOWN = 20  # behind a turning point: what a reader can look through


def measure(connection: Connection, settings: Settings, run: Run, scores: Scores | None = None) -> None:
    """Make every measured table anew from what the archive holds, and from what the judge scores on gold passages, where that is known."""
    states = ledger.feed_states(connection)
    enabled = {feed: outlet for outlet, feed, is_enabled in counted.outlet_feeds(connection) if is_enabled}
    doubles = ledger.duplicates(enabled, states)
    _coverage(connection, run.started_at, {feed: outlet for feed, outlet in enabled.items() if feed not in doubles})
    _feed_health(connection, run.started_at, enabled, states, doubles)
    error = _judge(connection, scores, settings.discovery.seed)
    stories, on_themes = counted.stories_by_day(connection), counted.theme_stories(connection)
    _stance(connection, on_themes, error)
    _voices(connection, error)
    _outlet_months(connection, error)
    _turning_points(connection, stories, on_themes, settings.discovery.seed, run.started_at.date())
    _moves(connection, stories, on_themes)


def _coverage(connection: Connection, now: datetime, outlet_of: dict[str, str]) -> None:
    polls: dict[str, list[coverage.Poll]] = defaultdict(list)
    for outlet, feed, polled_at, is_good, oldest_at, still_shown in counted.polls(connection):
        if polled_at > now:  # by a clock that was wrong: it shows no day
            continue
        polls[outlet].append(coverage.Poll(feed, polled_at, is_good, oldest_at, still_shown))
    feeds: dict[str, set[str]] = defaultdict(set)
    for feed, outlet in outlet_of.items():
        feeds[outlet].add(feed)
    for outlet in polls.keys() - feeds.keys():  # no longer in feeds.yaml: its past stays what it was
        feeds[outlet] = {poll.feed_url for poll in polls[outlet]}
    articles: dict[str, dict[date, int]] = defaultdict(dict)
    for outlet, day, count in counted.articles_by_day(connection):
        articles[outlet][day] = count

    rows = []
    for outlet in sorted(polls.keys() | articles.keys()):
        shown = [start.date() for feed in feeds[outlet] for start, _ in coverage.spans(p for p in polls[outlet] if p.feed_url == feed)]
        known_days = [*articles[outlet], *shown, *(p.polled_at.date() for p in polls[outlet])]
        states = coverage.days(polls[outlet], feeds[outlet], min(known_days), max(now.date(), *known_days))
        printed = [articles[outlet].get(d.day, 0) for d in states]
        # What was found was seen: a day with a good poll (of a feed without dates), or with articles outside every poll's span, is partial
        kinds: list[coverage.State] = [
            "partial" if d.state == "missing" and (n or d.polls > d.failures) else d.state for d, n in zip(states, printed, strict=True)
        ]
        usual = coverage.expected([(d.day, n, kind) for d, n, kind in zip(states, printed, kinds, strict=True)])
        rows += [
            (outlet, d.day, d.polls, d.failures, n, expected, kind)
            for d, n, kind, expected in zip(states, printed, kinds, usual, strict=True)
        ]
    counted.replace_measures(connection, "coverage_days", rows)


def _feed_health(
    connection: Connection, now: datetime, outlet_of: dict[str, str], states: dict[str, ledger.FeedState], doubles: dict[str, str]
) -> None:
    last = counted.last_polls(connection)
    entry_times = counted.entry_times(connection, now)
    recent = counted.recent_articles(connection, now - timedelta(days=30))
    rows = []
    for feed, outlet in outlet_of.items():
        first_ok_at, ok_at, outcome, reason = last.get(feed, (None, None, None, None))
        state = states.get(feed)
        failures = state.failures_in_a_row if state else 0
        due_at = None if state is None or feed in doubles else max(state.due_at(now), state.last_polled_at + _NIGHTLY)
        silent = coverage.silent_since(entry_times.get(feed, []), now, first_ok_at) if outcome in ("ok", "unchanged") else None
        address = (state.address_to_ask() if state else None) or feed
        rows.append((outlet, feed, ok_at, outcome, reason, failures, recent.get(feed, 0), silent, due_at, address, doubles.get(feed)))
    counted.replace_measures(connection, "feed_states", rows)


def _judge(connection: Connection, scores: Scores | None, seed: int) -> LabelError:
    """Keep the judge's scores and the draws of its error rates, or nothing where they are not known."""
    rows = [(scores.judge, s.set, s.theme, s.measure, s.value, s.low, s.high, s.rows) for s in scores.rows] if scores else []
    confusion = scores.confusion if scores else {}
    error = label_error.drawn(label_error.counted(confusion), seed)
    counted.replace_measures(connection, "judge_scores", rows)
    counted.replace_measures(
        connection, "judge_confusion",
        [(scores.judge, gold, found, n) for gold, of_gold in confusion.items() for found, n in of_gold.items()] if scores else [],
    )  # fmt: skip
    counted.replace_measures(
        connection, "label_error_draws",
        [(draw, gold, found, float(error.rates[draw, i, j])) for draw in range(len(error.rates))
         for i, gold in enumerate(label_error.SIDES) for j, found in enumerate(label_error.SIDES)],
    )  # fmt: skip
    return error


def _stance(connection: Connection, on_themes: Mapping[str, ThemeStories], error: LabelError) -> None:
    rows: list[tuple[object, ...]] = []
    for theme, of in on_themes.items():
        outlets, first = np.unique(of.outlets, return_inverse=True)[1], of.days[0]
        stories = np.zeros((4, of.days[-1] - first + 1, outlets.max() + 1))
        stories[:, of.days - first, outlets] = of.sides
        of_day, recent = (error.net(sides) for sides in (stories[:3], [intervals.trailing(side) for side in stories[:3]]))
        at = np.flatnonzero(stories.sum(axis=(0, 2)))
        supports, opposes, neutral, unsure = stories[:, at].sum(axis=2).astype(np.int64).tolist()
        nets = [_values(values[at]) for net in (of_day, recent) for values in (net.value, net.low, net.high)]
        behind = (recent.n[at].tolist(), recent.outlets[at].tolist())
        rows += zip(repeat(theme), map(_date, (at + first).tolist()), supports, opposes, neutral, *nets, *behind, unsure)
    counted.replace_measures(connection, "stance_days", rows)


def _voices(connection: Connection, error: LabelError) -> None:
    months: dict[tuple[str, date, str], list[tuple[int, int, int, int]]] = defaultdict(list)
    for theme, month, voice, _, *counts in counted.mentions_by_month(connection):
        months[theme, month, voice].append(tuple(counts))  # type: ignore[arg-type]
    alike: dict[int, list[tuple[str, date, str]]] = defaultdict(list)  # months with as many outlets are reckoned together
    for key, by_outlet in months.items():
        alike[len(by_outlet)].append(key)
    rows: list[tuple[object, ...]] = []
    for keys in alike.values():
        mentions = np.array([months[key] for key in keys]).transpose(2, 0, 1)
        sides = mentions.sum(axis=2)
        net = intervals.net_intervals(*error.scored(mentions[:3]), error.variance(sides[:3].T))
        values = (_values(of) for of in (net.value, net.low, net.high))
        rows += [(*key, *rest) for key, *rest in zip(keys, sides.sum(axis=0).tolist(), *sides.tolist(), *values, strict=True)]
    counted.replace_measures(connection, "voice_months", rows)


def _outlet_months(connection: Connection, error: LabelError) -> None:
    found = counted.outlet_months(connection)
    distinct = sorted({tuple(sides) for _, _, _, *sides, _ in found})  # months with few stories are alike
    variances = error.variance(np.array(distinct).reshape(-1, 3))
    nets = {
        sides: intervals.story_interval(np.repeat(error.scores, sides), float(variance))
        for sides, variance in zip(distinct, variances, strict=True)
    }
    rows = []
    for theme, outlet, month, *sides, unsure in found:
        net = nets[tuple(sides)]
        rows.append((theme, outlet, month, net.n + unsure, *sides, net.value, net.low, net.high, unsure))
    counted.replace_measures(connection, "outlet_months", rows)


def _turning_points(
    connection: Connection, stories: Mapping[date, int], on_themes: Mapping[str, ThemeStories], seed: int, today: date
) -> None:
    """Test each theme's weekly share and net stance; keep what passes together (Benjamini-Hochberg) and is large enough to matter."""
    of_all: Counter[date] = Counter()
    for day, count in stories.items():
        of_all[day - timedelta(days=day.weekday())] += count
    weeks = sorted(of_all)
    mondays = [_number(week) for week in weeks]
    tested: dict[tuple[str, str], turning.TurningPoint | None] = {}
    for theme, of in on_themes.items():
        in_week = np.searchsorted(mondays, of.days, side="right") - 1
        supports, opposes, neutral, unsure = (np.bincount(in_week, side, len(weeks)) for side in of.sides)
        sided = supports + opposes + neutral
        tested[theme, "share"] = turning.find(weeks, sided + unsure, [of_all[week] for week in weeks], "share", seed)
        tested[theme, "net_stance"] = turning.find(weeks, supports - opposes, sided, "net_stance", seed)
    rows = []
    for (theme, measure_name), point in turning.select(tested).items():
        behind = counted.articles_between(connection, theme, point.first_day, point.last_day + timedelta(days=6), _ARTICLES_SHOWN)
        rows.append((theme, point.day, point.first_day, point.last_day, measure_name, point.before, point.after, point.p_value, behind,
                     *_in_panel(connection, theme, point)))  # fmt: skip
    _withdraw(connection, {(theme, measure_name, day) for theme, day, _, _, measure_name, *_ in rows}, today)
    counted.replace_measures(connection, "turning_days", rows)


def _in_panel(connection: Connection, theme: str, point: turning.TurningPoint) -> tuple[float | None, float | None, bool]:
    """The levels before and after among the outlets that were collected on both sides, and whether the change may be one of outlets alone.

    That is so where less than half of what all outlets show around it is left among them.
    """
    counts = {True: np.zeros((2, 2)), False: np.zeros((2, 2))}  # of steady outlets and the others: before and after, above and below the line
    for is_steady, is_after, stories, on_theme, sided, score in counted.around(connection, theme, point.day, _PANEL_WEEKS, volume.STEADY):
        counts[is_steady][int(is_after)] = (on_theme, stories) if point.measure == "share" else (score, sided)
    panel, everyone = (intervals.divide(of[:, 0], of[:, 1]) for of in (counts[True], counts[True] + counts[False]))
    is_kept = intervals.is_mostly_left(everyone[1] - everyone[0], panel[1] - panel[0])
    before, after = _values(panel)
    return before, after, not is_kept


def _withdraw(connection: Connection, found: set[tuple[str, str, date]], today: date) -> None:
    """Keep what was told and is found no more; forget that of what is found again. A point that moved a little is the same one."""

    def is_found(theme: str, measure_name: str, day: date) -> bool:
        return any((theme, measure_name) == (one, of) and abs(day - at) <= _SAME_POINT for one, of, at in found)

    gone = [row for row in counted.withdrawn_points(connection) if not is_found(*row[:3])]
    told = {row[:3] for row in gone}
    gone += [(*row, today) for row in counted.turning_points(connection) if not is_found(*row[:3]) and row[:3] not in told]
    counted.replace_measures(connection, "withdrawn_points", gone)


def _moves(connection: Connection, stories: Mapping[date, int], on_themes: Mapping[str, ThemeStories]) -> None:
    """Test the newest seven days of each theme that readers see against the weeks before."""
    by_day: dict[str, dict[date, int]] = {theme: {} for theme in counted.active_themes(connection)}
    for theme in by_day.keys() & on_themes.keys():
        of = on_themes[theme]
        days, row = np.unique(of.days, return_inverse=True)
        by_day[theme] = dict(zip(map(_date, days.tolist()), np.bincount(row, of.sides.sum(axis=0)).astype(np.int64).tolist(), strict=True))
    rows = [
        (theme, m.kind, m.first_day, m.last_day, m.stories, m.expected, m.of_stories, m.weeks_before, m.stories_before, m.ratio, m.low, m.high,
         m.p_value, m.q_value)
        for theme, m in moves.find(stories, by_day).items()
    ]  # fmt: skip
    counted.replace_measures(connection, "theme_moves", rows)


def _values(found: intervals.FloatArray) -> list[float | None]:
    """With None for NaN, which a table would take for a number."""
    return [None if value != value else value for value in found.tolist()]  # noqa: PLR0124  # only NaN differs from itself


def _date(days: int) -> date:
    """The day so many days after 1970 began."""
    return date.fromordinal(_EPOCH + days)


def _number(day: date) -> int:
    return day.toordinal() - _EPOCH
