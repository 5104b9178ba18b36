"""Real articles of 2025 come in, month by month as they were published; how many themes live on, and what a person needs to judge them, goes out.

    uv run python -m evals.theme_months --shared ../shared --cache DIR [--corpora aivibe_2025] [--by month] [--archive data/archive.duckdb]

The steps are those of a run without the judge (themed_nights.py). `--archive`, an archive that was judged, adds the curated themes by month.
For every lineage it prints headlines nearest to the theme and, since those flatter it, some drawn at random.
"""

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd

from evals import themed_nights
from evals.remembered import RememberedEncoder
from tracker.cli.terminal import table
from tracker.records import Article, Theme
from tracker.settings import Settings, read_themes
from tracker.store import derived
from tracker.store.database import open_archive

ROOT = Path(__file__).parents[1]
YEAR = 2025
EVENT_KINDS = ("born", "ended", "returned", "merged", "split")
WORDS = ("deepseek", "stargate", "gpt-5", "sutskever")  # January; January; August; late November 2025
LASTING = 3  # months in which a lineage to read has stories
HEADLINES = 3  # typical ones a quarter
DRAWN = 6  # at random of all
SHOWN = 3  # themes that hold most of a word's stories


@dataclass(frozen=True, slots=True)
class Story:
    """An article that begins a story: its month (first day), title and theme now, None if it has none; `strength` is its cosine to it."""

    month: pd.Period
    title: str
    theme_id: str | None
    strength: float


@dataclass(frozen=True, slots=True)
class Period:
    """What one run found: stories of its articles, how many had no theme then, and events recorded or dated in it."""

    name: str
    stories: int
    unassigned: int
    themes: int
    events: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Replay:
    """The archive's themes and stories after the last period; `turns` are (run, theme, "split" or "merged", other theme), by name."""

    periods: tuple[Period, ...]
    themes: Mapping[str, Theme]
    stories: tuple[Story, ...]
    turns: tuple[tuple[str, str, str, str], ...]


def read(files: Sequence[Path]) -> list[Article]:
    """The articles of Parquet files that were published in 2025, oldest first; an address counts once."""
    rows = (
        pd.concat([pd.read_parquet(file, columns=["url", "outlet", "title", "published", "text"]) for file in files])
        .fillna("")
        .astype(str)
    )
    rows["at"] = pd.to_datetime(rows["published"], utc=True, format="mixed").dt.tz_localize(None)
    rows = rows[(rows["at"].dt.year == YEAR) & (rows["title"] != "")].sort_values(["at", "url"]).drop_duplicates("url")
    return [
        themed_nights.article(url, title, text, at.to_pydatetime(), outlet)
        for url, title, text, at, outlet in zip(rows.url, rows.title, rows.text, rows["at"], rows.outlet, strict=True)
    ]


def ends(by: str) -> list[tuple[str, datetime]]:
    """Name and end of every period of the year."""
    days = pd.date_range(f"{YEAR}-01-01", f"{YEAR}-12-31")
    periods = sorted(set(days.to_period("M" if by == "month" else "W")))
    return [
        (str(p) if by == "month" else f"{p.start_time:%d %b}", (p.end_time + timedelta(microseconds=1)).to_pydatetime())
        for p in periods
    ]


def replay(
    articles: Sequence[Article], periods: Sequence[tuple[str, datetime]], settings: Settings, encoder: RememberedEncoder
) -> Replay:
    """Live through the periods, a run at the end of each."""
    archive, found, last = open_archive(None), [], datetime.min  # noqa: DTZ901  # naive UTC by contract
    for name, end in periods:
        new = [one for one in articles if one.published_at and last <= one.published_at < end]
        run = themed_nights.run_at(end + timedelta(hours=3))
        themed_nights.night(archive, settings, run, new, encoder)
        encoder.keep()
        placed = {m.article_id: m.theme_id for m in themed_nights.members(archive)}
        known = _stories(archive)
        firsts = [one.article_id for one in new if one.article_id in known]
        found.append((name, len(firsts), sum(i not in placed for i in firsts), len({placed[i] for i in firsts if i in placed})))
        last = end
    dated = [one.published_at.date() for one in articles if one.published_at]
    themed_nights.count(archive, themed_nights.run_at(last + timedelta(hours=4)), min(dated), max(dated))
    happened = _events(archive, periods)
    now, known = {m.article_id: m for m in themed_nights.members(archive)}, _stories(archive)
    stories = tuple(
        Story(
            pd.Period(one.published_at, "M"), one.title, member.theme_id if member else None, member.strength if member else 0.0
        )
        for one in articles
        if one.article_id in known
        for member in [now.get(one.article_id)]
    )
    stored = {s.theme.theme_id: s for s in derived.themes(archive) if s.theme.kind == "discovered"}
    turns = tuple(
        (change.run_id[:8], stored[change.theme_id].theme.name, change.event, stored[change.other].theme.name)
        for change in themed_nights.changes(archive)
        if change.other
    )
    archive.close()
    themes = {theme_id: s.theme for theme_id, s in stored.items() if s.status != "merged"}
    return Replay(tuple(Period(*counts, happened[counts[0]]) for counts in found), themes, stories, turns)


def _stories(archive: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in archive.execute("select distinct story_id from story_members").fetchall()}


def _events(archive: duckdb.DuckDBPyConnection, periods: Sequence[tuple[str, datetime]]) -> dict[str, Counter[str]]:
    """Period -> events; what discovery did falls to the run's period, silence and return to their day's."""
    found: dict[str, Counter[str]] = {name: Counter() for name, _ in periods}
    for _, recorded_at, day, event, _ in themed_nights.events(archive):
        at = datetime(day.year, day.month, day.day) if event in ("ended", "returned") else recorded_at - timedelta(hours=4)
        name = next((name for name, end in periods if at < end), None)
        if name and event in EVENT_KINDS:
            found[name][event] += 1
    return found


def lineages(found: Replay, how_many: int) -> list[str]:
    """Themes to read: of those with stories in at least three months, the largest half and others evenly down the list."""
    months: dict[str, set[pd.Period]] = defaultdict(set)
    stories = Counter[str]()
    for story in found.stories:
        if story.theme_id and story.theme_id in found.themes:
            months[story.theme_id].add(story.month)
            stories[story.theme_id] += 1
    lasting = [theme for theme, _ in stories.most_common() if len(months[theme]) >= LASTING]
    largest, rest = lasting[: how_many // 2], lasting[how_many // 2 :]
    step = max(1, len(rest) // max(1, how_many - len(largest)))
    return largest + rest[::step][: how_many - len(largest)]


def series(stories: Sequence[Story]) -> str:
    """Stories a month, January to December."""
    by_month = Counter(story.month.month for story in stories)
    return " ".join(f"{by_month.get(month, 0):3d}" for month in range(1, 13))


def show_lineage(found: Replay, theme_id: str) -> None:
    """Name, terms, months and headlines of one theme."""
    theme = found.themes[theme_id]
    stories = [story for story in found.stories if story.theme_id == theme_id]
    print(
        f"\n## {theme.name} ({len(stories)} stories)\nterms: {', '.join(theme.terms[:8])}\nclaim: {theme.claim}\nJan..Dec: {series(stories)}"
    )
    for quarter in range(1, 5):
        of_quarter = [story for story in stories if story.month.quarter == quarter]
        for story in sorted(of_quarter, key=lambda s: -s.strength)[:HEADLINES]:
            print(f"  Q{quarter} {story.strength:.2f} {story.title}")
    for story in random.Random(theme_id).sample(stories, min(DRAWN, len(stories))):
        print(f"  drawn {story.month} {story.strength:.2f} {story.title}")


def show_word(found: Replay, word: str) -> None:
    """Where the stories are whose title says a word, and when those themes were loudest."""
    said = [story for story in found.stories if word in story.title.lower()]
    print(f"\n{word}: {len(said)} titles; Jan..Dec: {series(said)}; in no theme {sum(s.theme_id is None for s in said)}")
    for theme_id, count in Counter(s.theme_id for s in said if s.theme_id and s.theme_id in found.themes).most_common(SHOWN):
        stories = [story for story in found.stories if story.theme_id == theme_id]
        print(f"  {count:3d} in {found.themes[theme_id].name} ({len(stories)}); all its stories: {series(stories)}")


def show_curated(archive: Path) -> None:
    """Stories of the curated themes by month, from an archive that was judged."""
    with duckdb.connect(str(archive), read_only=True) as connection:
        rows = connection.execute(
            """
            select t.slug, month(a.published_at) as month, count(distinct m.story_id) as stories
            from article_themes x join themes t using (theme_id) join articles a using (article_id) join story_members m using (article_id)
            where t.kind = 'curated' and year(a.published_at) = ? group by all
            """,
            (YEAR,),
        ).fetchall()
    by_theme: dict[str, dict[int, int]] = defaultdict(dict)
    for slug, month, stories in rows:
        by_theme[slug][month] = stories
    table(
        ("curated theme", *range(1, 13)),
        [(slug, *(of.get(m, 0) for m in range(1, 13))) for slug, of in sorted(by_theme.items())],
        as_json=False,
    )


def main() -> None:
    """Replay the year and print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder for vectors; embedding both sets takes five minutes")
    parser.add_argument("--corpora", nargs="+", default=["aivibe_2025"], help="together they make one archive")
    parser.add_argument("--by", choices=("month", "week"), default="month")
    parser.add_argument("--words", nargs="+", default=WORDS)
    parser.add_argument("--lineages", type=int, default=10)
    parser.add_argument("--archive", type=Path)
    args = parser.parse_args()
    settings = Settings(outlets=(), themes=read_themes(ROOT / "themes.yaml").themes)
    articles = read([args.shared / f"corpora/news/{name}.parquet" for name in args.corpora])
    found = replay(articles, ends(args.by), settings, RememberedEncoder(args.cache / "vectors.npz"))
    print(f"{len(articles)} articles of {', '.join(args.corpora)}, {len(found.stories)} stories; {len(found.themes)} themes in the end, "
          f"{sum(s.theme_id is None for s in found.stories) / max(1, len(found.stories)):.1%} of stories in none")  # fmt: skip
    months = [
        (p.name, p.stories, f"{p.unassigned / max(1, p.stories):.0%}", p.themes, *(p.events.get(kind, 0) for kind in EVENT_KINDS))
        for p in found.periods
    ]
    table((args.by, "stories", "in no theme then", "themes with stories", *EVENT_KINDS), months, as_json=False)
    table(("run", "theme", "event", "other theme"), found.turns, as_json=False)
    for word in args.words:
        show_word(found, word)
    for theme_id in lineages(found, args.lineages):
        show_lineage(found, theme_id)
    if args.archive:
        show_curated(args.archive)


if __name__ == "__main__":
    main()
