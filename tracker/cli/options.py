"""The options that several commands share, and what they open: settings, archive, run."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import duckdb
import typer

from tracker import settings as settings_files
from tracker.cli.terminal import say
from tracker.errors import SettingsError, StoreError
from tracker.files import require_room
from tracker.records import Run
from tracker.settings import FetchSettings, Settings
from tracker.stance import choose
from tracker.store import database, observed

if TYPE_CHECKING:
    from tracker.stance.judge import Judge

Data = Annotated[
    Path, typer.Option("--data", envvar="TRACKER_DATA", help="Folder of both databases and the published files.", show_default="data")
]
Feeds = Annotated[Path, typer.Option("--feeds", envvar="TRACKER_FEEDS", help="The outlets to read.", show_default="feeds.yaml")]
Themes = Annotated[Path, typer.Option("--themes", envvar="TRACKER_THEMES", help="The themes to follow.", show_default="themes.yaml")]
Hosts = Annotated[
    str,
    typer.Option(
        "--allow-private-hosts",
        envvar="TRACKER_ALLOW_PRIVATE_HOSTS",
        help="Comma-separated private addresses or networks the crawler may meet (for example 127.0.0.1,10.0.0.0/8).",
        show_default="none",
    ),
]
Delay = Annotated[
    float, typer.Option("--host-delay", envvar="TRACKER_HOST_DELAY", min=0, help="Seconds between two starts on one host.")
]
JudgeName = Annotated[
    str,
    typer.Option(
        "--judge",
        envvar="TRACKER_JUDGE",
        help="Who takes sides: 'packaged'; 'hub:owner/model[@revision]', a model with an ONNX file (extra hub); or 'llm:MODEL@http://host:port/v1', "
        "a chat model (extra llm; its key in TRACKER_LLM_KEY, prices of a million tokens read and written in TRACKER_LLM_PRICES, as 0.15,0.60).",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

DATA = Path("data")
FEEDS = Path("feeds.yaml")
THEMES = Path("themes.yaml")
DELAY = 5.0
JUDGE = choose.PACKAGED


_FORM = "%Y%m%dT%H%M%S"  # of a run's id
_STEM = re.compile(r"\d{8}T\d{6}")


def now() -> datetime:
    """The time, UTC, without zone, to the second: the only clock of the program."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def first_day(since: str, today: date) -> date:
    """The day that --since means: a day, or so many days ago. Raises SettingsError."""
    days = re.fullmatch(r"(\d{1,5})d", since.strip())
    try:
        first = today - timedelta(days=int(days[1])) if days else date.fromisoformat(since.strip())
    except (ValueError, OverflowError):
        raise SettingsError(f"--since: '{since}' is neither a day (2025-01-31) nor a number of days (30d).") from None
    if first > today:
        raise SettingsError(f"--since: {first} is in the future.")
    return first


def load_settings(feeds: Path, themes: Path, hosts: str = "", delay: float = DELAY) -> Settings:
    """Both files and the options, checked."""
    return settings_files.load(feeds, themes, fetch_settings(hosts, delay))


def fetch_settings(hosts: str, delay: float) -> FetchSettings:
    """The crawler's options, checked."""
    allowed = tuple(part.strip() for part in hosts.split(",") if part.strip())
    try:
        return FetchSettings(host_delay_seconds=delay, allow_private_hosts=allowed)
    except ValueError as error:
        reason = str(error).split("Value error, ")[-1].split(" [type=")[0]
        raise SettingsError(f"TRACKER_ALLOW_PRIVATE_HOSTS: {reason}") from None


def judge(name: str, data: Path) -> choose.MakeJudge:
    """What makes the judge of that name. Raises SettingsError."""
    logging.getLogger("stamina").setLevel(logging.ERROR)  # each wait of a language model's is no news; the summary counts its requests
    return choose.judge(name, data / "answers", os.environ.get("TRACKER_LLM_KEY", ""), os.environ.get("TRACKER_LLM_PRICES", ""))


def tell_spending(judge: "Judge") -> None:
    """Say what the judge asked and what it cost, if it counts that."""
    if isinstance(judge, choose.Metered):
        say(f"{judge.name}: {judge.spent}")


def new_run(settings: Settings, started_at: datetime, archive: duckdb.DuckDBPyConnection) -> Run:
    """A run of this code with these settings. Raises StoreError if there is too little room on the disk."""
    if folder := database.folder(archive):
        require_room(folder)
    return Run(new_run_id(started_at, archive), started_at, version("narrative-tracker"), settings.digest)


def new_run_id(started_at: datetime, archive: duckdb.DuckDBPyConnection) -> str:
    """An id that sorts after all in the archive: the time, or the second after the newest run where the clock was set back."""
    newest = max((found.group() for run_id in observed.run_ids(archive) if (found := _STEM.match(run_id))), default="")
    stem = started_at.strftime(_FORM)
    return stem if stem > newest else (datetime.fromisoformat(newest) + timedelta(seconds=1)).strftime(_FORM)


def processes() -> int:
    """Worker processes: one a core, within reason."""
    return max(2, min(8, os.cpu_count() or 2))


@contextmanager
def archive(data: Path, must_exist: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The archive in a data folder, open to write. A full disk or a damaged file leaves as one StoreError, whatever was under way."""
    path = data / "archive.duckdb"
    if must_exist and not path.is_file():
        raise StoreError(f"{path}: no archive here yet. Run `tracker run` or `tracker demo` first, or name the folder with --data.")
    connection = database.open_archive(path, say)
    try:
        with database.plainly(path):
            yield connection
    except StoreError:
        database.close_as_it_is(connection)
        raise
    finally:
        connection.close()
