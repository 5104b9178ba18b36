"""The pages of a world come in; how long a bare pool of processes takes to read them, without a network, goes out."""

import gzip
import json
import multiprocessing
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import trafilatura

from tracker.extract import article
from tracker.records import Entry, Page
from tracker.settings import ExtractSettings

SEEN_AT = datetime(2026, 11, 22)  # any day after the pages' own dates
CHUNK = 8  # pages handed to a process at a time: handing over then costs nothing beside reading


@dataclass(frozen=True, slots=True)
class Bare:
    """Wall time, and the processor time of the reading alone, in seconds."""

    seconds: float
    cpu_seconds: float


def measure(folder: Path, urls: Sequence[str]) -> tuple[Bare, Bare]:
    """`article.read`, and trafilatura alone, with a process a processor, all started and warm."""
    index = json.loads((folder / "answers.json").read_text())
    places = [(url, index[parts.hostname][parts.path]) for url in urls if (parts := urlsplit(url))]
    processes = os.cpu_count() or 1
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(partial(_read, folder), places[: 8 * processes], chunksize=1)  # loads the parsers in every process
        read = _timed(pool.imap_unordered(partial(_read, folder), places, CHUNK))
        return read, _timed(pool.imap_unordered(partial(_extract_alone, folder), places, CHUNK))


def _timed(working: Iterable[float]) -> Bare:
    started = time.perf_counter()
    cpu_seconds = sum(working)
    return Bare(time.perf_counter() - started, cpu_seconds)


def _read(folder: Path, place: tuple[str, dict[str, int]]) -> float:
    """Processor seconds for one page."""
    url, body = _body(folder, place)
    entry = Entry("", "", url, url, None, "", None, "", "", SEEN_AT, "", SEEN_AT)
    started = time.process_time()
    article.read(Page(entry, url, SEEN_AT, "ok", "", 200, body, "text/html; charset=utf-8", 0.0), ExtractSettings())
    return time.process_time() - started


def _extract_alone(folder: Path, place: tuple[str, dict[str, int]]) -> float:
    url, body = _body(folder, place)
    started = time.process_time()
    trafilatura.bare_extraction(body, url=url, include_comments=False, favor_precision=True, with_metadata=True)
    return time.process_time() - started


def _body(folder: Path, place: tuple[str, dict[str, int]]) -> tuple[str, bytes]:
    url, served = place
    with (folder / "answers.bin").open("rb") as pack:
        pack.seek(served["start"])
        return url, gzip.decompress(pack.read(served["size"]))
