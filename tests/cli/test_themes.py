"""tracker themes, as a person uses it: tables, edits, refusals; with the real models on two dozen short articles."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.builders import FIXED_NOW
from tests.cli import Answer, run
from tests.test_pipeline import store, subject_articles
from tracker.records import Run, Theme
from tracker.settings import read_themes
from tracker.store import derived, discovered, observed
from tracker.store.database import open_archive
from tracker.themes.embed import unit

FEEDS = "outlets:\n  - outlet: example.com\n    name: Example\n    kind: news\n    feeds: [http://example.com/feed]\n"
THEMES = """\
# what we follow
themes:
  - slug: night-quay   # the first
    name: Robots on the quay
    claim: Robot cranes shorten the wait of ships at the quay.
# at the end
"""
THINGS = Theme("0123456789abcdef", "things", "Things", "discovered", "Things remained important.", "nowhere", ("things", "important"))
SMALL = Theme("fedcba9876543210", "glasses", "Glasses", "discovered", "Glasses remained important to everyone.", "nowhere", ("glasses", "lens"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with feeds.yaml, themes.yaml and data: one theme on batteries and ransoms, one on glasses, one of the file without articles."""
    folder = tmp_path_factory.mktemp("themes")
    (folder / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    (folder / "themes.yaml").write_text(THEMES, encoding="utf-8")
    store(folder, subject_articles(0, 30))
    assert run("analyse", *files(folder)).code == 0
    archive = open_archive(folder / "archive.duckdb")
    night = Run("20261101T060000", FIXED_NOW, "test", "test")
    observed.start_run(archive, night, "run")
    encoder = archive.execute("select any_value(encoder) from article_vectors").fetchall()[0][0]
    for theme, subjects in ((THINGS, ("batteries", "ransom")), (SMALL, ("glasses",))):
        ids = [a.article_id for a in subject_articles(0, 30) if a.title.startswith(subjects)]
        ids, vectors = derived.article_vectors(archive, encoder, ids)
        derived.add_theme(archive, night, theme, unit(vectors.mean(axis=0)))
        strengths = vectors @ unit(np.asarray(vectors.mean(axis=0)))
        discovered.place(archive, night, {a: (theme.theme_id, float(s)) for a, s in zip(ids, strengths, strict=True)})
    archive.close()
    assert run("analyse", *files(folder)).code == 0
    assert run("publish", "--data", str(folder)).code == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """The same, to edit."""
    shutil.copytree(made, tmp_path / "data", symlinks=True)
    return tmp_path / "data"


def files(folder: Path) -> list[str]:
    return ["--data", str(folder), "--feeds", str(folder / "feeds.yaml"), "--themes", str(folder / "themes.yaml")]


def edit(folder: Path, *words: str) -> Answer:
    return run("themes", *words, *files(folder))


def look(folder: Path, *words: str) -> list[dict[str, object]]:
    answer = run("themes", *words, "--json", "--data", str(folder))
    assert answer.code == 0, answer.err
    found: list[dict[str, object]] = json.loads(answer.out)
    return found


def shown_passages(folder: Path, theme: str) -> list[str]:
    return [str(row["value"]) for row in look(folder, "show", theme) if str(row["what"]).startswith(("supports (", "opposes (", "neutral ("))]


def verbs(folder: Path) -> Sequence[tuple[str, str, str | None]]:
    archive = open_archive(folder / "archive.duckdb")
    found = archive.execute("select verb, theme_id, argument from theme_edits order by edit_id").fetchall()
    archive.close()
    return found


def test_the_list_shows_each_theme_once_within_a_hundred_columns(folder: Path) -> None:
    lines = run("themes", "list", "--data", str(folder)).out.splitlines()
    assert [line.split()[:4] for line in lines[1:]] == [
        ["things", "discovered", "active", "20"], ["glasses", "discovered", "active", "10"], ["night-quay", "curated", "active", "0"],
    ]  # fmt: skip
    assert max(map(len, lines)) <= 100
    first = look(folder, "list")[0]
    assert (first["slug"], first["name"], first["name_from"], first["claim"]) == ("things", "Things", "terms", "Things remained important.")
    assert (first["first_day"], first["last_day"], first["stories"]) == ("2026-10-31", "2026-10-31", 20)


def test_a_theme_is_shown_with_its_life_and_its_most_typical_stories(folder: Path) -> None:
    assert edit_only_data(folder, "rename", "glasses", "Things to wear").code == 0
    shown = {(row["what"], row["value"]) for row in look(folder, "show", "Things to wear")}
    assert ("name from", "person") in shown and ("2026-10-31", "born") in shown
    assert any(str(value).startswith("renamed 'Things to wear' (by ") for _, value in shown)
    assert len([value for what, value in shown if what == "typical story" and "glasses" in str(value)]) == 3
    unknown = run("themes", "show", "glas", "--data", str(folder))
    assert (unknown.code, unknown.err) == (1, "error: no theme 'glas'. Near: glasses.\n")


def test_lineage_lists_births_newest_first_and_from_a_day_on(folder: Path) -> None:
    rows = look(folder, "lineage")
    days = [str(row["day"]) for row in rows]
    assert days == sorted(days, reverse=True)
    assert {(row["event"], row["theme"], row["by"]) for row in rows} == {
        ("born", "things", "tracker"), ("born", "glasses", "tracker"), ("added", "night-quay", "tracker"),
    }  # fmt: skip
    assert look(folder, "lineage", "--since", days[0]) == [row for row in rows if row["day"] == days[0]]
    wrong = run("themes", "lineage", "--since", "soon", "--data", str(folder))
    assert (wrong.code, wrong.out) == (1, "") and "neither a day" in wrong.err


def test_a_dry_run_of_a_split_shows_both_parts_and_changes_nothing(folder: Path) -> None:
    answer = edit(folder, "split", "things", "--dry-run", "--json")
    assert answer.code == 0, answer.err
    stays, parts = json.loads(answer.out)
    assert (stays["slug"], stays["stories"], parts["stories"]) == ("things", 10, 10)
    kinds = [{headline.split()[0] for headline in part["headlines"]} for part in (stays, parts)]
    assert sorted(kinds, key=str) == [{"batteries"}, {"ransom"}]
    assert "nothing was changed" in answer.err
    assert verbs(folder) == []


def test_a_split_by_a_phrase_and_the_merge_that_undoes_it(folder: Path) -> None:
    answer = edit(folder, "split", "things", "--by", "ransomware")
    assert answer.code == 0, answer.err
    assert "of its stories say 'ransomware'" in answer.err
    listed = {row["slug"]: row for row in look(folder, "list")}
    (new,) = set(listed) - {"things", "glasses", "night-quay"}
    assert (listed["things"]["stories"], listed[new]["stories"], listed[new]["kind"]) == (10, 10, "discovered")
    assert f"'{new}' is a theme of its own now" in answer.err

    assert edit(folder, "merge", new, "things").code == 0
    listed = {row["slug"]: row for row in look(folder, "list", "--all")}
    assert (listed["things"]["stories"], listed[new]["state"], listed[new]["merged_into"]) == (20, "merged", "things")
    assert new not in {row["slug"] for row in look(folder, "list")}
    assert edit(folder, "merge", new, "--undo").code == 0
    assert {row["slug"]: row["stories"] for row in look(folder, "list")}[new] == 10
    assert [verb for verb, *_ in verbs(folder)] == ["split", "merge", "unmerge"]
    told = [(row["event"], row["other"]) for row in look(folder, "lineage") if row["theme"] == new]
    assert told == [("unmerged", "things"), ("merged", "things"), ("split", "things")]


def write_slug(folder: Path, slug: str) -> None:
    """Into themes.yaml, as a person would; on what no article says."""
    listing = (folder / "themes.yaml").read_text(encoding="utf-8")
    entry = f"  - slug: {slug}\n    name: Mine, {slug}\n    claim: Bakers get up before the sun on every weekday.\n"
    (folder / "themes.yaml").write_text(listing + entry, encoding="utf-8")


def done(folder: Path) -> list[object]:
    """Every run, every poll of a feed and every edit."""
    archive = open_archive(folder / "archive.duckdb")
    tables = ("runs", "feed_fetches", "theme_edits")
    found: list[object] = [archive.execute(f"select * from {table} order by all").fetchall() for table in tables]
    archive.close()
    return found


def test_while_the_file_lists_a_theme_that_was_merged_away_nothing_is_begun_but_its_return(folder: Path) -> None:
    assert edit(folder, "merge", "glasses", "things").code == 0
    write_slug(folder, "glasses")
    (folder / "in.jsonl").write_text('{"text": "Glasses."}\n', encoding="utf-8")
    assign = ("assign", "--in", str(folder / "in.jsonl"), "--out", str(folder / "out.jsonl"))
    edits = (("merge", "things", "night-quay"), ("split", "things"), ("promote", "things"))
    before, listing = done(folder), (folder / "themes.yaml").read_text(encoding="utf-8")
    for words in (("run",), ("crawl",), ("analyse",), assign, *(("themes", *one) for one in edits)):
        answer = run(*words, *files(folder))
        assert (answer.code, answer.err.count("`tracker themes merge glasses --undo`")) == (1, 1), answer.err
    assert done(folder) == before
    assert (folder / "themes.yaml").read_text(encoding="utf-8") == listing and not (folder / "out.jsonl").exists()

    back = edit(folder, "merge", "glasses", "--undo")
    assert (back.code, back.err.splitlines()[-1]) == (0, "'glasses' is back")  # without the stories: what belongs to it its claim says now
    listed = {row["slug"]: (row["kind"], row["state"], row["stories"]) for row in look(folder, "list")}
    assert listed["glasses"] == ("curated", "active", 0)


def test_a_hidden_theme_whose_slug_is_written_into_the_file_is_told_of_once(folder: Path) -> None:
    assert edit_only_data(folder, "hide", "glasses").code == 0
    write_slug(folder, "glasses")
    told = [run("analyse", *files(folder)) for _ in range(2)]
    assert [answer.code for answer in told] == [0, 0]
    assert ["`tracker themes hide glasses --undo`" in answer.err for answer in told] == [True, False]


def test_a_theme_is_promoted_with_what_the_archive_holds_though_nothing_is_published(folder: Path) -> None:
    shown = shown_passages(folder, "glasses")
    (folder / "tracker.duckdb").unlink()
    shutil.rmtree(folder / "published", ignore_errors=True)
    assert run("themes", "list", "--data", str(folder)).code == 1
    answer = edit(folder, "promote", "glasses")
    assert answer.code == 0, answer.err
    entry = read_themes(folder / "themes.yaml").themes[-1]
    assert entry.supports and set(entry.supports) | set(entry.opposes) <= set(shown)


def test_a_claim_is_not_shown_as_evidence_of_itself(folder: Path) -> None:
    first, *others = shown_passages(folder, "glasses")
    archive = open_archive(folder / "archive.duckdb")
    archive.execute("update themes set claim = ? where theme_id = ?", (f"{first} ", SMALL.theme_id))
    archive.close()
    assert run("publish", "--data", str(folder)).code == 0
    shown = shown_passages(folder, "glasses")
    assert first not in shown and set(others) <= set(shown)


def test_a_curated_theme_that_the_file_no_longer_lists_can_be_merged_away_and_brought_back(folder: Path) -> None:
    listing = (folder / "themes.yaml").read_text(encoding="utf-8")
    (folder / "themes.yaml").write_text(listing.replace("night-quay", "day-quay").replace("Robots on", "Robots by day on"), encoding="utf-8")
    assert edit(folder, "merge", "night-quay", "things").code == 0
    listed = {row["slug"]: row for row in look(folder, "list", "--all")}
    assert (listed["night-quay"]["state"], listed["night-quay"]["merged_into"], listed["things"]["stories"]) == ("merged", "things", 20)
    (folder / "themes.yaml").write_text(listing, encoding="utf-8")
    back = edit(folder, "merge", "night-quay", "--undo")
    assert (back.code, back.err.splitlines()[-1]) == (0, "'night-quay' is back")
    assert {row["slug"]: row["state"] for row in look(folder, "list")}["night-quay"] == "active"


def test_a_promoted_theme_stands_in_the_file_with_its_comments_kept(folder: Path) -> None:
    shown = shown_passages(folder, "glasses")
    answer = edit(folder, "promote", "glasses")
    assert answer.code == 0, answer.err
    written = (folder / "themes.yaml").read_text(encoding="utf-8")
    assert all(comment in written for comment in ("# what we follow", "# the first", "# at the end"))
    entry = read_themes(folder / "themes.yaml").themes[-1]
    assert (entry.slug, entry.name, entry.claim, entry.aliases) == ("glasses", SMALL.name, SMALL.claim, SMALL.terms)
    assert [*entry.supports, *entry.opposes] == [passage for passage in shown if passage in (*entry.supports, *entry.opposes)]
    assert entry.supports and len(entry.supports) <= 3 and len(entry.opposes) <= 3
    listed = {row["slug"]: row for row in look(folder, "list")}
    assert (listed["glasses"]["theme_id"], listed["glasses"]["kind"], listed["glasses"]["name_from"]) == (SMALL.theme_id, "curated", "yaml")
    again = edit(folder, "promote", "glasses")
    assert again.code == 1 and "'glasses' is a curated theme already: edit it in themes.yaml, or write its slug there again" in again.err


@pytest.mark.parametrize(
    ("themes", "said"),
    [
        (f"{THEMES}  - slug: glasses\n    name: Mine\n    claim: Glasses are worn by many.\n", "'glasses' stands there already"),
        ("themes: # none yet\n  []\n", "cannot be edited by program"),
        (None, "no such file"),
    ],
)
def test_nothing_is_promoted_if_the_file_cannot_take_it(folder: Path, themes: str | None, said: str) -> None:
    path = folder / "themes.yaml"
    path.unlink() if themes is None else path.write_text(themes, encoding="utf-8")
    answer = edit(folder, "promote", "glasses")
    assert answer.code == 1 and answer.err.count("\n") == 1 and said in answer.err
    assert verbs(folder) == []
    assert themes is None or path.read_text(encoding="utf-8") == themes


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("split", "night-quay"), 1, "add a second one to themes.yaml"),
        (("split", "glasses"), 1, "has 10 stories, and two themes need 8 each"),
        (("merge", "night-quay", "things"), 1, "remove it there"),
        (("merge", "things", "--undo"), 1, "nothing to undo"),
        (("merge", "night-quay", "--undo"), 1, "nothing to undo"),
        (("merge", "things"), 2, "or say --undo"),
        (("merge", "things", "glasses", "--undo"), 2, "or say --undo"),
        (("split", "nothing"), 1, "tracker themes list"),
    ],
)
def test_a_refusal_says_what_to_do_and_changes_nothing(folder: Path, words: tuple[str, ...], code: int, said: str) -> None:
    answer = edit(folder, *words)
    assert (answer.code, answer.out) == (code, "") and said in answer.err
    assert verbs(folder) == []
    archive = open_archive(folder / "archive.duckdb")
    unfinished = archive.execute("select command from runs where finished_at is null and started_at > ?", (FIXED_NOW,)).fetchall()
    archive.close()
    assert unfinished == []


def edit_only_data(folder: Path, *words: str) -> Answer:
    """An edit that needs no analysis, and so neither file."""
    return run("themes", *words, "--data", str(folder))


def test_a_hidden_theme_is_marked_until_it_is_shown_again(folder: Path) -> None:
    assert edit_only_data(folder, "hide", "glasses").code == 0
    assert {row["slug"]: row["status"] for row in look(folder, "list")}["glasses"] == "hidden"
    assert edit_only_data(folder, "hide", "glasses", "--undo").code == 0
    assert {row["slug"]: row["status"] for row in look(folder, "list")}["glasses"] == "active"
