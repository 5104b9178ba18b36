"""A moment (naive UTC) comes in; the strings in which outlets show it go out."""

from datetime import UTC, datetime, timedelta, timezone

EDT, EST = timezone(timedelta(hours=-4), "EDT"), timezone(timedelta(hours=-5), "EST")
WEST, EAST = timezone(timedelta(hours=-5)), timezone(timedelta(hours=2))


def iso(moment: datetime) -> str:
    """2025-06-03T08:30:00Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def gmt(moment: datetime) -> str:
    """RFC 822 in GMT, as most RSS feeds have it."""
    return f"{_weekday(moment)}, {moment.day:02} {_month(moment)[:3]} {moment:%Y %H:%M:%S} GMT"


def american(moment: datetime) -> str:
    """RFC 822 with a zone's name. The name fixes the offset, so April to October is near enough to summer time."""
    local = _at(moment, EDT if 4 <= moment.month <= 10 else EST)
    return f"{_weekday(local)}, {local.day:02} {_month(local)[:3]} {local:%Y %H:%M:%S %Z}"


def zoned(moment: datetime) -> str:
    """ISO 8601 with an offset: -05:00 in odd months, +02:00 in even ones, as if filed by two bureaus."""
    return _at(moment, EAST if moment.month % 2 == 0 else WEST).isoformat()


def spoken(moment: datetime) -> str:
    """June 3, 2025."""
    return f"{_month(moment)} {moment.day}, {moment.year}"


def _at(moment: datetime, zone: timezone) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(zone)


# English names whatever the locale of the machine
def _weekday(moment: datetime) -> str:
    return ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]


def _month(moment: datetime) -> str:
    names = "January February March April May June July August September October November December"
    return names.split()[moment.month - 1]
