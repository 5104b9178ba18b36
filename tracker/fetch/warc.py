"""Web archives: a WARC file on this machine comes in (ISO 28500, as Common Crawl's news crawl has them); pages, in batches, go out."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeadersParser
from warcio.timeutils import iso_date_to_datetime

from tracker.fetch.headers import media_type

_HTML = ("text/html", "application/xhtml+xml", "")
_HEADER_BYTES = 2**20  # of one record, read ahead included: more is an attack or a broken file
_PAGES_AT_ONCE = 32  # in memory, of at most the byte limit each
_RECORDS_AT_ONCE = 2000  # without a page for us: now and then we say how far we are
_PACKED_SLACK = 2**16  # HTTP headers and chunk marks around a body
_PIECE = 2**16  # bytes read at a time
_BROKEN = (OSError, ValueError, zlib.error, ArchiveLoadFailed)  # gzip.BadGzipFile is an OSError
_HTTP = StatusAndHeadersParser([], verify=False)


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """One stored answer of a server: an HTML page with status 200, decoded. `fetched_at` is naive UTC."""

    url: str
    fetched_at: datetime
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pages of a WARC file. `position` is how many bytes of the file were read; `left_out` counts wanted pages we could not take.

    `damage` is '' or says why the file could not be read further: then this is the last batch.
    """

    pages: tuple[ArchivedPage, ...]
    position: int
    left_out: int = 0
    damage: str = ""


def read(path: Path, wants: Callable[[str], bool], limit_bytes: int) -> Iterator[Batch]:
    """The pages whose address is wanted, in the file's order. Never raises for what the file contains; OSError when it cannot be opened."""
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        # Unpacked here, not by warcio, which takes a broken end for the end
        bounded = _Bounded(gzip.GzipFile(fileobj=file) if is_packed else file)
        pages: list[ArchivedPage] = []
        records = left_out = 0
        damage = ""
        try:
            for record in _records(bounded):
                records += 1
                if record.rec_type == "response" and wants(url := record.rec_headers.get_header("WARC-Target-URI") or ""):
                    page = _page(record, url, limit_bytes)
                    if page is not None:
                        pages.append(page)
                    else:
                        left_out += 1
                if len(pages) == _PAGES_AT_ONCE or records == _RECORDS_AT_ONCE:
                    yield Batch(tuple(pages), file.tell(), left_out)
                    pages, records, left_out = [], 0, 0
        except _BROKEN as error:
            damage = "".join(letter for letter in str(error).splitlines()[0] if letter.isprintable())[:200]
        yield Batch(tuple(pages), file.tell(), left_out, damage)


class _Bounded:
    """A stream that gives at most so many bytes while a record's header is read: a header may not fill the memory."""

    def __init__(self, stream: io.BufferedReader | gzip.GzipFile) -> None:
        self._stream = stream
        self.left: int | None = None
        self.last = b""

    def read(self, length: int = -1) -> bytes:
        try:
            data = self._stream.read1(length)  # not read(): before a break it would give up what it has
        except EOFError as error:  # warcio would take it for the end of the file
            raise ValueError("the compressed data ends too early") from error
        self.last = data or self.last
        if self.left is not None:
            self.left -= len(data)
            if self.left < 0:
                raise ValueError("a record's header is too long")
        return data

    def tell(self) -> int:
        return self._stream.tell()


def _records(stream: _Bounded) -> Iterator[Any]:
    """The records; raises one of _BROKEN where the file is cut or is no WARC file."""
    iterator = ArchiveIterator(stream, no_record_parse=True)
    count = 0
    while True:
        stream.left = _HEADER_BYTES
        record = next(iterator, None)
        stream.left = None
        if record is None:
            break
        if record.format != "warc" or record.length is None:
            raise ValueError("not a WARC record, or one without a length")
        count += 1
        yield record
        _finish(record)
    if count == 0:
        raise ValueError("no records: not a WARC file")
    if not stream.last.endswith(b"\n"):
        raise ValueError("the file ends within a record's header")


def _finish(record: Any) -> None:
    """Read a record to its end. Raises ValueError when it ends too early."""
    while record.raw_stream.read(_PIECE):
        pass
    if record.raw_stream.limit > 0:
        raise ValueError("the file ends within a record")


def _page(record: Any, url: str, limit_bytes: int) -> ArchivedPage | None:
    """The page a response record holds; None when it is too large, not HTML, not an answer of 200, or packed in a way we do not read."""
    if record.length > limit_bytes + _PACKED_SLACK:
        return None
    try:
        headers = _HTTP.parse(record.raw_stream)
        fetched_at = iso_date_to_datetime(record.rec_headers.get_header("WARC-Date") or "")
    except (EOFError, ValueError, TypeError):
        return None
    content_type = headers.get_header("Content-Type") or ""
    if headers.get_statuscode() != "200" or media_type(content_type) not in _HTML:
        return None
    stream = record.raw_stream
    if (headers.get_header("Transfer-Encoding") or "").lower() == "chunked":
        stream = ChunkedDataReader(stream)
    body = b"".join(iter(lambda: stream.read(_PIECE), b""))
    _finish(record)
    decoded = _decoded(body, (headers.get_header("Content-Encoding") or "").lower(), limit_bytes)
    return ArchivedPage(url, fetched_at, content_type, decoded) if decoded else None


def _decoded(body: bytes, coding: str, limit_bytes: int) -> bytes | None:
    """The body without its gzip or deflate coding; None when it is too large or coded otherwise."""
    if coding in ("", "identity") or (
        coding in ("gzip", "x-gzip") and not body.startswith(b"\x1f\x8b")
    ):  # many archives store it decoded
        return body if len(body) <= limit_bytes else None
    if coding not in ("gzip", "x-gzip", "deflate"):
        return None
    unpacking = zlib.decompressobj(zlib.MAX_WBITS + 32)  # knows gzip and zlib by their first bytes
    try:
        decoded = unpacking.decompress(body, limit_bytes)
    except zlib.error:
        return None
    return decoded if unpacking.eof else None
