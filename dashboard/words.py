"""Numbers, days and crawled text come in; the words and the safe text that pages show go out."""

import html
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime

import pandas as pd

from tracker.files import safe_cell
from tracker.measures.intervals import Interval

FEW = 30  # under this many stories a percentage pretends to a precision it does not have: counts are said instead
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|$:<>~&])")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")  # control and direction marks
_LATE = re.compile(r":(?=[\w/])|(?<=www)\.")  # read as icon, emoji or link even when escaped: a word joiner parts them


def seen(text: str) -> str:
    """Crawled text on one line, without the characters that are not seen but change how the rest is."""
    return " ".join(_UNSEEN.sub("", text).split())


def plain(text: str) -> str:
    """Crawled text made safe for widgets that read Markdown: shown as it is, never as markup, icon, formula or link."""
    return _MARKUP.sub(r"\\\1", _LATE.sub(lambda found: found.group() + "\u2060", seen(text)))


def label(text: str) -> str:
    """Crawled text made safe for charts, which read some HTML, and TeX between dollar signs."""
    return html.escape(seen(text)).replace("$", "&#36;")


def safe_link(url: object) -> str | None:
    """The address if it leads to the web; None for javascript:, data: and everything else."""
    return url if isinstance(url, str) and url.lower().startswith(("http://", "https://")) else None


def csv(frame: pd.DataFrame) -> str:
    """A table as the text of a CSV file in which no name and no cell is run as a formula."""
    return frame.map(safe_cell).rename(columns=safe_cell).to_csv(index=False)


def shorten(text: str, characters: int) -> str:
    """The beginning of a text, cut at the end of a sentence or else of a word, with an ellipsis if anything was cut."""
    text = seen(text)
    if len(text) <= characters:
        return text
    head = text[:characters]
    sentence = max(head.rfind(mark) for mark in (". ", "? ", "! "))
    return head[: sentence + 1] + " …" if sentence > characters // 2 else head.rsplit(" ", 1)[0] + " …"


def day(value: date) -> str:
    """31 Oct 2026."""
    return f"{value.day} {value:%b %Y}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """1 story, 1,200 stories."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def whole(number: float | None) -> str:
    """1,200, or nothing where there is no number: a table would print None."""
    return "" if number is None or pd.isna(number) else f"{number:,.0f}"


def percent(value: float) -> str:
    """0.0740 as 7.4%, 0.31 as 31%: a second digit, never a third."""
    return f"{value:.1%}" if abs(value) < 0.1 else f"{value:.0%}"


def points(value: float) -> str:
    """A difference of two shares in percentage points, with its sign."""
    return f"{signed(value * 100, 1)} pp"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, a true minus, and no negative zero."""
    text = f"{abs(value):.{digits}f}"
    if not text.strip("0."):
        return text
    return ("+" if value > 0 else "\u2212") + text


def share(interval: Interval, top: int) -> str:
    """A share with its interval; under FEW stories the counts."""
    if interval.value is None or interval.n < FEW:
        return f"{top:,} of {interval.n:,}"
    return percent(interval.value) + between(interval, percent)


def net(interval: Interval) -> str:
    """A net stance with its interval."""
    return "" if interval.value is None else signed(interval.value) + between(interval, signed)


def between(interval: Interval, form: Callable[[float], str]) -> str:
    """The interval in brackets, or nothing where there are too few outlets for one."""
    if interval.low is None or interval.high is None:
        return ""
    return f" ({form(interval.low)} to {form(interval.high)})"


def sides(supports: int, opposes: int, neutral: int, unsure: int = 0) -> str:
    """5 support, 4 oppose, 3 neutral, 2 unsure."""
    sided = f"{supports:,} support{'s' if supports == 1 else ''}, {opposes:,} oppose{'s' if opposes == 1 else ''}, {neutral:,} neutral"
    return sided + unsure_too(unsure)


def unsure_too(unsure: int) -> str:
    """What stands after a count of judged stories or passages: those on which the judge abstained, if any."""
    return f", {unsure:,} unsure" if unsure else ""


def tally(supports: int, opposes: int, neutral: int) -> str:
    """▲ 5 ▼ 4 ○ 3: supporting, opposing and neutral stories where there is no room for words."""
    return f"▲ {supports:,}  ▼ {opposes:,}  ○ {neutral:,}"


def together(parts: Sequence[str]) -> str:
    """a, b and c."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def named(speaker: object) -> str:
    """The speaker's name; someone where it is not given."""
    return speaker if isinstance(speaker, str) and speaker else "someone"


def sureness(confidence: float) -> str:
    """A judge's confidence as a word: three digits would promise more than a classifier knows. Nothing where it abstains (NaN)."""
    if pd.isna(confidence):
        return ""
    return "high" if confidence >= 0.8 else "medium" if confidence >= 0.6 else "low"


def when(value: datetime | None) -> str:
    """31 Oct 2026, 04:10 UTC."""
    return "unknown" if value is None or pd.isna(value) else f"{day(value)}, {value:%H:%M} UTC"
