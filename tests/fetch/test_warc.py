"""WARC files give their pages; damage and hostile records are a sentence, never an exception."""

import gzip
import io
import zlib
from datetime import datetime
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests import builders
from tracker.fetch import warc
from tracker.fetch.warc import ArchivedPage

HTML = builders.html().encode()


def record(
    writer: WARCWriter, url: str, body: bytes = HTML, kind: str = "response", status: str = "200 OK", **headers: str
) -> None:
    given = {"Content-Type": "text/html; charset=utf-8", **{name.replace("_", "-"): value for name, value in headers.items()}}
    http = StatusAndHeaders(status, list(given.items()), protocol="HTTP/1.1")
    about = {"WARC-Date": "2026-10-30T12:00:00Z"}
    writer.write_record(
        writer.create_warc_record(url, kind, payload=io.BytesIO(body), http_headers=http, warc_headers_dict=about)
    )


def written(path: Path, *urls: str, is_packed: bool = True) -> Path:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=is_packed)
        writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "test"}))
        for url in urls:
            record(writer, url)
    return path


def read(path: Path, limit_bytes: int = 10**6) -> tuple[list[ArchivedPage], int, str]:
    batches = list(warc.read(path, lambda url: "example.com" in url, limit_bytes))
    return [page for batch in batches for page in batch.pages], sum(batch.left_out for batch in batches), batches[-1].damage


@pytest.mark.parametrize("is_packed", [True, False])
def test_pages_of_wanted_addresses_come_back_with_their_time(tmp_path: Path, is_packed: bool) -> None:
    path = written(
        tmp_path / "a.warc.gz", "https://example.com/a", "https://other.org/b", "https://example.com/c", is_packed=is_packed
    )
    pages, left_out, damage = read(path)
    assert [page.url for page in pages] == ["https://example.com/a", "https://example.com/c"]
    assert pages[0].body == HTML and pages[0].fetched_at == datetime(2026, 10, 30, 12)
    assert (left_out, damage) == (0, "")


def test_requests_revisits_errors_and_other_types_are_no_pages(tmp_path: Path) -> None:
    with (tmp_path / "a.warc").open("wb") as file:
        writer = WARCWriter(file, gzip=False)
        request = StatusAndHeaders("GET / HTTP/1.1", [("Host", "example.com")], is_http_request=True)
        writer.write_record(writer.create_warc_record("https://example.com/q", "request", http_headers=request))
        writer.write_record(
            writer.create_revisit_record("https://example.com/r", "sha1:AAAA", "https://example.com/", "2026-01-01T00:00:00Z")
        )
        record(writer, "https://example.com/gone", status="404 Not Found")
        record(writer, "https://example.com/p.pdf", b"%PDF", Content_Type="application/pdf")
        record(writer, "https://example.com/ok")
    pages, left_out, damage = read(tmp_path / "a.warc")
    assert [page.url for page in pages] == ["https://example.com/ok"]
    assert (left_out, damage) == (2, "")


def test_bodies_stored_packed_chunked_or_already_decoded_are_read(tmp_path: Path) -> None:
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (HTML[:100], HTML[100:])) + b"0\r\n\r\n"
    with (tmp_path / "a.warc").open("wb") as file:
        writer = WARCWriter(file, gzip=False)
        record(writer, "https://example.com/gzip", gzip.compress(HTML), Content_Encoding="gzip")
        record(writer, "https://example.com/deflate", zlib.compress(HTML), Content_Encoding="deflate")
        record(writer, "https://example.com/chunked", chunked, Transfer_Encoding="chunked")
        record(writer, "https://example.com/decoded", HTML, Content_Encoding="gzip")
    assert [page.body for page in read(tmp_path / "a.warc")[0]] == [HTML] * 4


def test_too_large_records_and_gzip_bombs_in_them_are_left_out(tmp_path: Path) -> None:
    with (tmp_path / "a.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        record(writer, "https://example.com/large", b"<html>" + b" " * 5_000_000)
        record(writer, "https://example.com/bomb", builders.gzip_bomb(100), Content_Encoding="gzip")
        record(writer, "https://example.com/broken", b"\x1f\x8b\x08broken", Content_Encoding="gzip")
        record(writer, "https://example.com/ok")
    pages, left_out, damage = read(tmp_path / "a.warc.gz")
    assert [page.url for page in pages] == ["https://example.com/ok"]
    assert (left_out, damage) == (3, "")


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_truncated_file_gives_the_pages_before_the_cut_and_says_so(tmp_path: Path, is_packed: bool) -> None:
    path = written(tmp_path / "a.warc", *(f"https://example.com/{i}" for i in range(9)), is_packed=is_packed)
    whole = path.read_bytes()
    for share in (0.99, 0.75, 0.6):
        path.write_bytes(whole[: int(share * len(whole))])
        pages, _, damage = read(path)
        assert 3 < len(pages) < 9
        assert damage and "\n" not in damage


@pytest.mark.parametrize(
    "body",
    [b"", b"hello\n", gzip.compress(b"hello\n", mtime=0), b"\x1f\x8b\x08broken", b"WARC/1.0\r\nContent-Length: x", b"<html>" * 100],
    ids=["empty", "text", "packed text", "broken gzip", "no length", "HTML"],  # the same in every process that collects the tests
)
def test_what_is_no_warc_file_says_so(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(body)
    pages, _, damage = read(path)
    assert pages == [] and damage


def test_a_header_line_that_never_ends_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"WARC/1.0\r\nWARC-Type: ")
        for _ in range(100):
            file.write(b"a" * 2**20)
    assert "header" in read(path)[2]


def test_a_record_that_lies_about_its_length_ends_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.warc", "https://example.com/a", is_packed=False)
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.com/b\r\nContent-Length: 99999\r\n\r\n"
    path.write_bytes(path.read_bytes() + head + b"HTTP/1.1 200 OK\r\n\r\nx")
    pages, _, damage = read(path)
    assert [page.url for page in pages] == ["https://example.com/a"]
    assert "ends within a record" in damage
