"""Date strings with their right answers (dates.yaml) come in; how many `extract.dates` reads or refuses rightly goes out."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

import yaml
from pydantic import TypeAdapter, ValidationError

from tracker.errors import SettingsError
from tracker.extract import dates

GOLD = Path(__file__).with_suffix(".yaml")
FIRST_SEEN_AT = datetime(2026, 11, 22, 6, 0)  # what dates.yaml says; naive UTC

Answer: TypeAlias = datetime | Literal["refused"]


@dataclass(frozen=True, slots=True)
class Case:
    """One string, what it means (naive UTC, or refused), and what was found."""

    group: str
    written: str
    expected: Answer
    found: Answer

    @property
    def is_right(self) -> bool:
        """Whether the found moment is the expected one, to the second."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True)
class Report:
    """All cases, in the order of the file."""

    cases: tuple[Case, ...]

    @property
    def misses(self) -> tuple[Case, ...]:
        """The cases answered wrongly."""
        return tuple(case for case in self.cases if not case.is_right)

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(measure, value, detail): shares of the cases, then one row for each miss."""
        readable = [case for case in self.cases if case.expected != "refused"]
        refusable = [case for case in self.cases if case.expected == "refused"]
        # An article with a refused date is kept apart; one with a wrong date falsifies two days
        unharmed = [case.is_right or case.found == "refused" for case in self.cases]
        return [
            _share("right", [case.is_right for case in self.cases]),
            _share("read rightly", [case.is_right for case in readable]),
            _share("refused rightly", [case.is_right for case in refusable]),
            _share("never a wrong date", unharmed),
            *(
                ("  missed", None, f"{case.group}: {case.written!r} is {case.expected}, found {case.found}")
                for case in self.misses
            ),
        ]


def evaluate(gold: Path = GOLD) -> Report:
    """Ask for each string's moment. Raises SettingsError if the file is not groups of string: moment or refused."""
    try:
        groups = TypeAdapter(dict[str, dict[str, Answer]]).validate_python(yaml.safe_load(gold.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise SettingsError(f"{gold}: not groups of date strings with their answers: {str(error).splitlines()[0]}") from None
    return Report(
        tuple(
            Case(group, written, expected, _found(written))
            for group, cases in groups.items()
            for written, expected in cases.items()
        )
    )


def _found(written: str) -> Answer:
    moment, _ = dates.believable(written, FIRST_SEEN_AT)
    return "refused" if moment is None else moment.replace(microsecond=0)


def _share(measure: str, answers: list[bool]) -> tuple[str, float, str]:
    return measure, sum(answers) / max(len(answers), 1), f"{sum(answers)} of {len(answers)}"
