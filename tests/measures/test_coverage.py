"""Coverage: a day is complete only if some poll showed all of it, and missing only if none showed any."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tracker.measures.coverage import DayCoverage, Poll, State, days, expected, reach, silent_since, spans

FEED, OTHER = "https://a.example/feed", "https://a.example/ai/feed"
FIRST = date(2026, 3, 2)


def _at(day: int, hour: float = 0.0) -> datetime:
    return datetime.combine(FIRST, time()) + timedelta(days=day, hours=hour)


def _read(day: int, oldest: datetime | None, feed: str = FEED, hour: float = 2.0) -> Poll:
    return Poll(feed, _at(day, hour), True, oldest)


def _failed(day: int, feed: str = FEED) -> Poll:
    return Poll(feed, _at(day, 2), False, None)


def _states(polls: list[Poll], length: int, feeds: set[str] | None = None) -> list[State]:
    found = days(polls, {FEED} if feeds is None else feeds, FIRST, FIRST + timedelta(days=length - 1))
    return [coverage.state for coverage in found]


def test_nightly_polls_complete_yesterday_and_leave_today_partial() -> None:
    polls = [_read(day, _at(day - 3)) for day in range(4)]
    assert _states(polls, 5) == ["complete", "complete", "complete", "partial", "missing"]


def test_a_feed_that_reaches_back_closes_the_nights_nobody_looked() -> None:
    assert _states([_read(0, _at(-1)), _read(5, _at(-1))], 5) == ["complete"] * 5


def test_a_feed_too_short_for_the_pause_leaves_a_gap() -> None:
    assert _states([_read(0, _at(-1)), _read(5, _at(3, 12))], 5) == ["partial", "missing", "missing", "partial", "complete"]


def test_an_unchanged_feed_had_nothing_new_since_the_last_look() -> None:
    assert _states([_read(0, _at(-1)), replace(_read(4, None), still_shown=1.0)], 4) == ["complete"] * 4


def test_a_feed_that_keeps_old_entries_and_dropped_young_ones_hides_what_came_between() -> None:
    months_ago = _at(-90)
    seen, lost = replace(_read(4, months_ago), still_shown=0.9), replace(_read(4, months_ago), still_shown=0.5)
    assert _states([_read(0, months_ago), seen], 4) == ["complete"] * 4
    assert _states([_read(0, months_ago), lost], 4) == ["partial", "missing", "missing", "missing"]


def test_a_feed_that_shows_nothing_and_nothing_dated_proves_its_own_moment_only() -> None:
    assert _states([_read(0, _at(-1)), replace(_read(4, None), still_shown=0.0)], 4) == ["partial", "missing", "missing", "missing"]


def test_an_entry_pinned_for_months_says_nothing_about_them() -> None:
    daily = [_at(-day) for day in range(10)]
    assert reach([*daily, _at(-200)]) == _at(-9)
    assert reach(daily) == _at(-9)
    assert reach([]) is None


def test_a_monthly_or_an_irregular_feed_shows_all_of_its_run() -> None:
    assert reach([_at(-30 * month) for month in range(6)]) == _at(-150)
    assert reach([_at(-day) for day in (0, 3, 40, 44, 90, 100, 131)]) == _at(-131)
    assert reach([_at(0), _at(-35)]) == _at(-35)  # two entries are no rhythm
    assert reach([_at(0), _at(-200)]) == _at(0)


def test_a_first_look_without_dates_proves_nothing() -> None:
    assert _states([_read(2, None)], 4) == ["missing"] * 4


def test_failed_polls_prove_nothing_and_are_counted() -> None:
    found = days([_read(0, _at(-1)), _failed(1), _failed(1), _failed(2)], {FEED}, FIRST, FIRST + timedelta(days=2))
    assert found == [
        DayCoverage(FIRST, "partial", 1, 0),
        DayCoverage(FIRST + timedelta(days=1), "missing", 2, 2),
        DayCoverage(FIRST + timedelta(days=2), "missing", 1, 1),
    ]


def test_an_outage_is_made_good_by_the_next_poll_that_reaches_back() -> None:
    polls = [_read(0, _at(-1)), _failed(1), _failed(2), _read(3, _at(0))]
    assert _states(polls, 3) == ["complete"] * 3


def test_every_feed_of_the_outlet_must_be_seen() -> None:
    polls = [_read(3, _at(0)), _read(3, _at(1), OTHER)]
    assert _states(polls, 3, {FEED, OTHER}) == ["partial", "complete", "complete"]
    assert _states(polls[:1], 3, {FEED, OTHER}) == ["partial"] * 3


def test_a_changed_address_does_not_wipe_out_the_past() -> None:
    polls = [_read(3, _at(0)), _read(5, _at(3), OTHER)]
    assert _states(polls, 5, {OTHER}) == ["partial", "partial", "partial", "complete", "complete"]


def test_entries_dated_in_the_future_cover_nothing() -> None:
    assert _states([_read(1, _at(30))], 3) == ["missing"] * 3


def test_an_outlet_without_polls_is_missing() -> None:
    assert _states([], 3) == ["missing"] * 3
    assert _states([], 3, set()) == ["missing"] * 3


polls_of_two_feeds = st.lists(
    st.builds(
        lambda feed, hours, ok, reach: Poll(feed, _at(0, hours), ok, _at(0, hours - reach) if ok and reach is not None else None),
        st.sampled_from([FEED, OTHER]),
        st.integers(-50, 400),
        st.booleans(),
        st.none() | st.integers(-5, 90),
    ),
    max_size=12,
)


@given(polls_of_two_feeds)
def test_each_hour_of_a_complete_day_lies_in_a_span_of_every_feed(polls: list[Poll]) -> None:
    by_feed = {feed: spans(poll for poll in polls if poll.feed_url == feed) for feed in (FEED, OTHER)}
    for coverage in days(polls, {FEED, OTHER}, FIRST, FIRST + timedelta(days=14)):
        middles = [datetime.combine(coverage.day, time(hour, 30)) for hour in range(24)]
        seen = [sum(any(start <= at <= end for start, end in of_feed) for at in middles) for of_feed in by_feed.values()]
        assert (coverage.state == "complete") == (seen == [24, 24])
        assert (coverage.state == "missing") == (seen == [0, 0])


@given(polls_of_two_feeds, polls_of_two_feeds)
def test_more_polls_never_make_a_day_worse(polls: list[Poll], more: list[Poll]) -> None:
    order = ["missing", "partial", "complete"]
    dated = [poll for poll in polls if poll.oldest_entry_at is not None]
    before, after = _states(dated, 14, {FEED, OTHER}), _states(dated + more, 14, {FEED, OTHER})
    assert all(order.index(now) >= order.index(then) for then, now in zip(before, after, strict=True))


def test_the_usual_number_follows_the_weekday() -> None:
    history: list[tuple[date, int, State]] = [
        (FIRST + timedelta(days=day), 2 if day % 7 >= 5 else 10, "complete") for day in range(28)
    ]
    usual = expected(history)
    assert usual[0] is None
    assert usual[27] == 2 and usual[25] == 10
    assert usual[5] == 10  # the first Saturday: only weekdays are known yet


def test_the_usual_number_ignores_days_that_were_not_wholly_collected() -> None:
    history: list[tuple[date, int, State]] = [(FIRST + timedelta(days=7 * week), 10, "complete") for week in range(4)]
    history += [(FIRST + timedelta(days=7 * week), 0, "missing") for week in range(4, 12)]
    assert expected(history)[-1] == 10
    assert expected([(FIRST, 0, "missing"), (FIRST + timedelta(days=1), 3, "partial")]) == [None, None]


def test_the_usual_number_forgets_after_eight_weeks() -> None:
    history: list[tuple[date, int, State]] = [
        (FIRST + timedelta(days=7 * week), 100 if week < 4 else 10, "complete") for week in range(14)
    ]
    assert expected(history)[-1] == 10


NOW = datetime(2026, 11, 22, 6)


def _entries(*days_ago: float) -> list[datetime]:
    return [NOW - timedelta(days=ago) for ago in days_ago]


def test_a_daily_feed_is_silent_after_two_weeks() -> None:
    assert silent_since(_entries(*range(13, 60)), NOW) is None
    assert silent_since(_entries(*range(15, 60)), NOW) == NOW - timedelta(days=15)


def test_a_monthly_newsletter_may_wait_for_months() -> None:
    assert silent_since(_entries(90, 120, 150, 180), NOW) is None
    assert silent_since(_entries(200, 230, 260, 290), NOW) == NOW - timedelta(days=200)


def test_a_burst_of_posts_is_not_a_rhythm() -> None:
    burst = [at - timedelta(minutes=minute) for at in _entries(40, 70, 100) for minute in range(20)]
    assert silent_since(burst, NOW) is None


def test_a_sparse_feed_is_silent_after_sixty_days() -> None:
    assert silent_since(_entries(59, 59.5), NOW) is None
    assert silent_since(_entries(61, 400), NOW) == NOW - timedelta(days=61)
    assert silent_since([], NOW) is None


def test_entries_dated_in_the_future_do_not_hide_silence() -> None:
    assert silent_since(_entries(-300, *range(30, 60)), NOW) == NOW - timedelta(days=30)
