"""The plan of the house, as failing tests: floors, lazy imports, distinct names, short files, one clock."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for package in ("tracker", "dashboard") for path in (ROOT / package).rglob("*.py"))

# A drawer with such a name fills up with whatever fits nowhere else
DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "core", "manager", "service", "services", "types", "misc"}
LINES_AT_MOST = 400  # a file that is longer does more than one thing

# Slow to import, or needing what a crawl does not have
MODELS = {"bertopic", "hdbscan", "numba", "onnxruntime", "sklearn", "tokenizers", "torch", "umap"}
WEB = {"aiohttp", "trafilatura"}
SCREEN = {"pandas", "plotly", "streamlit"}


def test_imports_go_downwards() -> None:
    linter = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    checked = _python(linter)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_only_the_command_line_reads_the_clock_and_sql_is_never_pasted_together() -> None:
    rules = "BLE001,E722,INP001,S110,S608,TID251"
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", rules, "tracker", "dashboard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_only_store_speaks_sql() -> None:
    speaking = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in MODULES
        if path.parent.name != "store"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"\.(execute|executemany|sql)\(", line)
    ]
    assert speaking == []


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("tracker.cli", MODELS | WEB | SCREEN),
        ("tracker.pipeline", MODELS | WEB | SCREEN),
        ("tracker.steps.crawling, tracker.fetch.client, tracker.extract.workers", MODELS | SCREEN),
        ("tracker.steps.theming, tracker.steps.judging, tracker.steps.measuring", MODELS | WEB | SCREEN),
        ("tracker.themes.embed, tracker.themes.discover, tracker.stance.judge", MODELS | WEB | SCREEN),
        ("tracker.store.public", MODELS | WEB | {"plotly", "streamlit"}),
        ("dashboard.data, dashboard.charts", MODELS | WEB),
    ],
)
def test_nothing_slow_is_imported_before_it_is_needed(module: str, absent: set[str]) -> None:
    loaded = _python(f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))")
    assert loaded.returncode == 0, loaded.stderr
    present = {name.partition(".")[0] for name in json.loads(loaded.stdout.splitlines()[-1])}
    assert sorted(present & absent) == []


def test_every_file_has_a_name_of_its_own() -> None:
    names = Counter(path.name for path in MODULES if path.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_no_drawers_and_no_file_that_does_everything() -> None:
    assert [path for path in MODULES if path.stem in DRAWERS or path.parent.name in DRAWERS] == []
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: lines for path, lines in lengths.items() if lines > LINES_AT_MOST} == {}


def _python(code: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter in the project folder: what this one has imported already does not count."""
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
