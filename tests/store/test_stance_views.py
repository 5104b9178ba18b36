"""What a judge's answers become for readers: sides, voices, speakers, abstentions, its own errors and its changes."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from evals.fakes import FakeEncoder
from tests import builders
from tests.builders import FIXED_NOW
from tests.test_pipeline import QUAY, settings
from tracker import pipeline
from tracker.errors import StoreError
from tracker.records import Mention, Passage, Run, Stance, Theme, Voice
from tracker.settings import FetchSettings
from tracker.stance import evidence
from tracker.stance.scores import Score, Scores
from tracker.steps import measuring
from tracker.store import derived, observed
from tracker.store.database import open_archive
from tracker.store.public import Published
from tracker.store.publish import publish

CHOSEN = settings(None, FetchSettings(), QUAY)
RUN = Run("20261101T060000", FIXED_NOW, "test", "test")
THEME = Theme("t0", "quay", "Robots on the quay", "curated", QUAY.claim, "yaml", ())
FOR, AGAINST, EVEN, UNSURE = Stance(0.9, 0.04, 0.04, 0.02), Stance(0.04, 0.9, 0.04, 0.02), Stance(0.05, 0.05, 0.8, 0.1), Stance(0.4, 0.3, 0.2, 0.1)
SCORES = Scores(
    judge="some-judge@2",
    rows=(Score(set="dev", theme="all", measure="macro_f1", value=0.6, low=0.55, high=0.65, rows=406),),
    confusion={
        "supports": {"supports": 40, "opposes": 6, "neutral": 10, "unrelated": 16},
        "opposes": {"supports": 6, "opposes": 30, "neutral": 14, "unrelated": 9},
        "neutral": {"supports": 12, "opposes": 9, "neutral": 100, "unrelated": 20},
        "unrelated": {"neutral": 30, "unrelated": 100},
    },
)

Said = tuple[Stance, Voice, str | None]
OWN: Said = (FOR, "outlet", None)


class World:
    """An archive with one theme, filled article by article."""

    def __init__(self) -> None:
        self.archive = open_archive(None)
        self._mentions: list[Mention] = []
        self._articles = 0
        derived.add_theme(self.archive, RUN, THEME, None)

    def article(
        self, outlet: str, *said: Said, day: date = date(2026, 10, 20), story: str = "", texts: Sequence[str] = ()
    ) -> str:
        """An article whose passages are these; `story` makes it a copy of another, `texts` gives the passages that one's words."""
        name = f"a{self._articles:03d}"
        self._articles += 1
        at = datetime(day.year, day.month, day.day, 12, 0, self._articles % 60)
        article = builders.article(article_id=name, outlet=outlet, url=f"https://{outlet}/{name}", published_at=at)
        self.archive.execute(
            "insert into outlets select $o, $o, 'news', 2, null, $at where not exists (from outlets where outlet = $o)",
            {"o": outlet, "at": FIXED_NOW},
        )
        observed.record_pages(self.archive, RUN, [observed.Finished(None, article)])
        derived.add_story_members(self.archive, RUN, [(name, story or name, b"")])
        of = texts or [f"{name} says {n}" for n in range(len(said))]
        passages = [Passage(name, n, text) for n, text in enumerate(of)]
        derived.add_passages(self.archive, RUN, passages)
        self._mentions += [
            Mention(p.passage_id, name, "t0", 1 - stance.unrelated, stance, voice, speaker, evidence.is_unsure(stance))
            for p, (stance, voice, speaker) in zip(passages, said, strict=True)
        ]
        return name

    def published(self, data: Path, scores: Scores | None = None) -> Published:
        """Sum up, measure and publish, as the pipeline does."""
        by_article = {m.article_id: [x for x in self._mentions if x.article_id == m.article_id] for m in self._mentions}
        summaries: list[derived.Summary] = [
            (name, 0.9, len(of), *(evidence.of_article(of) or (None, None, None)), sum(m.is_unsure for m in of)) for name, of in by_article.items()
        ]
        labels = [evidence.decide(m.stance) for m in self._mentions]
        derived.replace_mentions(self.archive, RUN, [derived.ThemeMentions("t0", None, self._mentions, labels, summaries)])
        measuring.measure(self.archive, CHOSEN, RUN, scores)
        return Published(publish(self.archive, data, RUN.run_id).path)


@pytest.fixture
def world() -> World:
    return World()


def rows(published: Published, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(published.path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_an_article_the_judge_is_unsure_of_is_coverage_and_on_no_side(world: World, tmp_path: Path) -> None:
    for outlet in ("b.example", "c.example", "d.example", "e.example", "f.example"):
        world.article(outlet, OWN)
    unsure = world.article("g.example", (UNSURE, "outlet", None), (UNSURE, "outlet", None))
    both = world.article("h.example", (UNSURE, "outlet", None), (AGAINST, "outlet", None))
    published = world.published(tmp_path)

    of_article = "select stance, net_stance, confidence, passages, unsure from article_themes where article_id = '{}'"
    assert rows(published, of_article.format(unsure)) == [(None, None, None, 2, 2)]
    ((stance, net, _, passages, left_out),) = rows(published, of_article.format(both))
    assert (stance, passages, left_out) == ("opposes", 2, 1)
    assert net == pytest.approx(-0.86 / 0.98)
    assert rows(published, "select count(*) from mentions where is_unsure") == [(3,)]
    of_day = "select supports, opposes, neutral, unsure, net, stories_28d, outlets_28d from stance_daily"
    assert rows(published, of_day) == [(5, 1, 0, 1, 4 / 6, 6, 6)]
    assert rows(published, "select sum(stories), sum(unsure), sum(supports + opposes + neutral) from theme_outlet_daily") == [(7, 1, 6)]
    assert rows(published, "select stories, unsure, net, low from outlet_stance where outlet = 'g.example'") == [(1, 1, None, None)]
    assert rows(published, "select stories from volume_daily where stories > 0") == [(7,)]
    published.close()


def test_a_story_follows_the_member_that_takes_a_side(world: World, tmp_path: Path) -> None:
    first = world.article("b.example", (UNSURE, "outlet", None))
    world.article("c.example", (AGAINST, "outlet", None), story=first)
    published = world.published(tmp_path)
    assert rows(published, "select outlet, stories, opposes, unsure from theme_outlet_daily") == [("b.example", 1, 1, 0)]
    published.close()


def test_unsure_passages_are_not_shown_as_evidence(world: World, tmp_path: Path) -> None:
    world.article("b.example", (Stance(0.48, 0.02, 0.1, 0.4), "outlet", None))
    world.article("c.example", OWN)
    published = world.published(tmp_path)
    shown = published.evidence("t0", "supports", date(2026, 10, 1), date(2026, 10, 31), ("b.example", "c.example"), 1, 9)
    assert shown["outlet"].tolist() == ["c.example"]
    published.close()


def test_outlets_and_those_they_quote_are_kept_apart_by_month(world: World, tmp_path: Path) -> None:
    for outlet in ("b.example", "c.example", "d.example", "e.example", "f.example"):
        world.article(outlet, OWN, (AGAINST, "quoted", "Ilse Barendt"))
    world.article("g.example", (EVEN, "outlet", None), (UNSURE, "outlet", None))
    world.article("b.example", (EVEN, "quoted", None), day=date(2026, 9, 30))
    published = world.published(tmp_path)

    found = rows(published, "select month, voice, mentions, supports, opposes, neutral, unsure, round(net, 3), low is null from voice_stance")
    assert found == [
        (date(2026, 9, 1), "quoted", 1, 0, 0, 1, 0, 0.0, True),  # one outlet: no interval
        (date(2026, 10, 1), "outlet", 7, 5, 0, 1, 1, 0.833, False),
        (date(2026, 10, 1), "quoted", 5, 0, 5, 0, 0, -1.0, False),
    ]
    assert rows(published, "select bool_and(low <= net and net <= high) from voice_stance where low is not null") == [(True,)]
    published.close()


def test_a_quotation_that_copies_repeat_counts_once_for_the_outlet_that_had_it_first(world: World, tmp_path: Path) -> None:
    words = ["“We move boxes at night,” said Ilse Barendt."]
    wire = world.article("wire.example", (FOR, "quoted", "Ilse Barendt"), texts=words, day=date(2026, 10, 19))
    for outlet in ("b.example", "c.example"):
        world.article(outlet, (FOR, "quoted", "Ilse Barendt"), texts=words, story=wire)
    world.article("d.example", (UNSURE, "quoted", "Ilse Barendt"))
    world.article("d.example", (AGAINST, "quoted", "Tom Velde"))
    world.article("e.example", (AGAINST, "quoted", None), (AGAINST, "outlet", None))
    published = world.published(tmp_path)

    speakers = "select speaker, mentions, supports, opposes, neutral, unsure, outlets, round(share, 3), first_day, last_day from speakers"
    assert rows(published, speakers) == [
        ("Ilse Barendt", 2, 1, 0, 0, 1, 2, 0.667, date(2026, 10, 19), date(2026, 10, 20)),
        ("Tom Velde", 1, 0, 1, 0, 0, 1, 0.333, date(2026, 10, 20), date(2026, 10, 20)),
    ]
    assert rows(published, "select voice, sum(mentions) from voice_stance group by voice order by voice") == [("outlet", 1), ("quoted", 4)]
    spoken = published.mention_counts("t0", date(2026, 10, 1), date(2026, 10, 31), [f"{outlet}.example" for outlet in ("wire", *"bcde")])
    counts = ["mentions", "supports", "opposes", "neutral", "unsure"]  # the same counting for a selection
    in_view = rows(published, "select voice, mentions, supports, opposes, neutral, unsure from voice_stance order by voice")
    assert [tuple(row) for row in spoken.groupby("voice")[counts].sum().reset_index().to_numpy().tolist()] == in_view
    in_view = rows(published, "select speaker, outlets, mentions, supports, opposes, neutral, unsure from speakers order by speaker")
    by_speaker = spoken.groupby("speaker")[counts].sum().reset_index()
    by_speaker.insert(1, "outlets", spoken.groupby("speaker")["outlet"].nunique().to_numpy())
    assert [tuple(row) for row in by_speaker.to_numpy().tolist()] == in_view
    assert set(spoken["outlet"]) == {"wire.example", "d.example", "e.example"}  # b and c only repeat
    published.close()


def test_the_bands_hold_the_judges_errors_where_they_are_known(world: World, tmp_path: Path) -> None:
    for number in range(40):
        said: Said = (FOR if number % 4 else AGAINST, "outlet", None)
        world.article(f"{'bcdefgh'[number % 7]}.example", said)
    without, known = world.published(tmp_path / "without"), world.published(tmp_path / "known", SCORES)

    bands = """select view, net, low, high from (
                   select 1 as view, '' as outlet, net, low, high from stance_daily
                   union all select 2, '', net, low, high from voice_stance union all select 3, outlet, net, low, high from outlet_stance
               ) order by view, outlet"""
    assert len(rows(known, bands)) == 1 + 1 + 7
    for (_, net, low, high), (_, same, lower, higher) in zip(rows(without, bands), rows(known, bands), strict=True):
        assert net == same  # under 600 gold labels: as labelled
        assert lower < low or low == -1
        assert higher > high or high == 1
    for view in ("judge_scores", "judge_confusion", "label_error_draws"):
        assert rows(without, f"select count(*) from {view}") == [(0,)]
    assert rows(known, "select * from judge_scores") == [("some-judge@2", "dev", "all", "macro_f1", 0.6, 0.55, 0.65, 406)]
    assert rows(known, "select sum(passages) from judge_confusion where gold = 'opposes'") == [(59,)]
    draws = rows(known, "select count(distinct draw), min(draw), max(draw), count(*) from label_error_draws")
    assert draws == [(200, 0, 199, 1800)]
    assert rows(known, "select count(*) from (select sum(probability) as all_found from label_error_draws group by draw, gold) "
                "where abs(all_found - 1) < 1e-9") == [(600,)]  # fmt: skip
    without.close()
    known.close()


def test_a_change_of_judge_is_marked_and_a_failed_run_is_none(world: World, tmp_path: Path) -> None:
    for night, judge in enumerate(("one@1", "one@1", None, "two@1", "one@1")):
        run = Run(f"2026110{night + 1}T060000", FIXED_NOW + timedelta(days=night), "test", "test")
        observed.start_run(world.archive, run, "run")
        observed.finish_run(world.archive, run, run.started_at, None, judge)
    failed = Run("20261109T060000", FIXED_NOW + timedelta(days=8), "test", "test")
    observed.start_run(world.archive, failed, "run")
    published = world.published(tmp_path)
    assert rows(published, "select run_id, judge_before, judge, changed_at from judge_changes") == [
        ("20261104T060000", "one@1", "two@1", FIXED_NOW + timedelta(days=3)),
        ("20261105T060000", "two@1", "one@1", FIXED_NOW + timedelta(days=4)),
    ]
    assert published.judge_changes(date(2026, 11, 5), date(2026, 11, 30))["judge"].tolist() == ["one@1"]
    published.close()


def test_what_does_not_add_up_is_not_published(world: World, tmp_path: Path) -> None:
    world.article("b.example", OWN)
    world.published(tmp_path).close()
    world.archive.execute("update mentions set is_unsure = true")
    with pytest.raises(StoreError, match="0 of 1 unsure mentions"):
        publish(world.archive, tmp_path, "20261102T060000")
    world.archive.execute("update mentions set is_unsure = false")
    world.archive.execute("update article_themes set stance = 'unrelated'")
    with pytest.raises(StoreError, match="0 of 1 stories on a side"):
        publish(world.archive, tmp_path, "20261102T060000")


class HesitantJudge:
    """Sure of what is said of ships, of nothing else."""

    name = "hesitant@1"

    def knows(self, claim: str) -> bool:
        return False

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        """One stance for each (text, claim)."""
        return [AGAINST if "ships" in text else UNSURE for text, _ in pairs]


def test_the_pipeline_keeps_what_the_judge_is_unsure_of(tmp_path: Path) -> None:
    archive = open_archive(None)
    observed.sync_outlets(archive, CHOSEN.outlets, FIXED_NOW)
    whole, half = builders.PARAGRAPHS, builders.PARAGRAPHS[:2]
    told = [builders.article(article_id=f"{n:016d}", url=f"https://example.com/{n}", title=f"Report {n} on robotic cranes", text="\n".join(text))
            for n, text in enumerate((whole, (half[0].replace("Westmere", "Eastholm"), half[1].replace("ships", "barges"))))]  # fmt: skip
    observed.record_pages(archive, RUN, [observed.Finished(None, article) for article in told])
    observed.start_run(archive, RUN, "run")
    pipeline.analyse(archive, CHOSEN, RUN, FakeEncoder(), HesitantJudge(), lambda *_: None)
    published = Published(pipeline.publish_to(archive, tmp_path, RUN).path)

    assert rows(published, "select distinct is_unsure, contains(passage, 'ships') from mentions order by all") == [(False, True), (True, False)]
    assert rows(published, "select article_id, stance, passages > unsure from article_themes order by article_id") == [
        (told[0].article_id, "opposes", True),
        (told[1].article_id, None, False),
    ]
    published.close()
    archive.close()


def test_an_archive_from_before_abstention_opens_and_publishes(tmp_path: Path) -> None:
    path = tmp_path / "archive.duckdb"
    archive = open_archive(path)
    archive.execute("drop view story_mentions")
    for table, column in (("mentions", "is_unsure"), ("article_themes", "unsure"), ("stance_days", "unsure"), ("outlet_months", "unsure")):
        archive.execute(f"alter table {table} drop column {column}")
    for table in ("voice_months", "judge_scores", "judge_confusion", "label_error_draws"):
        archive.execute(f"drop table {table}")
    for column in ("stance", "net_stance", "confidence"):
        archive.execute(f"alter table article_themes alter column {column} set not null")
    archive.execute("insert into article_themes values ('r', 'a', 't0', 0.9, 1, 'supports', 0.9, 0.9)")
    archive.close()

    archive = open_archive(path)
    publish(archive, tmp_path, "20261102T060000")
    assert archive.execute("select stance, unsure from article_themes").fetchall() == [("supports", 0)]
    archive.execute("insert into article_themes values ('r', 'b', 't0', 0.9, 1, null, null, null, 1)")
    archive.close()
