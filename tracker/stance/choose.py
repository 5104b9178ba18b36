"""A judge's name, as people write it after --judge, comes in; what makes that judge goes out."""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from tracker.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.stance.judge import Judge

MakeJudge: TypeAlias = "Callable[[], Judge]"

PACKAGED = "packaged"

_HUB = re.compile(r"hub:(?P<model>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?")
_LLM = re.compile(r"llm:(?P<model>\S+)@(?P<endpoint>https?://[^\s@/]+[^\s@]*)")
_PRICES = re.compile(r"(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)")
_FORMS = f"'{PACKAGED}', 'hub:owner/model', 'hub:owner/model@revision' or 'llm:MODEL@http://host:port/v1'"


@runtime_checkable
class Metered(Protocol):
    """A judge that counts what it asks."""

    @property
    def spent(self) -> str:
        """What was asked and what it cost, on one line."""


def judge(name: str, answers: Path, key: str = "", prices: str = "") -> MakeJudge:
    """A function that loads the judge of that name, or raises ModelError. All else that can be wrong is found before anything is loaded.

    For a language model: `answers` is the folder in which what it said is kept, `key` its API key, `prices` those of a million tokens
    read and written, as "0.15,0.60". Raises SettingsError for a name or prices we cannot read, and for a missing package.
    """
    if name == PACKAGED:
        from tracker.stance.judge import OnnxJudge

        return OnnxJudge
    if found := _HUB.fullmatch(name):
        try:
            from tracker.stance.hub import HubJudge
        except ModuleNotFoundError as error:
            raise _missing("hub", error) from None
        return partial(HubJudge, found["model"], found["revision"] or "main")
    if found := _LLM.fullmatch(name):
        costs = _PRICES.fullmatch(prices.replace(" ", ""))
        if prices and not costs:
            raise SettingsError(f"TRACKER_LLM_PRICES: '{prices}' are not two prices of a million tokens, read and written; write 0.15,0.60.")
        try:
            from tracker.stance.llm import LlmJudge
        except ModuleNotFoundError as error:
            raise _missing("llm", error) from None
        priced = (float(costs[1]), float(costs[2])) if costs else None
        return partial(LlmJudge, found["model"], found["endpoint"], answers, key, priced)
    if name.startswith("llm:") and "@" in name.partition("://")[2]:
        raise SettingsError("--judge: no user, password or key in the address; put the key into the environment variable TRACKER_LLM_KEY.")
    raise SettingsError(f"--judge: '{name}' is no judge's name. Write {_FORMS}.")


def _missing(extra: str, error: ModuleNotFoundError) -> SettingsError:
    return SettingsError(
        f"--judge: '{extra}:' needs the package {error.name}, which is not installed. "
        f"Run `uv sync --extra {extra}`, or `pip install 'narrative-tracker[{extra}]'`."
    )
