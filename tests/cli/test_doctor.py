"""A data folder comes in, what is wrong with it and what only has to be waited for goes out."""

import json
import subprocess
import sys
from pathlib import Path

from tests.cli import run
from tests.dashboard import invented
from tracker.store.database import open_archive

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


def test_an_archive_that_a_run_is_writing_is_not_wrong_and_a_damaged_one_is(tmp_path: Path) -> None:
    invented.build(tmp_path, "small")
    path = tmp_path / "archive.duckdb"
    open_archive(path).close()
    words = ("doctor", "--json", "--data", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as another:
        assert another.stdout and another.stdout.readline() == "held\n"
        answer = run(*words)
        another.communicate("done\n", timeout=60)
    checks = {check["check"]: check for check in json.loads(answer.out)}
    assert (checks["archive"]["state"], checks["published"]["state"]) == ("look", "fine")
    assert f"in use by another run (process {another.pid})" in checks["archive"]["detail"]
    assert answer.code == any(check["state"] == "wrong" for check in checks.values())

    path.write_bytes(b"no archive" * 10_000)
    answer = run(*words)
    assert (answer.code, {check["check"]: check["state"] for check in json.loads(answer.out)}["archive"]) == (1, "wrong")
