"""A small invented archive counts as a real one does: every article on its day, with passages, vectors, entries and polls."""

from pathlib import Path

import numpy as np
import pytest

from evals import large_archive
from evals.fakes import FakeEncoder
from evals.remembered import RememberedEncoder
from tracker.settings import Settings
from tracker.store.database import open_archive
from tracker.themes.embed import OnnxEncoder, unit


def _material() -> large_archive.Material:
    words = "harbour crane robot union quay vote trial night ship council promise shift wait box firm".split()
    passages = [[" ".join(words[(i + j + k) % len(words)] for k in range(12)) for j in range(4)] for i in range(8)]
    encoder = FakeEncoder()
    titles = [f"{words[i]} {words[i + 3]} news" for i in range(8)]
    nearest = np.array([[(i + n) % 8 for n in range(6)] for i in range(8)])
    return large_archive.Material(
        titles, encoder.encode(titles), passages, [encoder.encode(found) for found in passages], nearest
    )


def test_an_invented_archive_has_everything_a_night_reads(tmp_path: Path) -> None:
    rules = large_archive.settings(Settings(outlets=(), themes=()))
    large_archive.observe(tmp_path / "a.duckdb", 60, _material(), rules, seed=1)
    with open_archive(tmp_path / "a.duckdb") as archive:

        def count(table: str) -> int:
            return int(archive.execute(f"select count(*) from {table}").fetchall()[0][0])

        assert count("articles") == count("article_vectors") == count("entries") == count("analysed") == 60
        assert count("passages") == count("passage_vectors") > 3 * 60
        assert count("feed_fetches") == large_archive.DAYS * len(large_archive.OUTLETS)
        ((first, last, lengths),) = archive.execute(
            "select min(published_at), max(published_at), max(abs(list_dot_product(embedding, embedding) - 1)) "
            "from articles join article_vectors using (article_id)"
        ).fetchall()
        assert (last - first).days > 600 and last < large_archive.NIGHT
        assert lengths < 1e-4
        ((texts,),) = archive.execute("select count(distinct text) from articles").fetchall()
        assert texts == 60  # no copies


def test_a_drawn_judge_says_the_same_twice() -> None:
    judge = large_archive.DrawnJudge("name")
    pairs = [("a text", "a claim"), ("another", "a claim")]
    one, same = judge.judge(pairs), judge.judge(pairs)
    assert one == same
    assert one[0] != one[1]
    assert sum((one[0].supports, one[0].opposes, one[0].neutral, one[0].unrelated)) == pytest.approx(1)


def test_vectors_are_remembered_from_one_program_to_the_next(tmp_path: Path) -> None:
    file = tmp_path / "vectors.npz"
    first = RememberedEncoder(file)
    made = first.encode(["The council voted for the cranes."])
    first.keep()
    again = RememberedEncoder(file).encode(["The council voted for the cranes."])
    assert np.array_equal(made, again)
    assert np.allclose(made, unit(made))
    assert first.name == OnnxEncoder.name
