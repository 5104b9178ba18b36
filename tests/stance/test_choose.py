"""The name after --judge says who takes sides; a mistake in it is told before anything is loaded, and no series mixes two judges."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from evals.fakes import FakeEncoder, FakeJudge
from tests import builders, cli
from tests.builders import FIXED_NOW
from tests.test_pipeline import DOCKERS, QUAY, paragraphs_of, read, settings, store
from tracker import pipeline
from tracker.errors import SettingsError
from tracker.records import Article, Run, Stance, short_id
from tracker.settings import FetchSettings
from tracker.stance import choose
from tracker.stance.judge import Judge, OnnxJudge
from tracker.store import observed
from tracker.store.database import open_archive


def test_unless_told_otherwise_the_packaged_judge_answers(tmp_path: Path) -> None:
    assert isinstance(choose.judge(choose.PACKAGED, tmp_path)(), OnnxJudge)


@pytest.mark.parametrize(
    "name",
    [
        "", "gpt", "Packaged", "hub:", "hub:model", "hub:owner/", "hub:owner/model@", "hub:owner/model/more", "hub:owner/model@a b",
        "hub:../../etc/passwd", "llm:", "llm:chat", "llm:chat@localhost:8000/v1", "llm:@http://localhost/v1", "llm:chat@ftp://localhost/v1",
        "llm:chat@http://", "http://localhost/v1",
    ],
)  # fmt: skip
def test_another_name_is_refused_with_the_forms_that_are_known(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"no judge's name. Write 'packaged', 'hub:owner/model'"):
        choose.judge(name, tmp_path)


@pytest.mark.parametrize(
    "name",
    ["hub:lab/tiny", "hub:lab.ai/tiny_v1.2@main", "hub:lab/tiny@refs/pr/3", "llm:chat@http://localhost:8000/v1", "llm:@cf/lab/chat:8b@https://a.b/v1"],
)
def test_a_name_is_read_without_loading_or_asking_anything(tmp_path: Path, name: str) -> None:
    assert callable(choose.judge(name, tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["llm:chat@https://me:s3cret@host/v1", "llm:chat@https://s3cret@host/v1"])
def test_a_key_in_the_address_is_sent_elsewhere_and_not_repeated(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="TRACKER_LLM_KEY") as raised:
        choose.judge(name, tmp_path)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("prices", ["0.15", "a,b", "1;2", "-1,2", "1,2,3"])
def test_prices_that_are_none_are_refused(tmp_path: Path, prices: str) -> None:
    with pytest.raises(SettingsError, match="TRACKER_LLM_PRICES"):
        choose.judge("llm:chat@http://localhost/v1", tmp_path, prices=prices)
    assert callable(choose.judge("llm:chat@http://localhost/v1", tmp_path, prices="0.15, 0.60"))


@pytest.mark.parametrize(
    ("package", "name", "extra"),
    [("huggingface_hub", "hub:lab/tiny", "hub"), ("stamina", "llm:chat@http://localhost/v1", "llm")],
)
def test_a_missing_extra_is_named_with_the_command_that_brings_it(package: str, name: str, extra: str) -> None:
    asked = f"choose.judge({name!r}, Path())"
    without = f"import sys; sys.modules[{package!r}] = None; from pathlib import Path; from tracker.stance import choose; {asked}"
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=False)
    said = done.stderr.splitlines()[-1]
    assert said.startswith("tracker.errors.SettingsError") and f"needs the package {package}" in said
    assert f"uv sync --extra {extra}" in said and f"narrative-tracker[{extra}]" in said


def test_a_wrong_name_ends_a_run_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_JUDGE", "no-such-judge")
    for words in (["run"], ["analyse"], ["judge", "--in", "in.jsonl", "--out", "out.jsonl"], ["evaluate", "stance", "--gold", "gold.jsonl"]):
        (tmp_path / "in.jsonl").write_text(json.dumps({"text": "a", "claim": "b"}))
        monkeypatch.chdir(tmp_path)
        (tmp_path / "feeds.yaml").write_text('outlets: [{outlet: e.com, name: E, kind: news, feeds: ["http://127.0.0.1:9/feed"]}]')
        (tmp_path / "themes.yaml").write_text("themes: []")
        answer = cli.run(*words)
        assert answer.code == 1
        assert "'no-such-judge' is no judge's name" in answer.err
    assert not (tmp_path / "data").exists()


@dataclass(frozen=True)
class Contrarian:
    """Finds what FakeJudge finds on the subject, and takes the other side."""

    name: str = "contrarian@1"

    def knows(self, claim: str) -> bool:
        return False

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        return [Stance(s.opposes, s.supports, s.neutral, s.unrelated) for s in FakeJudge().judge(pairs)]


def analysed(data: Path, now: datetime, judge: Judge, everything: bool = False) -> None:
    """A night without a crawl."""
    archive = open_archive(data / "archive.duckdb")
    chosen = settings(None, FetchSettings(), QUAY, DOCKERS)
    run = Run(f"{now:%Y%m%dT%H%M%S}", now, "test", chosen.digest)
    observed.start_run(archive, run, "analyse")
    pipeline.analyse(archive, chosen, run, FakeEncoder(), judge, lambda *_: None, everything=everything)
    observed.finish_run(archive, run, now, FakeEncoder.name, judge.name)
    pipeline.publish_to(archive, data, run)
    archive.close()


def articles(*numbers: int) -> list[Article]:
    made = []
    for number in numbers:
        url = f"https://example.com/news/{number}"
        text = "\n\n".join([*paragraphs_of(number), f"Robot cranes shorten the wait of ships at the quay, week {number} has shown."])
        made.append(builders.article(article_id=short_id(url), url=url, title=f"Report {number}", text=text))
    return made


def sides(data: Path) -> list[tuple[str, str, float]]:
    """Every published mention: its article and passage, its side, and the probability that it supports."""
    found = read(data, "select article_id || passage, stance, p_supports from mentions order by all")
    return [(str(where), str(side), round(float(p), 6)) for where, side, p in found]


def test_after_a_change_of_judge_every_stance_is_the_new_judges(tmp_path: Path) -> None:
    data, alone = tmp_path / "data", tmp_path / "alone"
    store(data, articles(1, 2, 3))
    analysed(data, FIXED_NOW, FakeJudge())
    of_first = {where: side for where, side, _ in sides(data)}
    assert set(of_first.values()) == {"supports", "opposes"}

    store(data, articles(4, 5))
    analysed(data, FIXED_NOW + timedelta(days=1), Contrarian())
    mixed = sides(data)
    after = {where: side for where, side, _ in mixed}
    assert of_first.keys() < after.keys()
    assert all(after[where] == {"supports": "opposes", "opposes": "supports"}[side] for where, side in of_first.items())

    # What stands there is what this judge alone would have said of the five articles, down to the last number
    store(alone, articles(1, 2, 3, 4, 5))
    analysed(alone, FIXED_NOW + timedelta(days=1), Contrarian())
    assert mixed == sides(alone)
    for numbers in ("article_themes", "stance_daily"):
        assert read(data, f"from {numbers} order by all") == read(alone, f"from {numbers} order by all")

    # and the break is marked
    changes = read(data, "select judge_before, judge from judge_changes")
    assert changes == [(FakeJudge.name, Contrarian().name)]


def test_changing_back_brings_back_the_first_answers(tmp_path: Path) -> None:
    store(tmp_path, articles(1, 2, 3))
    analysed(tmp_path, FIXED_NOW, FakeJudge())
    first = sides(tmp_path)
    analysed(tmp_path, FIXED_NOW + timedelta(days=1), Contrarian())
    assert sides(tmp_path) != first
    analysed(tmp_path, FIXED_NOW + timedelta(days=2), FakeJudge(), everything=True)
    assert sides(tmp_path) == first
