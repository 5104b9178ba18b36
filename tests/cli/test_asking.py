"""Questions and texts go in on the command line, answers come out; a mistake ends in one line and exit 1, a wrong usage in exit 2."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import FIXED_NOW
from tests.cli import Answer, run
from tests.dashboard import invented
from tracker.records import Run, Theme
from tracker.settings import ThemeEntry
from tracker.steps import theming
from tracker.store import derived, theme_edits
from tracker.store.database import open_archive
from tracker.themes.embed import OnnxEncoder

CLAIM = "Making AI models bigger with more data and compute no longer delivers transformative progress."
TEXTS = (
    "Scaling has hit a wall, and more compute brings only small gains, the lab's founder admitted.",
    "The football club sold its stadium to the city, and the supporters kept their seats.",
)
QUESTION = "select slug, articles from themes where articles > 0 order by slug limit 2"
PROBABILITIES = ("p_supports", "p_opposes", "p_neutral", "p_unrelated")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    invented.build(folder, "small")
    return folder


def jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def objects(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def test_sql_answers_alike_as_table_csv_and_json(data: Path, tmp_path: Path) -> None:
    as_json = run("sql", QUESTION, "--format", "json", "--data", str(data))
    rows = json.loads(as_json.out)
    assert as_json.code == 0 and len(rows) == 2 and list(rows[0]) == ["slug", "articles"]
    assert json.loads(run("sql", QUESTION, "--json", "--data", str(data)).out) == rows

    lines = run("sql", QUESTION, "--data", str(data)).out.splitlines()
    assert [line.split() for line in lines] == [["slug", "articles"], *([row["slug"], str(row["articles"])] for row in rows)]

    assert run("sql", QUESTION, "--format", "csv", "--out", str(tmp_path / "a.csv"), "--data", str(data)).code == 0
    written = (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert list(csv.DictReader(io.StringIO(written))) == [{key: str(value) for key, value in row.items()} for row in rows]


LENGTHS = ("168 seconds", "14 months 2 days 30 hours 5 milliseconds", "-1 day -3 seconds", "-14 months", "0 days")
INTERVALS = ", ".join(f"interval '{length}' as i{i}, i{i}::varchar as t{i}" for i, length in enumerate(LENGTHS))
KINDS = f"""select sum(articles) as total, 'nan'::double as nothing, 1.5::decimal(3, 1) as price, timestamp '2026-11-01 10:00' as seen,
    {{'worst': 'inf'::double, 'days': [date '2026-11-02']}} as nested, map {{'a': 0.5::decimal(2, 1)}} as pairs, {INTERVALS} from themes"""


def refused(constant: str) -> None:
    """Python reads NaN and Infinity, which are not JSON."""
    raise AssertionError(constant)


def test_every_kind_of_value_is_json_that_other_programs_read_and_is_printed_as_it_is_written(data: Path, tmp_path: Path) -> None:
    printed = run("sql", KINDS, "--json", "--data", str(data)).out
    ((row),) = json.loads(printed, parse_constant=refused)
    assert isinstance(row["total"], int) and row["total"] > 0
    assert (row["nothing"], row["price"], row["seen"]) == (None, 1.5, "2026-11-01T10:00:00")
    assert (row["nested"], row["pairs"]) == ({"worst": None, "days": ["2026-11-02"]}, [["a", 0.5]])
    # as DuckDB itself writes an interval
    assert [row[f"i{i}"] for i in range(len(LENGTHS))] == [row[f"t{i}"] for i in range(len(LENGTHS))]

    assert run("sql", KINDS, "--format", "json", "--out", str(tmp_path / "a.json"), "--data", str(data)).code == 0
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == printed


def test_an_interval_and_a_nested_value_are_legible_as_csv_and_in_a_table(data: Path) -> None:
    statement = "select interval '168 seconds' as took, [{'p': 0.5::decimal(2, 1)}] as parts"
    lines = run("sql", statement, "--format", "csv", "--data", str(data)).out
    assert list(csv.reader(io.StringIO(lines))) == [["took", "parts"], ["00:02:48", '[{"p": 0.5}]']]
    assert run("sql", statement, "--data", str(data)).out.splitlines()[1].split()[0] == "00:02:48"


def test_a_struct_is_as_legible_in_a_table_as_in_a_csv_file(data: Path) -> None:
    lines = run("sql", "select {'lag': interval 1 day, 'p': 0.5::decimal(2, 1)} as s", "--data", str(data)).out.splitlines()
    assert lines[1] == '{"lag": "1 day", "p": 0.5}'


def test_a_decimal_never_loses_digits(data: Path) -> None:
    wide = "12345678901234567890.123456789"
    numbers = f"{wide}::decimal(38, 9) as a, 0.1::decimal(38, 9) as b, 12345678901234567890::decimal(38, 9) as c"
    printed = run("sql", f"select {numbers}", "--json", "--data", str(data)).out
    assert json.loads(printed) == [{"a": wide, "b": 0.1, "c": 12345678901234567890}]


@pytest.mark.parametrize(
    ("value", "form"),
    [("date '12000-01-01'", "table"), ("'infinity'::timestamp", "json"), ("'0044-03-15 (BC)'::date", "csv"), ("[date 'infinity']", "json")],
)
def test_a_date_that_python_has_not_ends_in_one_line_that_says_what_to_do(data: Path, tmp_path: Path, value: str, form: str) -> None:
    target = tmp_path / "out"
    answer = run("sql", f"select {value} as d", "--format", form, "--out", str(target), "--data", str(data))
    assert answer.code == 1 and answer.err.startswith("error: ") and "cast it to varchar" in answer.err and answer.err.count("\n") == 1
    assert not target.exists()
    assert run("sql", f"select {value}::varchar as d", "--format", form, "--data", str(data)).code == 0


def test_parquet_holds_dates_that_python_has_not_and_says_where_it_has_no_type(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.parquet"
    asked = ("--format", "parquet", "--out", str(target), "--data", str(data))
    answer = run("sql", "select interval 1 day as lag", *asked)
    assert answer.code == 1 and "cast it to varchar" in answer.err and answer.err.count("\n") == 1 and not target.exists()
    assert run("sql", "select date '12000-01-01' as d", *asked).code == 0 and target.exists()


def test_a_file_holds_the_values_as_they_are_in_every_form(data: Path, tmp_path: Path) -> None:
    address, secret = "https://x.org/?token=abc123&b=1", "abc123"
    for form in ("csv", "json", "parquet"):
        target = tmp_path / f"out.{form}"
        assert run("sql", f"select '{address}' as a", "--format", form, "--out", str(target), "--data", str(data)).code == 0
        assert address.encode() in target.read_bytes()
    for form in ("table", "json"):
        assert secret not in run("sql", f"select '{address}' as a", "--format", form, "--data", str(data)).out


def test_columns_of_one_name_all_come_out(data: Path) -> None:
    (row,) = json.loads(run("sql", "select 1 as a, 2 as a", "--json", "--data", str(data)).out)
    assert list(row.values()) == [1, 2]


def test_sql_reads_from_a_pipe_and_writes_csv_to_one(data: Path) -> None:
    piped = subprocess.run(
        [sys.executable, "-m", "tracker", "sql", "-", "--format", "csv", "--data", str(data)],
        input="select 1 as one, 'a,b' as two", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (piped.returncode, piped.stderr) == (0, "")
    assert list(csv.reader(io.StringIO(piped.stdout))) == [["one", "two"], ["1", "a,b"]]


def test_a_statement_that_would_change_something_is_refused_in_one_line(data: Path) -> None:
    answer = run("sql", "drop view articles", "--data", str(data))
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.count("\n") == 1 and answer.err.startswith("error: Only SELECT")
    assert run("sql", "select count(*) from articles", "--data", str(data)).code == 0


def test_parquet_needs_a_file(data: Path) -> None:
    answer = run("sql", QUESTION, "--format", "parquet", "--data", str(data))
    assert answer.code == 1 and "--out" in answer.err


def test_judge_gives_every_row_back_with_label_and_probabilities(tmp_path: Path) -> None:
    # the second text holds a line separator (U+2028), as texts from the web do: it ends no row
    rows: list[dict[str, object]] = [
        {"id": 7, "text": TEXTS[0], "claim": CLAIM},
        {"text": TEXTS[1].replace(" to ", "\u2028to "), "claim": CLAIM},
    ]
    answer = run("judge", "--in", str(jsonl(tmp_path / "in.jsonl", *rows)), "--out", str(tmp_path / "out.jsonl"))
    assert answer.code == 0, answer.err
    judged = objects(tmp_path / "out.jsonl")
    assert judged[1]["label"] == "unrelated"
    for before, after in zip(rows, judged, strict=True):
        assert list(after) == [*before, "label", *PROBABILITIES]
        assert after[f"p_{after['label']}"] == max(float(str(after[key])) for key in PROBABILITIES)
        assert sum(float(str(after[key])) for key in PROBABILITIES) == pytest.approx(1, abs=1e-4)
        assert {key: after[key] for key in before} == before


def assign(folder: Path, source: Path) -> Answer:
    """`tracker assign` with the themes.yaml and the archive of a folder; its answer stands in out.jsonl there."""
    return run("assign", "--in", str(source), "--out", str(folder / "out.jsonl"), "--themes", str(folder / "themes.yaml"), "--data", str(folder))


def test_assign_gives_every_row_back_with_its_themes(tmp_path: Path) -> None:
    (tmp_path / "themes.yaml").write_text(
        f'themes:\n  - slug: end-of-scaling\n    name: End of scaling\n    claim: "{CLAIM}"\n    aliases: [scaling wall]\n',
        encoding="utf-8",
    )
    source = jsonl(tmp_path / "in.jsonl", *({"text": text} for text in TEXTS))
    answer = assign(tmp_path, source)
    assert answer.code == 0, answer.err
    on, off = objects(tmp_path / "out.jsonl")
    assert (on["text"], off["text"], off["themes"]) == (*TEXTS, [])
    assert isinstance(on["themes"], list)
    (theme,) = on["themes"]
    assert list(theme) == ["slug", "strength"]
    assert theme["slug"] == "end-of-scaling" and 0.5 < theme["strength"] <= 1


def test_assign_refuses_a_title_that_is_no_text_and_takes_null_for_none(tmp_path: Path) -> None:
    (tmp_path / "themes.yaml").write_text("themes: []\n", encoding="utf-8")
    source = jsonl(tmp_path / "in.jsonl", {"text": TEXTS[0], "title": None}, {"text": TEXTS[1], "title": 5})
    answer = assign(tmp_path, source)
    assert (answer.code, answer.err) == (1, f"error: {source}, line 2: 'title' is no string.\n")


def test_assign_follows_the_archives_themes_to_where_they_were_merged(tmp_path: Path) -> None:
    archive, made = open_archive(tmp_path / "archive.duckdb"), Run("20261101T060000", FIXED_NOW, "test", "test")
    said = {"scaling": TEXTS[0], "football": TEXTS[1], "sport": "Sport."}
    themes = [Theme(slug, slug, slug.title(), "discovered", text, "test", ()) for slug, text in said.items()]
    for theme, centroid in zip(themes, OnnxEncoder().encode(list(said.values())), strict=True):
        derived.add_theme(archive, made, theme, centroid)
    (curated,) = theming.sync_curated(archive, made, [ThemeEntry(slug="end-of-scaling", name="End of scaling", claim=CLAIM)])
    for gone, into in ((themes[0], curated), (themes[1], themes[2])):
        theme_edits.merge(archive, gone, into, "Jo Amsel", FIXED_NOW)
    archive.close()
    (tmp_path / "themes.yaml").write_text("themes: []\n", encoding="utf-8")
    source = jsonl(tmp_path / "in.jsonl", *({"text": text} for text in TEXTS))
    answer = assign(tmp_path, source)
    assert answer.code == 0, answer.err
    found = re.findall(r'"slug": "([^"]+)"', (tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert found == ["end-of-scaling", "sport"]  # the file no longer lists the first: a run goes on with it, and so by its own claim


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "a", "claim"', "not JSON"),
        ('{"text": "a"}', "needs 'claim'"),
        ('{"text": 1, "claim": "b"}', "needs 'text'"),
        ('"a"', "needs"),
        ('{"text": "a \\ud800 b", "claim": "b"}', "surrogate"),  # from a program that cut an emoji in two
        ('{"id": {"x": "\\udc00"}, "text": "a", "claim": "b"}', "surrogate"),
        ('{"text": "a", "claim": "b", "k": NaN}', "not JSON"),  # Python reads and writes it
        ('{"text": "a", "claim": "b", "k": 1e999}', "not JSON"),
        ('{"text": "a", "claim": "b", "k": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
    ],
)
def test_a_malformed_row_is_named_with_file_and_line(tmp_path: Path, line: str, reason: str) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "a", "claim": "b"}\n\n' + line + "\n", encoding="utf-8")
    answer = run("judge", "--in", str(source), "--out", str(tmp_path / "out.jsonl"))
    assert answer.code == 1
    assert answer.err.startswith(f"error: {source}, line 3: ") and reason in answer.err and answer.err.count("\n") == 1
    assert not (tmp_path / "out.jsonl").exists()


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('\ufeff{"text": "a", "claim": "b"}\n{}\n', encoding="utf-8")
    assert "line 2: needs 'text'" in run("judge", "--in", str(source), "--out", str(tmp_path / "out.jsonl")).err


def test_what_is_not_built_says_so_and_exits_2_and_its_options_are_checked_all_the_same() -> None:
    answer = run("digest", "--since", "2026-01-31", "--format", "atom")
    assert (answer.code, answer.out) == (2, "")
    assert "not built yet" in answer.err
    assert "neither a day" in run("digest", "--since", "banana").err
    zipped = run("digest", "--format", "zip")
    assert zipped.code == 2 and "not built yet" not in zipped.err


@pytest.mark.parametrize(
    "words",
    [
        ("publish",),
        ("analyse",),
        ("sql", "select 1"),
        ("export", "--out", "new"),
        ("restore", "--from", "new"),
        ("themes", "list"),
        ("themes", "show", "x"),
        ("dashboard",),
    ],
)
def test_without_an_archive_a_command_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("feeds.yaml", "themes.yaml"):
        (tmp_path / name).write_bytes((Path(__file__).parents[2] / name).read_bytes())
    answer = run(*words, "--data", str(tmp_path / "none"))
    assert answer.code == 1
    assert ("tracker demo" in answer.err or "no export here" in answer.err) and answer.err.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_wrong_usage_exits_2() -> None:
    for words in (("sql", "select 1", "--colour"), ("nothing",), ("sql", "select 1", "--format", "xml"), ("evaluate", "taste")):
        assert run(*words).code == 2
