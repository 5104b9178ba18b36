"""The demo run against its planted truth: a data folder that `tracker demo` filled comes in, a score goes out."""

from pathlib import Path

from tracker.demo import world
from tracker.demo.score import Row, Score, score
from tracker.store import public, sandbox

_ROWS = """
select a.url, a.outlet, a.story_id, a.published_at, t.slug, t.kind, t.name, x.stance
from articles a left join article_themes x using (article_id) left join themes t using (theme_id)
"""


def evaluate(data: Path) -> Score:
    """Score what is published in `data`. Raises StoreError if nothing is."""
    result = sandbox.query(public.published_file(data), _ROWS, seconds=60, rows=1_000_000)
    return score([Row(*row) for row in result.rows], world.load())
