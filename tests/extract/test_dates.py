"""Dates are read as written, kept in UTC, and believed only when they can be true."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import FIXED_NOW
from tracker.extract.dates import believable, in_url, parse

NOON = datetime(2025, 6, 3, 12, 0)


@pytest.mark.parametrize(
    "text",
    """Tue, 03 Jun 2025 12:00:00 GMT|Tue, 03 Jun 2025 12:00:00 +0000|Tue, 3 Jun 2025 12:00 UT|3 Jun 25 12:00:00 Z
    |Tue, 03 Jun 2025 08:00:00 EDT|Tue, 03 Jun 2025 07:00:00 EST|Tue, 03 Jun 2025 05:00:00 PDT|Tue, 03 Jun 2025 14:00:00 CEST
    |Tue, 03 Jun 2025 13:00:00 BST|Tue, 03 Jun 2025 21:00:00 JST|Tue, 03 Jun 2025 17:30:00 IST|Tue, 03 Jun 2025 17:45:00 +0545
    |Wed, 04 Jun 2025 00:00:00 +1200|Tue, 03 Jun 2025 22:00:00 AEST|Tue, 03 Jun 2025 12:00:00|Tuesday, June 3, 2025 12:00 PM
    |June 3, 2025 at 8:00 am EDT|Tue Jun 3 12:00:00 2025|Tue Jun  3 12:00:00 GMT 2025|Tue, 03 June 2025 14:00:00 GMT+0200
    |2025-06-03T12:00:00Z|2025-06-03T12:00Z|2025-06-03T12:00:00.123Z|2025-06-03T14:00:00+02:00|2025-06-03T14:00:00+0200
    |2025-06-03 12:00:00|2025-06-03 12:00:00 UTC|2025-06-03T05:00:00-07:00|20250603T120000Z|2025-06-03t12:00:00z
    |Tue, 03 Jun 2025 12:00:00 +0000 (UTC)|2025-06-03T12:00:00\u221200:00""".split("|"),
)
def test_one_moment_in_many_forms(text: str) -> None:
    assert parse(text) is not None
    assert parse(text).replace(second=0, microsecond=0) == NOON  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["2025-06-03", "03 Jun 2025", "June 3, 2025", "20250603", "2025/06/03", "Tue, 03 Jun 2025"])
def test_a_day_is_its_midnight_and_is_noted(text: str) -> None:
    assert believable(text, FIXED_NOW) == (datetime(2025, 6, 3), "date_only")


@pytest.mark.parametrize(
    "text",
    ["2025-06-03T12:00:00", "2025-06-03 12:00", "Tue, 03 Jun 2025 12:00:00", "June 3, 2025 12:00 PM", "Tue Jun 3 12:00:00 2025"],
)
def test_a_time_without_a_zone_is_utc_and_is_noted(text: str) -> None:
    assert believable(text, FIXED_NOW) == (NOON, "zoneless")


def test_a_zone_named_without_an_offset_is_not_guessed() -> None:
    assert believable("2025-06-03T12:00:00[Europe/Berlin]", FIXED_NOW) == (None, "unreadable")


@pytest.mark.parametrize(
    "names",
    [
        "Januar Februar M\u00e4rz April Mai Juni Juli August September Oktober November Dezember",
        "janvier f\u00e9vrier mars avril mai juin juillet ao\u00fbt septembre octobre novembre d\u00e9cembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "janeiro fevereiro mar\u00e7o abril maio junho julho agosto setembro outubro novembro dezembro",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "Jan. Feb. M\u00e4r. Apr. Mai Jun. Jul. Aug. Sep. Okt. Nov. Dez.",
        "janv. f\u00e9vr. mars avr. mai juin juil. ao\u00fbt sept. oct. nov. d\u00e9c.",
    ],
)
def test_months_in_other_languages(names: str) -> None:
    for month, name in enumerate(names.split(), 1):
        assert parse(f"3 {name} 2025") == parse(f"3. {name} 2025") == parse(f"3 de {name} de 2025") == datetime(2025, month, 3)
        assert parse(f"ma., 03 {name} 2025 08:30:00 +0200") == datetime(2025, month, 3, 6, 30)
        assert parse(f"3 {name.upper()} 2025") == datetime(2025, month, 3)


@pytest.mark.parametrize(
    "text",
    [
        "2024-13-45",
        "2024-13-45T10:00:00Z",
        "31 Feb 2025 10:00 GMT",
        "2025-06-03T25:61:00Z",
        "yesterday",
        "0000-00-00",
        "-1",
        "2025-06-03 12:00 XQZ",
    ],
)
def test_impossible_dates_are_unreadable_not_rolled_over(text: str) -> None:
    assert believable(text, FIXED_NOW) == (None, "unreadable")


@pytest.mark.parametrize(
    ("value", "note"),
    [
        (None, "missing"),
        ("  ", "missing"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "too_old"),
        ("0001-01-01T00:00:00+02:00", "unreadable"),
        ("1699-01-01", "too_old"),
        ("2999-01-01", "future"),
        ("9999-12-31T23:59:59-05:00", "unreadable"),
        (FIXED_NOW + timedelta(hours=27), "future"),
        (FIXED_NOW - timedelta(days=21 * 365.25), "too_old"),
    ],
)
def test_what_cannot_be_true_is_not_believed(value: str | datetime | None, note: str) -> None:
    assert believable(value, FIXED_NOW) == (None, note)


def test_a_clock_some_hours_ahead_is_believed() -> None:
    ahead = FIXED_NOW + timedelta(hours=25)
    assert believable(ahead, FIXED_NOW) == (ahead, "")


def test_aware_datetimes_become_naive_utc() -> None:
    assert believable(NOON.replace(tzinfo=UTC), FIXED_NOW) == (NOON, "")


@given(st.text(max_size=40))
def test_no_text_is_too_strange(text: str) -> None:
    moment, note = believable(text, FIXED_NOW)
    assert (moment is None) == (note not in ("", "date_only", "zoneless"))


@given(st.datetimes(datetime(2007, 1, 1), datetime(2026, 10, 1)), st.timezones())
def test_what_is_written_in_any_zone_comes_back_in_utc(moment: datetime, zone: object) -> None:
    written = moment.replace(microsecond=0, tzinfo=UTC).astimezone(zone)  # type: ignore[arg-type]
    if written.utcoffset().total_seconds() % 60 == 0:  # type: ignore[union-attr]
        assert parse(written.isoformat()) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://example.com/2025/06/03/story", "2025-06-03"),
        ("https://example.com/news/2025/6/3/story", "2025-06-03"),
        ("https://example.com/2025-06-03-story", "2025-06-03"),
        ("https://example.com/2025/06/story", None),
        ("https://example.com/a/12025/06/03/", None),
    ],
)
def test_days_in_addresses(url: str, day: str | None) -> None:
    assert in_url(url) == day
