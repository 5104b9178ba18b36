"""Findings become numbers: the archive's counts come in; coverage, intervals, turning points, moves and feed health stand in it when it is done."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

import duckdb
import numpy as np

from tracker.measures import coverage, intervals, label_error, moves, turning
from tracker.measures.label_error import LabelError
from tracker.records import Run
from tracker.settings import Settings
from tracker.stance.scores import Scores
from tracker.store import counted, ledger

Connection = duckdb.DuckDBPyConnection

_NIGHTLY = timedelta(days=1)  # a healthy feed is due again the next night
_ARTICLES_SHOWN = 20  # behind a turning point: what a reader can look through


def measure(connection: Connection, settings: Settings, run: Run, scores: Scores | None = None) -> None:
    """Make every measured table anew from what the archive holds, and from what the judge scores on gold passages, where that is known."""
    states = ledger.feed_states(connection)
    enabled = {feed: outlet for outlet, feed, is_enabled in counted.outlet_feeds(connection) if is_enabled}
    doubles = ledger.duplicates(enabled, states)
    _coverage(connection, run.started_at, {feed: outlet for feed, outlet in enabled.items() if feed not in doubles})
    _feed_health(connection, run.started_at, enabled, states, doubles)
    error = _judge(connection, scores, settings.discovery.seed)
    _stance(connection, error)
    _voices(connection, error)
    _outlet_months(connection, error)
    _turning_points(connection, settings.discovery.seed)
    _moves(connection)


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
    entry_times = dict(counted.entry_times(connection))
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


def _stance(connection: Connection, error: LabelError) -> None:
    rows = []
    by_theme: dict[str, list[tuple[str, date, int, int, int, int]]] = defaultdict(list)
    for theme, *row in counted.theme_stories_by_day(connection):
        by_theme[theme].append(tuple(row))  # type: ignore[arg-type]
    for theme, found in by_theme.items():
        first = min(day for _, day, *_ in found)
        days = (max(day for _, day, *_ in found) - first).days + 1
        outlets = {outlet: i for i, outlet in enumerate(sorted({outlet for outlet, *_ in found}))}
        stories = np.zeros((4, days, len(outlets)))
        for outlet, day, *counts in found:
            stories[:, (day - first).days, outlets[outlet]] = counts
        of_day, recent = (error.net(sides) for sides in (stories[:3], [intervals.trailing(side) for side in stories[:3]]))
        for i in np.flatnonzero(stories.sum(axis=(0, 2))):
            day_at, window = of_day.at(int(i)), recent.at(int(i))
            supports, opposes, neutral, unsure = (int(n) for n in stories[:, i].sum(axis=1))
            rows.append(
                (theme, first + timedelta(days=int(i)), supports, opposes, neutral, day_at.value, day_at.low, day_at.high,
                 window.value, window.low, window.high, window.n, window.outlets, unsure)
            )  # fmt: skip
    counted.replace_measures(connection, "stance_days", rows)


def _voices(connection: Connection, error: LabelError) -> None:
    months: dict[tuple[str, date, str], list[tuple[int, int, int, int]]] = defaultdict(list)
    for theme, month, voice, _, *counts in counted.mentions_by_month(connection):
        months[theme, month, voice].append(tuple(counts))  # type: ignore[arg-type]
    variances = error.variance(np.array([np.sum(by_outlet, axis=0)[:3] for by_outlet in months.values()]).reshape(-1, 3))
    rows = []
    for (key, by_outlet), variance in zip(months.items(), variances, strict=True):
        mentions = np.array(by_outlet).T
        net = intervals.net_interval(*error.scored(mentions[:3]), float(variance))
        rows.append((*key, int(mentions.sum()), *(int(n) for n in mentions.sum(axis=1)), net.value, net.low, net.high))
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


def _turning_points(connection: Connection, seed: int) -> None:
    """Test each theme's weekly share and net stance; keep what passes together (Benjamini-Hochberg) and is large enough to matter."""
    stories: dict[date, int] = defaultdict(int)
    for _, day, count in counted.stories_by_day(connection):
        stories[_monday(day)] += count
    on_theme: dict[str, dict[date, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for theme, _, day, supports, opposes, neutral, unsure in counted.theme_stories_by_day(connection):
        week = on_theme[theme][_monday(day)]
        week[0] += supports + opposes + neutral + unsure
        week[1] += supports + opposes + neutral
        week[2] += supports - opposes
    weeks = sorted(stories)
    tested: dict[tuple[str, str], turning.TurningPoint | None] = {}
    for theme, by_week in on_theme.items():
        mentions, sided, scores = np.array([by_week[week] for week in weeks], dtype=float).T
        tested[theme, "share"] = turning.find(weeks, mentions, [stories[week] for week in weeks], "share", seed)
        tested[theme, "net_stance"] = turning.find(weeks, scores, sided, "net_stance", seed)
    rows = []
    for (theme, measure_name), point in turning.select(tested).items():
        behind = counted.articles_between(connection, theme, point.first_day, point.last_day + timedelta(days=6), _ARTICLES_SHOWN)
        rows.append((theme, point.day, point.first_day, point.last_day, measure_name, point.before, point.after, point.p_value, behind))
    counted.replace_measures(connection, "turning_days", rows)


def _moves(connection: Connection) -> None:
    """Test the newest seven days of each theme that readers see against the weeks before."""
    stories: Counter[date] = Counter()
    for _, day, count in counted.stories_by_day(connection):
        stories[day] += count
    on_themes: dict[str, Counter[date]] = {theme: Counter() for theme in counted.active_themes(connection)}
    for theme, _, day, *sides in counted.theme_stories_by_day(connection):
        if theme in on_themes:
            on_themes[theme][day] += sum(sides)
    rows = [
        (theme, m.kind, m.first_day, m.last_day, m.stories, m.expected, m.of_stories, m.weeks_before, m.stories_before, m.ratio, m.low, m.high,
         m.p_value, m.q_value)
        for theme, m in moves.find(stories, on_themes).items()
    ]  # fmt: skip
    counted.replace_measures(connection, "theme_moves", rows)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
