"""Dates: what a feed or a page wrote comes in, a naive UTC datetime we believe, or a note why not, goes out."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias

Precision: TypeAlias = Literal["", "date_only", "zoneless"]  # how much was written: a moment, a day alone, a time without its zone
DateNote: TypeAlias = Precision | Literal["missing", "future", "too_old", "unreadable"]

_OLDEST = timedelta(days=20 * 365.25)  # archives are in feeds; before the web there were none
_NEWEST = timedelta(hours=26)  # a local time ahead of UTC that was written without its zone, and then some

# Minutes east of UTC. Where a name has several meanings, the one most used in English-language feeds.
_ZONES = dict.fromkeys(("", "ut", "utc", "gmt", "z", "wet"), 0)
_ZONES |= {"adt": -180, "ast": -240, "edt": -240, "est": -300, "et": -300, "cdt": -300, "cst": -360, "ct": -360, "mdt": -360}
_ZONES |= {"mst": -420, "mt": -420, "pdt": -420, "pst": -480, "pt": -480, "akdt": -480, "akst": -540, "hst": -600}
_ZONES |= {"nst": -210, "ndt": -150, "art": -180, "brt": -180}
_ZONES |= {
    "west": 60,
    "bst": 60,
    "met": 60,
    "mest": 120,
    "cet": 60,
    "cest": 120,
    "eet": 120,
    "eest": 180,
    "sast": 120,
    "msk": 180,
}
_ZONES |= {
    "trt": 180,
    "gst": 240,
    "pkt": 300,
    "ist": 330,
    "wib": 420,
    "ict": 420,
    "hkt": 480,
    "sgt": 480,
    "awst": 480,
    "pht": 480,
}
_ZONES |= {"jst": 540, "kst": 540, "acst": 570, "acdt": 630, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780}
# RFC 822's military letters: A to M without J are west, N to Y east, as that text has it.
_ZONES |= {letter: -60 * hours for hours, letter in enumerate("abcdefghiklm", 1)}
_ZONES |= {letter: 60 * hours for hours, letter in enumerate("nopqrstuvwxy", 1)}
# English, German, French, Spanish, Italian, Portuguese, Dutch; without accents, and no name means different months.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janner janv janvier ene enero gen gennaio janeiro januari",
            "feb february februar feber fev fevr fevrier febrero febbraio fevereiro februari",
            "mar march marz mrz mars marzo marco mrt maart",
            "apr april avr avril abr abril aprile",
            "may mai mayo mag maggio maio mei",
            "jun june juni juin junio giu giugno junho",
            "jul july juli juil juillet julio lug luglio julho",
            "aug august aout ago agosto augustus",
            "sep sept september septembre septiembre setiembre set sett settembre setembro",
            "oct october okt oktober octobre octubre ott ottobre out outubro",
            "nov november novembre noviembre novembro",
            "dec december dez dezember decembre dic diciembre dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}
_CLOCK = r"(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?:(?P<half>[ap]\.?m\.?)(?![A-Za-z]))?)"
_ZONE = r"\s*\(?(?P<zone>[A-Za-z]{1,5}|(?:gmt|utc)?\s*[+-]\d{1,2}(?::?\d{2})?)?\)?(?:\s(?:GMT|UTC))?"
_YEAR = r"(?P<year>\d{2,4})"
_RFC822 = re.compile(
    rf"(?:[a-z-]+\.?\s?,?\s*)?(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.)?[\s-]+(?:de\s)?(?P<month>[a-z]+)\.?,?[\s-]+(?:de\s)?{_YEAR},?"
    rf"(?:[\s,]+{_CLOCK})?{_ZONE}",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?:[a-z]+(?:\.?,\s*|\s+))?(?P<month>[a-z]+)\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR},?(?:\s*(?:at\s+)?{_CLOCK})?{_ZONE}",
    re.IGNORECASE,
)
_ASCTIME = re.compile(
    rf"[a-z]{{3}}\s+(?P<month>[a-z]{{3}})\s+(?P<day>\d{{1,2}})\s+{_CLOCK}{_ZONE}\s+(?P<year>\d{{4}})", re.IGNORECASE
)
_ISO = re.compile(
    r"(?P<date>\d{4}-\d{1,2}-\d{1,2}|\d{8}|\d{4}/\d{1,2}/\d{1,2}|\d{4}-?W\d{2}-?[1-7]|\d{4}-?\d{3})"  # a day of a month, a week, or a year
    r"(?:(?:[T\s]+(?P<clock>\d{1,2}:?\d{2}(?::?\d{2})?)|T(?P<full_hour>\d{2}))(?:[.,]\d+)?\s*(?:(?P<half>[ap]\.?m\.?)(?![A-Za-z]))?"
    r"(?:\s*(?P<zone>[A-Z]{1,5}|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?)(?:\s*(?:GMT|UTC|\[.*\]))?)?)?",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\([^()]*\)")
_FORMS = (_ISO, _RFC822, _MONTH_FIRST, _ASCTIME)


def believable(value: str | datetime | None, first_seen_at: datetime) -> tuple[datetime | None, DateNote]:
    """A publication time we can stand behind, naive UTC, with its Precision as note; else None and why.

    Believed is what lies from 20 years before `first_seen_at` (naive UTC) to 26 hours after it. A day alone is its midnight.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, "missing"
    moment, precision = _read(value) if isinstance(value, str) else (_naive_utc(value), "")
    if moment is None:
        return None, "unreadable"
    if moment > first_seen_at + _NEWEST:
        return None, "future"
    if moment < first_seen_at - _OLDEST:
        return None, "too_old"
    return moment, precision


def parse(text: str) -> datetime | None:
    """RFC 822, ISO 8601 and their common misspellings as naive UTC; zone-less times are read as UTC. None when unreadable."""
    return _read(text)[0]


def in_url(url: str) -> str | None:
    """The day that a URL names in its path, like /2025/06/03/, /2025-06-03- or /2025/jun/03/, as ISO date; None without one."""
    found = re.search(r"/((?:19|20)\d{2})[/-](0?[1-9]|1[0-2]|[a-z]{3})[/-](0?[1-9]|[12]\d|3[01])(?=[/_.-]|$)", url.lower())
    if found is None:
        return None
    year, month, day = found.groups()
    number = int(month) if month.isdigit() else _MONTHS.get(month)
    return f"{year}-{number:02}-{int(day):02}" if number else None


def _read(text: str) -> tuple[datetime | None, Precision]:
    text = " ".join(_without_accents(text.replace("\u2212", "-").removeprefix("\ufeff")).split())
    # As it stands first: a zone in brackets is a comment to RFC 5322, and the zone to whoever wrote it
    readings = (text, " ".join(_COMMENT.sub(" ", text).split()))
    found = next((match for reading in readings for form in _FORMS if (match := form.fullmatch(reading))), None)
    if found is None:
        return None, ""
    part = found.groupdict()
    moment = _from_iso(part) if "date" in part else _from_words(part)
    if not (part.get("clock") or part.get("full_hour") or part.get("hour")):
        return moment, "date_only"
    return moment, "" if part["zone"] else "zoneless"


def _without_accents(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def _from_iso(part: dict[str, str | None]) -> datetime | None:
    day = _iso_day((part["date"] or "").upper())
    if day is None:
        return None
    clock = (part["clock"] or (part["full_hour"] or "") + "00").replace(":", "").zfill(4)
    if len(clock) == 5:  # 9:15:00
        clock = "0" + clock
    hour = _of_24(int(clock[:2]), part["half"])
    return _moment(day.year, day.month, day.day, hour, clock[2:4], clock[4:6] or "0", part["zone"] or "")


def _iso_day(text: str) -> date | None:
    digits = re.split(r"[-/]", text)
    bare = text.replace("-", "")
    try:
        if "W" in bare:
            year, week, weekday = bare[:4], bare[5:7], bare[7]
            return date.fromisocalendar(int(year), int(week), int(weekday))
        if len(digits) == 3:
            return date(int(digits[0]), int(digits[1]), int(digits[2]))
        if len(bare) == 8:
            return date(int(bare[:4]), int(bare[4:6]), int(bare[6:]))
        first, number = date(int(bare[:4]), 1, 1), int(bare[4:])
        day = first + timedelta(days=number - 1)
    except (ValueError, OverflowError):  # no such day, or off the calendar
        return None
    return day if number and day.year == first.year else None


def _from_words(part: dict[str, str | None]) -> datetime | None:
    month = _MONTHS.get((part["month"] or "").lower())
    year = int(part["year"] or 0)
    if len(part["year"] or "") == 2:
        year += 1900 if year > 68 else 2000  # as POSIX reads two digits
    elif len(part["year"] or "") == 3:
        year += 1900  # RFC 5322, section 4.3: programs that counted from 1900
    hour = _of_24(int(part["hour"] or 0), part["half"])
    return _moment(year, month or 0, part["day"] or 0, hour, part["minute"] or 0, part["second"] or 0, part["zone"] or "")


def _of_24(hour: int, half: str | None) -> int:
    """The hour of the day; `half` is AM or PM in any spelling, and says nothing where the hour is of the day already."""
    if not half or not 1 <= hour <= 12:
        return hour
    return hour % 12 + (12 if half.lower().startswith("p") else 0)


def _moment(
    year: str | int, month: str | int, day: str | int, hour: str | int, minute: str | int, second: str | int, zone: str
) -> datetime | None:
    east = _minutes_east(zone)
    if east is None:
        return None
    carry = timedelta(days=1) if (int(hour), int(minute), int(second)) == (24, 0, 0) else timedelta()  # ISO's end of day
    leap = int(second) == 60
    try:
        local = datetime(int(year), int(month), int(day), 0 if carry else int(hour), int(minute), 59 if leap else int(second))
        return local + carry - timedelta(minutes=east)
    except (ValueError, OverflowError):  # no such day, or off the calendar
        return None


def _minutes_east(zone: str) -> int | None:
    zone = zone.lower().replace(" ", "")
    offset = re.fullmatch(r"(?:gmt|utc)?([+-])(\d{1,2}):?(\d{2})?", zone)
    if offset is None:
        return _ZONES.get(zone)
    hours, minutes = int(offset[2]), int(offset[3] or 0)
    if hours > 14 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if offset[1] == "-" else 1)


def _naive_utc(value: datetime) -> datetime | None:
    if value.tzinfo is None:
        return value
    try:
        return value.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None
