"""A seed comes in; a world of turning themes is lived through with the real discovery, and whether ids stayed with their themes goes out.

    uv run python -m evals.drift [--nights 90] [--seeds 1 2 3] [--degrees 0 1 3 10] [--common 0.4] [--changes]

On night 10 a person renames one theme, merges two and hides one. What the columns mean: evals/drift_scores.py and evals/drift_world.py.
"""

import argparse
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from evals import drift_world, themed_nights
from evals.drift_scores import Agreement, agreement, main_ids
from evals.drift_world import NO_THEME, Event, Story, World
from evals.fakes import FakeEncoder
from tracker.cli.terminal import table
from tracker.settings import Settings
from tracker.store import derived, theme_edits
from tracker.store.database import open_archive
from tracker.themes.embed import Progress, Vectors

START = datetime(2026, 1, 5, 3, 0)  # any night
EDIT_NIGHT = 10
NEW_NAME = "A name that a person gave"
SILENT_DAYS = 45  # after which theme_events calls a theme ended
LATE = 10  # last nights in which an edit must still hold
HOLDS = 0.9  # share of a theme's late stories that must be under the id the edit left it


class StoredVectors:
    """Answers with the vectors the stories were made with; other texts (terms, names) by their words."""

    name = "drift-world@1"

    def __init__(self) -> None:
        self._known: dict[str, Vectors] = {}
        self._words = FakeEncoder()

    def learn(self, stories: Sequence[Story]) -> None:
        """Remember what titles and texts stand for."""
        self._known |= {text: story.vector for story in stories for text in (story.title, story.text)}

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:  # noqa: ARG002  # as the protocol has it
        """One unit row per text."""
        rows = self._words.encode(texts)
        for i, text in enumerate(texts):
            if text in self._known:
                rows[i] = self._known[text]
        return rows


@dataclass(frozen=True, slots=True)
class Placed:
    """A story after the last night: its true theme (NO_THEME: a stray), the id given on its own night, and the id it has in the end."""

    night: int
    theme: int
    then: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Lived:
    """A world and what discovery made of it. `changes` are (night, theme id, event, other id); `edits` say whether each still holds."""

    world: World
    stories: tuple[Placed, ...]
    changes: tuple[tuple[int, str, str, str | None], ...]
    ended: frozenset[str]
    is_edited: bool
    edits: Mapping[str, bool]
    refits: int
    seconds: float
    processor: float  # seconds, of both cores

    def as_assigned(self) -> Agreement:
        """Ids of the story's own night, against the true themes of that night."""
        return agreement([s.then for s in self.stories], self.classes())

    def settled(self) -> Agreement:
        """As assigned, without the stories of themes that night on their way into another or out of one."""
        kept = [
            (s.then, true)
            for s, true in zip(self.stories, self.classes(), strict=True)
            if s.theme == NO_THEME or not self.world.is_between(s.theme, s.night)
        ]
        return agreement([then for then, _ in kept], [true for _, true in kept])

    def at_the_end(self) -> Agreement:
        """Ids after the last night, against what the true themes became."""
        edited_away, kept = self.world.edited[1:3]
        finals = [self.world.became(s.theme) if s.theme >= 0 else None for s in self.stories]
        return agreement(
            [s.now for s in self.stories], [kept if true == edited_away and self.is_edited else true for true in finals]
        )

    def classes(self) -> list[int | None]:
        """Each story's true theme on its own night; what a person merged is one from the next night on."""
        edited_away, kept = self.world.edited[1:3]
        moved = {(edited_away, True): kept} if self.is_edited else {}
        return [None if s.theme == NO_THEME else moved.get((s.theme, s.night > EDIT_NIGHT), s.theme) for s in self.stories]


def live(world: World, settings: Settings | None = None) -> Lived:
    """Night by night into an archive in memory; about two minutes for 90 nights."""
    settings, encoder, archive = settings or Settings(outlets=(), themes=()), StoredVectors(), open_archive(None)
    started, spent = time.perf_counter(), time.process_time()
    truth: dict[str, tuple[int, int]] = {}
    then: dict[str, str] = {}
    edited: dict[str, str] = {}
    for night, stories in enumerate(world.stories()):
        now = START + timedelta(days=night + 1)
        encoder.learn(stories)
        articles = [
            themed_nights.article(f"https://example.com/{night}/{i}", story.title, story.text, now - timedelta(hours=15))
            for i, story in enumerate(stories)
        ]
        truth |= {one.article_id: (night, story.theme) for one, story in zip(articles, stories, strict=True)}
        themed_nights.night(archive, settings, themed_nights.run_at(now), articles, encoder)
        found = {m.article_id: m.theme_id for m in themed_nights.members(archive)}
        then |= {one.article_id: found[one.article_id] for one in articles if one.article_id in found}
        if night == EDIT_NIGHT:
            edited = _edit(archive, world, now, main_ids([then.get(a) for a in truth], [theme for _, theme in truth.values()]))
    end = {m.article_id: m.theme_id for m in themed_nights.members(archive)}
    placed = tuple(Placed(night, theme, then.get(name), end.get(name)) for name, (night, theme) in truth.items())
    last = START + timedelta(days=world.nights)
    themed_nights.count(archive, themed_nights.run_at(last + timedelta(hours=1)), START.date(), (last - timedelta(days=1)).date())
    night_of = {themed_nights.run_at(START + timedelta(days=n + 1)).run_id: n for n in range(world.nights)}
    changes = tuple((night_of[c.run_id], c.theme_id, c.event, c.other) for c in themed_nights.changes(archive))
    ended = frozenset(theme for theme, _, _, event, _ in themed_nights.events(archive) if event == "ended")
    edits = _kept(archive, world, edited, placed)
    refits, seconds, processor = len(themed_nights.fits(archive)), time.perf_counter() - started, time.process_time() - spent
    archive.close()
    return Lived(world, placed, changes, ended, bool(edited), edits, refits, seconds, processor)


def _edit(archive: duckdb.DuckDBPyConnection, world: World, at: datetime, ids: Mapping[int, str]) -> dict[str, str]:
    """Rename, merge and hide; returns the ids of the edited themes by role. A theme that has no id yet cannot be edited."""
    of = dict(zip(("renamed", "gone", "kept", "hidden"), (ids.get(theme, "") for theme in world.edited), strict=True))
    if "" in of.values() or len(set(of.values())) < len(of):
        return {}
    themes = {role: theme_edits.find(archive, theme_id).theme for role, theme_id in of.items()}
    theme_edits.rename(archive, themes["renamed"], NEW_NAME, "person", at)
    theme_edits.merge(archive, themes["gone"], themes["kept"], "person", at)
    theme_edits.hide(archive, themes["hidden"], hidden=True, by="person", at=at)
    return of


def _kept(archive: duckdb.DuckDBPyConnection, world: World, ids: Mapping[str, str], placed: Sequence[Placed]) -> dict[str, bool]:
    """Whether each edit holds on the last night: in the theme's row, and for nearly all of its late stories."""
    if not ids:
        return dict.fromkeys(("rename", "merge", "hide"), False)
    stored = {s.theme.theme_id: s for s in derived.themes(archive)}
    renamed, gone, kept, hidden = (stored[ids[role]] for role in ("renamed", "gone", "kept", "hidden"))

    def holds(theme: int, theme_id: str) -> bool:
        late = [s.then for s in placed if s.theme == theme and s.night >= max(EDIT_NIGHT + 1, world.nights - LATE)]
        return sum(found == theme_id for found in late) >= HOLDS * len(late)

    one, two, three, four = world.edited
    return {
        "rename": renamed.theme.name == NEW_NAME and holds(one, ids["renamed"]),
        "merge": gone.merged_into == kept.theme.theme_id and holds(two, ids["kept"]) and holds(three, ids["kept"]),
        "hide": hidden.status == "hidden" and holds(four, ids["hidden"]),
    }


def delays(lived: Lived, kind: str) -> list[int | None]:
    """For each birth, split or merge the nights until it was found; None: it never was.

    A birth is found on the first night on which at least half of the theme's stories get, that very night, the id most of its stories have;
    a split likewise, for the new side. A merge is found when discovery records it, in either direction.
    """
    ids = main_ids([s.then for s in lived.stories], lived.classes())
    events = [event for event in lived.world.events if event.kind == kind]
    return [
        _merge_delay(lived, event, ids) if kind == "merged" else _birth_delay(lived, event, ids.get(event.theme))
        for event in events
    ]


def recorded(lived: Lived, kind: str) -> tuple[int, int]:
    """(true merges or splits that discovery recorded as such, those it recorded that are none of them)."""
    ids = main_ids([s.then for s in lived.stories], lived.classes())
    true = {frozenset((ids.get(e.theme), ids.get(e.other))) for e in lived.world.events if e.kind == kind}
    found = [frozenset((theme, other)) for _, theme, event, other in lived.changes if event == kind]
    return len(true & set(found)), sum(pair not in true for pair in found)


def _birth_delay(lived: Lived, event: Event, theme_id: str | None) -> int | None:
    for night in range(event.night, lived.world.nights):
        then = [s.then for s in lived.stories if s.theme == event.theme and s.night == night]
        if then and 2 * sum(found == theme_id for found in then if found is not None) >= len(then):
            return night - event.night
    return None


def _merge_delay(lived: Lived, event: Event, ids: Mapping[int, str]) -> int | None:
    pair = {ids.get(event.theme), ids.get(event.other)}
    return next(
        (night - event.night for night, theme, what, other in lived.changes if what == "merged" and {theme, other} == pair), None
    )


def rows(lived: Lived) -> list[tuple[str, str]]:
    """(measure, what was found) for a reader."""
    then, end, world = lived.as_assigned(), lived.at_the_end(), lived.world
    ids = main_ids([s.then for s in lived.stories], lived.classes())
    died = [e for e in world.events if e.kind == "died"]
    after = [
        sum(s.then == ids.get(e.theme, "") for s in lived.stories if s.night >= e.night and s.theme != e.theme) for e in died
    ]
    due = {ids.get(e.theme) for e in died if e.night < world.nights - SILENT_DAYS}
    living = {ids.get(theme) for theme in world.living(world.nights - 1)}
    found = [
        (f"{reading}, {name}", text)
        for reading, a in (
            ("as assigned", then),
            ("but for nights of merging and splitting", lived.settled()),
            ("at the end", end),
        )
        for name, text in _agreed(a)
    ]
    merged, split = recorded(lived, "merged"), recorded(lived, "split")
    return [
        ("stories", f"{len(lived.stories)} of {len(world.themes)} themes, {len(ids)} found"),
        ("refits", f"{lived.refits}; in all {lived.seconds:.0f} s, {lived.processor:.0f} s of processor"),
        *found,
        ("births, nights until found", _told(delays(lived, "born"))),
        ("splits, nights until found", f"{_told(delays(lived, 'split'))}; recorded as splits {split[0]}, others recorded {split[1]}"),
        ("merges, nights until recorded", f"{_told(delays(lived, 'merged'))}; others recorded {merged[1]}"),
        ("deaths", f"{len(died)}; stories of others later under their ids {sum(after)}"),
        ("called ended", f"{len(due & lived.ended)} of {len(due)} that fell silent in time, {len(living & lived.ended)} of {len(living)} living"),
        ("edits of night 10 hold", ", ".join(f"{name} {'yes' if held else 'NO'}" for name, held in lived.edits.items())),
    ]  # fmt: skip


def _agreed(found: Agreement) -> list[tuple[str, str]]:
    b, several = found.bcubed, {true: n for true, n in found.ids.items() if n != 1}
    return [
        ("B-cubed F (bar 0.95)", f"{b.f:.3f} (precision {b.precision:.3f}, recall {b.recall:.3f})"),
        ("themes with one id", f"{found.with_one_id} of {len(found.ids)}{f'; ids of the others: {several}' if several else ''}"),
        (
            "stories under the main id",
            f"{found.main_share:.1%}; without id {found.unassigned:.1%}; strays with one {found.strays_placed:.1%}",
        ),
        ("ids that join two themes", str(len(found.joined))),
    ]


def told_changes(lived: Lived) -> list[tuple[int, str, str, str]]:
    """(night, event, theme, other) of what discovery recorded; each id told by the true theme most of its stories are of, and their nights."""

    def told(theme_id: str | None) -> str:
        mine = [s for s in lived.stories if theme_id is not None and theme_id in (s.then, s.now)]
        if not mine:
            return "" if theme_id is None else "without stories"
        ((true, count),) = Counter(s.theme for s in mine).most_common(1)
        return f"true {true}, {count} of {len(mine)} stories, nights {min(s.night for s in mine)}-{max(s.night for s in mine)}"

    return [(night, event, told(theme), told(other)) for night, theme, event, other in lived.changes]


def _told(found: Sequence[int | None]) -> str:
    return " ".join("never" if nights is None else str(nights) for nights in found) or "none"


def main() -> None:
    """Live through each world and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=90)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--degrees", type=float, nargs="+", default=[10.0])
    parser.add_argument("--common", type=float, default=0.0, help="what all themes share; tldr_2025: 0.4")
    parser.add_argument("--changes", action="store_true", help="list what discovery recorded, told by true themes")
    args = parser.parse_args()
    for degrees in args.degrees:
        for seed in args.seeds:
            lived = live(drift_world.invent(seed, args.nights, degrees, args.common))
            print(f"\n{degrees:g} degrees a night, seed {seed}", flush=True)
            table(("measure", "found"), rows(lived), as_json=False)
            if args.changes:
                table(("night", "event", "theme", "other theme"), told_changes(lived), as_json=False)


if __name__ == "__main__":
    main()
