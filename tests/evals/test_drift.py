"""The invented world holds what it is for, and what discovery does to it is scored rightly."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from evals import drift, drift_world
from evals.drift import Lived, Placed
from evals.drift_world import NO_THEME, Event, World
from tracker.settings import Settings, ThemeSettings


@pytest.fixture(scope="module")
def world() -> World:
    """The usual one."""
    return drift_world.invent(seed=3)


def test_a_world_depends_on_its_seed_alone() -> None:
    one, same, other = (next(drift_world.invent(seed).stories()) for seed in (1, 1, 2))
    assert [s.title for s in one] == [s.title for s in same] != [s.title for s in other]


def test_themes_stay_within_their_bounds_and_everything_happens(world: World) -> None:
    assert Counter(event.kind for event in world.events) == drift_world.USUAL
    living = [len(world.living(night)) for night in range(world.nights)]
    assert min(living) >= drift_world.FEWEST and max(living) <= drift_world.MOST
    assert all(world.themes[t].first == 0 and world.themes[t].end == world.nights for t in world.edited)


def test_stories_lie_around_a_direction_that_turns(world: World) -> None:
    one, next_one, quarter = (world.direction(0, night) for night in (0, 1, 9))
    assert np.degrees(np.arccos(one @ next_one)) == pytest.approx(10, abs=0.1)
    assert abs(one @ quarter) < 0.01
    for night, stories in zip(range(3), world.stories(), strict=False):
        counts = Counter(s.theme for s in stories)
        assert all(drift_world.PER_NIGHT[0] <= counts[t] <= drift_world.PER_NIGHT[1] for t in world.living(night))
        assert 0.03 < counts[NO_THEME] / len(stories) < 0.12
        cosines = [float(s.vector @ world.direction(s.theme, night)) for s in stories if s.theme != NO_THEME]
        assert min(cosines) > 0.54 and max(cosines) < 0.76
        assert len({s.text for s in stories}) == len(stories)


def test_merging_themes_meet_and_splitting_ones_part(world: World) -> None:
    for event in world.events:
        if event.kind == "merged":
            apart = [
                float(world.direction(event.theme, event.night - n) @ world.direction(event.other, event.night - n))
                for n in (6, 3, 1)
            ]
            assert apart == sorted(apart) and abs(apart[0]) < 0.2 and apart[-1] > 0.9
            assert world.became(event.theme) == world.became(event.other)
        if event.kind == "split":
            near = [
                float(world.direction(event.theme, event.night + n) @ world.direction(event.other, event.night + n))
                for n in (0, 3, 6)
            ]
            assert near == sorted(near, reverse=True) and near[0] > 0.9 and abs(near[-1]) < 0.2


def test_nights_go_through_the_real_steps() -> None:
    never = Settings(
        outlets=(), themes=(), discovery=ThemeSettings(min_articles_to_discover=10**6)
    )  # clustering takes too long for a test
    lived = drift.live(drift_world.invent(seed=1, nights=2), never)
    assert (lived.refits, lived.as_assigned().unassigned, lived.as_assigned().with_one_id) == (0, 1.0, 0)
    assert lived.as_assigned().bcubed.precision == 1.0
    assert dict(drift.rows(lived))["edits of night 10 hold"] == "rename NO, merge NO, hide NO"  # nobody could edit anything


def _lived(world: World, *stories: Placed, changes: tuple[tuple[int, str, str, str | None], ...] = ()) -> Lived:
    return Lived(world, stories, changes, frozenset(), is_edited=False, edits={}, refits=1, seconds=0.0, processor=0.0)


def test_merges_join_true_themes_in_the_end_but_not_before(world: World) -> None:
    merge = next(event for event in world.events if event.kind == "merged")
    before, after = merge.night - 9, merge.night
    stories = (
        *[Placed(before, merge.theme, "b", "a")] * 3, *[Placed(before, merge.other, "a", "a")] * 3, *[Placed(after, merge.other, "a", "a")] * 3,
    )  # fmt: skip
    lived = _lived(world, *stories, changes=((after + 2, "b", "merged", "a"), (after, "q", "merged", "r")))
    assert lived.as_assigned().bcubed.f == lived.at_the_end().bcubed.f == 1.0
    assert drift.recorded(lived, "merged") == (1, 1)
    assert 2 in drift.delays(lived, "merged")
    never_joined = _lived(world, *(replace(story, now=story.then) for story in stories))
    assert never_joined.at_the_end().bcubed.recall < 1.0
    assert set(drift.delays(never_joined, "merged")) == {None}


def test_a_birth_is_found_on_the_night_half_of_its_stories_get_its_id(world: World) -> None:
    theme, other = 4, 5
    alone = replace(world, events=(Event(20, "born", theme),))
    late = [Placed(20, theme, None, "x"), Placed(20, theme, "y", "x"), Placed(21, theme, "x", "x"), Placed(21, theme, None, "x")]
    assert drift.delays(_lived(alone, *late, *[Placed(22, theme, "x", "x")] * 3, Placed(20, other, "y", "y")), "born") == [1]
    assert drift.delays(_lived(alone, Placed(20, theme, None, None)), "born") == [None]


def test_a_theme_on_its_way_into_another_has_one_id_but_for_these_nights(world: World) -> None:
    merge = next(event for event in world.events if event.kind == "merged")
    stories = [Placed(merge.night - 9, merge.theme, "b", "a")] * 3 + [Placed(merge.night - 1, merge.theme, "a", "a")] * 3
    lived = _lived(world, *stories)
    assert (lived.as_assigned().with_one_id, lived.settled().with_one_id) == (0, 1)
    assert lived.settled().bcubed.f == 1.0
