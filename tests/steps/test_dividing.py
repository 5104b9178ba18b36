"""A theme is divided where its stories differ, or by a phrase; both parts, and every other edit, hold on all later nights."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from evals.fakes import FakeEncoder, FakeJudge
from tests import builders, night
from tests.builders import FIXED_NOW
from tests.test_pipeline import QUAY, settings
from tracker import pipeline
from tracker.errors import StoreError
from tracker.records import Article, Run, Theme, short_id
from tracker.settings import FetchSettings, Settings, ThemeEntry, ThemeSettings
from tracker.steps import dividing
from tracker.store import derived, exchange, observed, theme_edits
from tracker.store.database import open_archive

WHO, DAYS, NIGHTS = "Jo Amsel", timedelta(days=1), 32
SUBJECTS = {
    "batteries": "lithium storage battery grid megawatt utility power electricity turbine voltage".split(),
    "ransom": "hospital ransomware attackers encrypted patients ransom servers clinic malware nurses".split(),
    "glasses": "smart glasses lens display wearable camera frames optics headset vision".split(),
    "rockets": "rocket booster orbit payload astronauts launchpad engine stage satellite reentry".split(),
    "bread": "bakery sourdough flour oven crust wheat baker loaf yeast kneading".split(),
    "football": "striker goalkeeper penalty referee stadium league midfielder trophy coach derby".split(),
}
NEAR = {"rye": [*SUBJECTS["bread"][3:], "pumpernickel", "caraway", "crispbread"]}  # so much like bread that they join its theme
EACH = 10  # stories of a subject before the first night


def on(subject: str, numbers: Sequence[int], published_at: datetime = FIXED_NOW - DAYS) -> list[Article]:
    """Numbered articles on a subject, each with its words in an order of its own."""
    found = []
    for number in numbers:
        shuffled = random.Random(f"{subject}{number}")
        turned = [" ".join(shuffled.sample((SUBJECTS | NEAR)[subject], 6)) for _ in range(6)]
        url = f"https://example.com/{subject}/{number}"
        text = "\n".join(f"The {line} remained important to region{number} and county{number} yesterday." for line in turned)
        title = f"{subject} {' '.join(turned[0].split()[:3])} region{number}"
        found.append(builders.article(article_id=short_id(url), url=url, title=title, text=text, published_at=published_at))
    return found


def rules(*more: ThemeEntry) -> Settings:
    return settings(None, FetchSettings(), QUAY, *more, discovery=ThemeSettings(min_articles_to_discover=48, subject_similarity=0.1))


class Archive:
    """An archive, and the nights it lives through."""

    def __init__(self) -> None:
        self.connection = open_archive(None)
        self.nights = 0

    def night(self, articles: Sequence[Article], chosen: Settings, *, refit: bool = False, everything: bool = False) -> None:
        """Articles come in and are analysed, as `tracker run` does it but for the web."""
        now = FIXED_NOW + self.nights * DAYS
        self.nights += 1
        run = Run(f"{now:%Y%m%dT%H%M%S}", now, "test", "test")
        observed.sync_outlets(self.connection, chosen.outlets, now)
        observed.start_run(self.connection, run, "run")
        observed.record_pages(self.connection, run, [observed.Finished(None, article) for article in articles])
        pipeline.analyse(self.connection, chosen, run, FakeEncoder(), FakeJudge(), night.quiet, refit, everything)
        observed.finish_run(self.connection, run, now, FakeEncoder.name, FakeJudge.name)

    def theme_of(self, subject: str) -> Theme:
        """The theme that most of a subject's first articles are in."""
        counted = self.connection.execute(
            "select theme_id from theme_members join articles using (article_id) where contains(url, ?) group by 1 order by count(*) desc, 1",
            (f"/{subject}/",),
        ).fetchall()
        return next(s.theme for s in derived.themes(self.connection) if s.theme.theme_id == counted[0][0])

    def subjects_in(self, theme: Theme) -> dict[str, int]:
        """How many articles on which subject a theme has."""
        return dict(
            self.connection.execute(
                "select split_part(url, '/', 4), count(*) from theme_members join articles using (article_id) where theme_id = ? group by 1",
                (theme.theme_id,),
            ).fetchall()
        )

    def split(self, theme: Theme, phrase: str | None = None) -> Theme:
        """As `tracker themes split` does."""
        now = FIXED_NOW + (self.nights - 1) * DAYS + timedelta(hours=2)
        division = dividing.propose(self.connection, rules().discovery, FakeEncoder(), theme_edits.find(self.connection, theme.slug), phrase)
        run = Run(f"{now:%Y%m%dT%H%M%S}", now, "test", "test")
        observed.start_run(self.connection, run, "analyse")
        return theme_edits.split(self.connection, run, theme, division.stays, division.parts, WHO, now)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six themes on as many subjects, and the curated one, after a first night."""
    archive = Archive()
    archive.night([article for subject in SUBJECTS for article in on(subject, range(EACH))], rules())
    folder = tmp_path_factory.mktemp("themes") / "export"
    exchange.export(archive.connection, folder)
    archive.connection.close()
    return folder


@pytest.fixture
def archive(exported: Path) -> Archive:
    """The same, to edit."""
    made = Archive()
    exchange.restore(made.connection, exported)
    made.nights = 1
    return made


def merged(archive: Archive, first: str, second: str) -> Theme:
    """A theme on two subjects: the first one's was merged into the second one's."""
    theme_edits.merge(archive.connection, archive.theme_of(first), into := archive.theme_of(second), WHO, FIXED_NOW)
    return into


def test_the_world_has_a_theme_for_each_subject(archive: Archive) -> None:
    assert [archive.subjects_in(archive.theme_of(subject)) for subject in SUBJECTS] == [{subject: EACH} for subject in SUBJECTS]


def test_a_theme_of_two_subjects_comes_apart_into_them(archive: Archive) -> None:
    archive.night(on("ransom", range(EACH, EACH + 6)), rules())
    theme = merged(archive, "bread", "ransom")
    new = archive.split(theme)
    assert archive.subjects_in(theme) == {"ransom": EACH + 6}
    assert archive.subjects_in(new) == {"bread": EACH}
    after = {s.theme.theme_id: s.theme for s in derived.themes(archive.connection)}
    kept = after[theme.theme_id]
    assert (kept.slug, kept.name, kept.claim) == (theme.slug, theme.name, theme.claim)
    assert set(new.name.lower().split()) & set(SUBJECTS["bread"])
    assert set(new.terms) <= {*SUBJECTS["bread"], "bread"} | {term for term in new.terms if " " in term}
    assert new.claim_from in {article.article_id for article in on("bread", range(EACH))}
    edits = archive.connection.execute("select made_by, verb, theme_id, argument from theme_edits where verb = 'split'").fetchall()
    assert edits == [(WHO, "split", theme.theme_id, new.theme_id)]

    archive.night([*on("ransom", [50]), *on("bread", [50])], rules())
    assert archive.subjects_in(theme) == {"ransom": EACH + 7}
    assert archive.subjects_in(new) == {"bread": EACH + 1}


def test_a_phrase_says_what_parts_even_if_that_is_the_larger_part(archive: Archive) -> None:
    archive.night(on("ransom", range(EACH, EACH + 6)), rules())
    theme = merged(archive, "bread", "ransom")
    new = archive.split(theme, "ransomware")
    assert (archive.subjects_in(theme), archive.subjects_in(new)) == ({"bread": EACH}, {"ransom": EACH + 6})


def test_proposing_changes_nothing_and_says_what_would_be(archive: Archive) -> None:
    theme = merged(archive, "bread", "ransom")
    before = archive.connection.execute("from themes order by theme_id").fetchall()
    found = dividing.propose(archive.connection, rules().discovery, FakeEncoder(), theme_edits.find(archive.connection, theme.slug), "Sourdough")
    assert found.saying is not None and 0 < found.saying <= EACH
    assert (found.stays.slug, len(found.stays.strengths), len(found.parts.strengths)) == (theme.slug, EACH, EACH)
    assert len(found.parts.titles) == 3 and all(title.startswith("bread") for title in found.parts.titles)
    assert archive.connection.execute("from themes order by theme_id").fetchall() == before


def test_what_cannot_be_divided_is_refused_with_what_to_do_instead(archive: Archive) -> None:
    def refusal(slug: str, phrase: str | None = None) -> str:
        with pytest.raises(StoreError) as raised:
            dividing.propose(archive.connection, rules().discovery, FakeEncoder(), theme_edits.find(archive.connection, slug), phrase)
        return str(raised.value)

    bread, glasses = archive.theme_of("bread"), archive.theme_of("glasses")
    assert "add a second one to themes.yaml" in refusal(QUAY.slug)
    assert f"'{bread.slug}' has {EACH} stories, and two themes need 8 each" in refusal(bread.slug)
    archive.night(on("bread", range(EACH, EACH + 6)), rules())
    assert "say what shall part: --by PHRASE" in refusal(bread.slug)
    assert f"of '{bread.slug}' 0 stories say 'parliament' or are near to it" in refusal(bread.slug, "parliament")
    theme_edits.merge(archive.connection, glasses, bread, WHO, FIXED_NOW)
    assert f"was merged into '{bread.slug}'" in refusal(glasses.slug)


def test_every_edit_holds_for_a_month_of_nights_with_refits_and_through_export_and_restore(archive: Archive, tmp_path: Path) -> None:
    theme = {subject: archive.theme_of(subject) for subject in SUBJECTS}
    connection = archive.connection
    theme_edits.rename(connection, theme["batteries"], "Power in store", WHO, FIXED_NOW)
    theme_edits.hide(connection, theme["glasses"], True, WHO, FIXED_NOW)
    theme_edits.merge(connection, theme["rockets"], theme["football"], WHO, FIXED_NOW)
    theme_edits.merge(connection, theme["bread"], theme["ransom"], WHO, FIXED_NOW)
    parted = archive.split(theme["ransom"], "sourdough")
    edits = connection.execute("from theme_edits order by edit_id").fetchall()
    stories = dict.fromkeys(SUBJECTS, EACH)

    def check() -> None:
        stored = {s.theme.theme_id: s for s in derived.themes(archive.connection)}
        known = {subject: stored[found.theme_id] for subject, found in theme.items()}
        assert known["batteries"].theme.name == "Power in store"
        assert known["glasses"].status == "hidden"
        assert known["rockets"].merged_into == theme["football"].theme_id
        assert known["bread"].merged_into == parted.theme_id  # it went with the part it is nearer to
        assert [s.theme.slug for s in known.values()] == [found.slug for found in theme.values()]
        for subject in ("batteries", "glasses", "ransom"):
            assert archive.subjects_in(theme[subject]) == {subject: stories[subject]}
        assert archive.subjects_in(parted) == {"bread": stories["bread"]}
        assert archive.subjects_in(theme["football"]) == {subject: stories[subject] for subject in ("football", "rockets")}
        assert archive.connection.execute("from theme_edits order by edit_id").fetchall() == edits

    for number in range(NIGHTS):
        subject = list(SUBJECTS)[number % len(SUBJECTS)]
        archive.night(on(subject, [100 + number], FIXED_NOW + number * DAYS), rules(), refit=number % 10 == 9)
        stories[subject] += 1
        if number in (0, 9):
            check()
    check()

    archive.night([], rules(), everything=True)
    check()

    exchange.export(connection, tmp_path / "export")
    archive.connection = open_archive(None)
    exchange.restore(archive.connection, tmp_path / "export")
    archive.night([], rules(), refit=True)
    check()


def test_a_promoted_theme_stays_what_the_file_says_through_refits(archive: Archive) -> None:
    theme = archive.theme_of("football")
    theme_edits.promote(archive.connection, theme, WHO, FIXED_NOW)
    entry = ThemeEntry(slug=theme.slug, name="By hand", claim="The striker, the goalkeeper and the referee share a stadium.", aliases=("striker",))
    archive.night(on("football", range(EACH, EACH + 3)), rules(entry))
    archive.night([], rules(entry), refit=True)
    archive.night([], rules(entry), everything=True)
    after = theme_edits.find(archive.connection, theme.slug).theme
    assert (after.theme_id, after.name, after.kind, after.claim) == (theme.theme_id, "By hand", "curated", entry.claim)
    assert archive.subjects_in(theme) == {}
    ((articles,),) = archive.connection.execute("select count(*) from article_themes where theme_id = ?", [theme.theme_id]).fetchall()
    assert articles >= EACH  # the stand-in judge misses a few


def test_what_a_person_parted_stays_apart_where_discovery_may_see_one_cluster(archive: Archive) -> None:
    theme = archive.theme_of("bread")
    archive.night(on("rye", range(EACH)), rules())
    assert archive.subjects_in(theme) == {"bread": EACH, "rye": EACH}
    new = archive.split(theme, "caraway")
    apart = (archive.subjects_in(theme), archive.subjects_in(new))
    assert apart == ({"bread": EACH}, {"rye": EACH})
    archive.night([], rules(), refit=True)
    assert (archive.subjects_in(theme), archive.subjects_in(new)) == apart
    derived.forget_conclusions(archive.connection)  # as `analyse --all` does first: what no clustering finds again must not be forgotten
    placed = archive.connection.execute("select count(*) from theme_members where theme_id in (?, ?)", (theme.theme_id, new.theme_id))
    assert placed.fetchall() == [(2 * EACH,)]
    archive.night([], rules(), everything=True)
    assert (archive.subjects_in(theme), archive.subjects_in(new)) == apart
