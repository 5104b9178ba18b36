"""demo, run, crawl, analyse, publish, dashboard: the commands that make numbers and show them."""

import asyncio
import os
import subprocess
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import duckdb
import typer

from tracker import files, pipeline
from tracker.cli import options
from tracker.cli.terminal import Stages, fail, say, stages, table
from tracker.errors import StoreError
from tracker.records import Run
from tracker.settings import FetchSettings, Settings
from tracker.settings import load as load_settings
from tracker.store import ledger, observed

if TYPE_CHECKING:
    from tracker.demo.server import Served
    from tracker.demo.world import World
    from tracker.stance.choose import MakeJudge

NoServe = Annotated[bool, typer.Option("--no-serve", help="Stop before the dashboard.")]
Port = Annotated[int, typer.Option("--port", min=1024, max=65535, help="Port of the dashboard on this machine.")]
_DASHBOARD_PORT = 8501  # Streamlit's own


def add_to(app: typer.Typer) -> None:
    """Add this module's commands."""
    for command in (demo, run, crawl, analyse, publish, dashboard):
        app.command()(command)


def demo(
    no_serve: NoServe = False,
    world_only: Annotated[bool, typer.Option("--world-only", help="Only serve the small world, for `tracker run` in another window.")] = False,
    themes: options.Themes = options.THEMES,
    data: options.Data = options.DATA,
    by: options.JudgeName = options.JUDGE,
    port: Port = _DASHBOARD_PORT,
    as_json: options.Json = False,
) -> None:
    """Try it on a small invented world: serve it on loopback, crawl it over HTTP, analyse, publish, open the dashboard.

    Example: `tracker demo --no-serve`
    """
    from tracker.demo import server, world

    loaded = world.load()
    feeds = data / "demo-feeds.yaml"

    async def crawl_world(connection: duckdb.DuckDBPyConnection, watched: Stages) -> tuple[Settings, Run]:
        async with server.serve(loaded) as served:
            settings = _demo_settings(served, feeds, themes)
            started = start(connection, settings, "demo")
            await pipeline.crawl(connection, settings, started, options.processes(), watched)
        return settings, started

    if world_only:
        asyncio.run(_serve_world(loaded, feeds, themes, data))
        return
    make_judge = options.judge(by, data)
    with stages() as watched, options.archive(data) as connection:
        settings, started = asyncio.run(crawl_world(connection, watched))
        _conclude(connection, settings, started, data, make_judge, watched)
        _report(connection, started, watched, as_json, data)
    if not no_serve:
        dashboard(port=port, data=data)
    else:
        say(f'next: `tracker dashboard --data {data}`, or `tracker sql "from themes" --data {data}`')


async def _serve_world(loaded: "World", feeds: Path, themes: Path, data: Path) -> None:
    from tracker.demo import server

    async with server.serve(loaded) as served:
        _demo_settings(served, feeds, themes)
        say(f"the small world is served until you press Ctrl+C; its feeds are in {feeds}. In another window:")
        say(f"TRACKER_ALLOW_PRIVATE_HOSTS=127.0.0.1 TRACKER_HOST_DELAY=0 tracker run --feeds {feeds} --data {data}")
        await asyncio.Event().wait()


def _demo_settings(served: "Served", feeds: Path, themes: Path) -> Settings:
    feeds.parent.mkdir(parents=True, exist_ok=True)
    with files.whole(feeds) as draft:
        draft.write_text(served.feeds_yaml, encoding="utf-8")
    if served.note:
        say(served.note)
    return load_settings(feeds, themes, FetchSettings(host_delay_seconds=0, allow_private_hosts=served.allow))


def run(
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    data: options.Data = options.DATA,
    allow_private_hosts: options.Hosts = "",
    host_delay: options.Delay = options.DELAY,
    by: options.JudgeName = options.JUDGE,
    as_json: options.Json = False,
) -> None:
    """The nightly job: crawl, analyse, publish. What the web does wrong is recorded and summed up, and is no failure of the run.

    Example: `tracker run --feeds feeds.yaml --themes themes.yaml --data data`
    """
    settings, make_judge = options.load_settings(feeds, themes, allow_private_hosts, host_delay), options.judge(by, data)
    with stages() as watched, options.archive(data) as connection:
        started = start(connection, settings, "run")
        asyncio.run(pipeline.crawl(connection, settings, started, options.processes(), watched))
        _conclude(connection, settings, started, data, make_judge, watched)
        _report(connection, started, watched, as_json, data)
        _require_an_answer(connection, started)


def crawl(
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    data: options.Data = options.DATA,
    allow_private_hosts: options.Hosts = "",
    host_delay: options.Delay = options.DELAY,
    as_json: options.Json = False,
) -> None:
    """Only the first part of `run`: poll the feeds, read new pages, store them.

    Example: `tracker crawl --feeds feeds.yaml`
    """
    settings = options.load_settings(feeds, themes, allow_private_hosts, host_delay)
    with stages() as watched, options.archive(data) as connection:
        started = start(connection, settings, "crawl")
        asyncio.run(pipeline.crawl(connection, settings, started, options.processes(), watched))
        observed.finish_run(connection, started, options.now(), None, None)
        _report(connection, started, watched, as_json)
        _require_an_answer(connection, started)


def analyse(
    refit: Annotated[bool, typer.Option("--refit", help="Discover themes anew; known ones keep their ids and names.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Conclude and judge everything again.")] = False,
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    data: options.Data = options.DATA,
    by: options.JudgeName = options.JUDGE,
    as_json: options.Json = False,
) -> None:
    """Only the second part of `run`: group, embed, find themes, judge, measure. Does what is not done yet.

    Example: `tracker analyse --refit`
    """
    settings, make_judge = options.load_settings(feeds, themes), options.judge(by, data)
    with stages() as watched, options.archive(data, must_exist=True) as connection:
        started = start(connection, settings, "analyse")
        _analyse(connection, settings, started, make_judge, watched, refit, everything)
        _report(connection, started, watched, as_json)


def publish(
    data: options.Data = options.DATA,
) -> None:
    """Only the last part of `run`: write the published file and point data/tracker.duckdb at it.

    Example: `tracker publish --data data`
    """
    with options.archive(data, must_exist=True) as connection:
        publish_again(connection, data)


def dashboard(port: Port = _DASHBOARD_PORT, data: options.Data = options.DATA) -> None:
    """Serve the dashboard on the published file.

    Example: `tracker dashboard --port 8502`
    """
    from dashboard import serve
    from tracker.store import public

    public.published_file(data)  # says what to do if there is none
    address = f"http://127.0.0.1:{port}"
    say(f"dashboard: {address} (Ctrl+C ends it)")
    server = subprocess.Popen(serve.command(port), env={**os.environ, **serve.environment(data)})
    try:
        if os.isatty(1):
            webbrowser.open(address)
        code = server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
        return
    if code != 0:
        raise StoreError(f"the dashboard ended with status {code}; is port {port} in use? Try --port {port + 1}.")


def analyse_again(
    connection: duckdb.DuckDBPyConnection, settings: Settings, data: Path, make_judge: "MakeJudge", run: Run | None = None
) -> None:
    """Analyse and publish, after an edit that changes conclusions; as part of the run that wrote the edit, if there is one."""
    with stages() as watched:
        _conclude(connection, settings, run or start(connection, settings, "analyse"), data, make_judge, watched)


def publish_again(connection: duckdb.DuckDBPyConnection, data: Path) -> None:
    """Publish what the archive holds under a new version name: after an edit, or when asked. Raises StoreError if no run has finished yet."""
    last = observed.last_finished(connection)
    if last is None:
        raise StoreError("no finished run to publish yet: run `tracker run` first.")
    started_at = options.now()
    run = Run(options.new_run_id(started_at, connection), started_at, *last)
    observed.start_run(connection, run, "publish")
    observed.finish_run(connection, run, started_at, None, None)
    _publish(connection, data, run)


def start(connection: duckdb.DuckDBPyConnection, settings: Settings, command: str, returning: str = "") -> Run:
    """Begin a run: its row stands in the archive from now on. Raises SettingsError, before that, if an analysis would refuse themes.yaml.

    `returning`: slug of a theme that was merged away and that the run brings back.
    """
    from tracker.steps import theming

    theming.require_followable(connection, settings.themes, returning)
    started = options.new_run(settings, options.now(), connection)
    observed.start_run(connection, started, command)
    return started


def _conclude(
    connection: duckdb.DuckDBPyConnection, settings: Settings, run: Run, data: Path, make_judge: "MakeJudge", watched: Stages
) -> None:
    _analyse(connection, settings, run, make_judge, watched)
    watched("publishing", 0, 1)
    _publish(connection, data, run)


def _analyse(
    connection: duckdb.DuckDBPyConnection, settings: Settings, run: Run, make_judge: "MakeJudge", watched: Stages,
    refit: bool = False, everything: bool = False,
) -> None:  # fmt: skip
    from tracker.steps import theming
    from tracker.themes.embed import OnnxEncoder

    for slug in theming.become_curated_hidden(connection, settings.themes):
        say(f"'{slug}' of themes.yaml is a theme that was hidden, and stays so: show it with `tracker themes hide {slug} --undo`")
    watched("models", 0, 1)
    encoder, judge = OnnxEncoder(), make_judge()
    pipeline.analyse(connection, settings, run, encoder, judge, watched, refit, everything)
    observed.finish_run(connection, run, options.now(), encoder.name, judge.name)
    options.tell_spending(judge)


def _publish(connection: duckdb.DuckDBPyConnection, data: Path, run: Run) -> None:
    published = pipeline.publish_to(connection, data, run)
    say(f"published {published.articles} articles in {published.path}")


def _report(connection: duckdb.DuckDBPyConnection, run: Run, watched: Stages, as_json: bool, data: Path | None = None) -> None:
    """What the run did, what it found if it published, and where the time went."""
    watched.close()
    counted = observed.run_counts(connection, run)
    table(("what", "count", "detail"), [*counted, ("seconds", round(sum(watched.seconds.values()), 1), _times(watched))], as_json)
    if data is not None and not as_json:
        from tracker.store import public

        published = public.Published(public.published_file(data))
        say("")
        table(("theme", "kind", "articles", "supports", "opposes", "neutral"), published.largest_themes(18), as_json=False)
        published.close()


def _require_an_answer(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Some feeds always fail, and that is no failure of the run; all of them failing is: exit 1, and a line for each kind of outlet."""
    polled = ledger.answers(connection, run)
    if polled and not any(good for _, _, good, _ in polled):
        for kind, feeds, _, reasons in polled:
            say(f"{kind}: 0 of {feeds} feeds answered ({reasons})")
        fail("no feed answered: is there a network? What is stored stays as it is; the next run catches up.")
        raise typer.Exit(1)


def _times(watched: Stages) -> str:
    return ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in watched.seconds.items())
