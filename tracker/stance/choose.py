"""A judge's name, as people write it after --judge, comes in; what makes that judge goes out."""

import re
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A chat model by name. `endpoint`: what stands before /chat/completions. `prices`: of a million tokens read and written."""

    model: str
    endpoint: str
    prices: tuple[float, float] | None


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
            raise _missing("--judge", "hub", error) from None
        return partial(HubJudge, found["model"], found["revision"] or "main")
    if chosen := language_model(name, "--judge", prices):
        from tracker.stance.llm import LlmJudge

        return partial(LlmJudge, chosen.model, chosen.endpoint, answers, key, chosen.prices)
    raise SettingsError(f"--judge: '{name}' is no judge's name. Write {_FORMS}.")


def language_model(name: str, option: str, prices: str = "") -> LanguageModel | None:
    """The chat model that a name like 'llm:MODEL@http://host:port/v1' means; None if it is no such name.

    Raises SettingsError, naming the command's `option`, for a key in the address, for prices we cannot read, and for a missing package.
    """
    found = _LLM.fullmatch(name)
    if not found:
        if name.startswith("llm:") and "@" in name.partition("://")[2]:
            raise SettingsError(f"{option}: no user, password or key in the address; put the key into the environment variable TRACKER_LLM_KEY.")
        return None
    costs = _PRICES.fullmatch(prices.replace(" ", ""))
    if prices and not costs:
        raise SettingsError(f"TRACKER_LLM_PRICES: '{prices}' are not two prices of a million tokens, read and written; write 0.15,0.60.")
    try:
        import tracker.chat  # noqa: F401  # only to see that it can be
    except ModuleNotFoundError as error:
        raise _missing(option, "llm", error) from None
    return LanguageModel(found["model"], found["endpoint"], (float(costs[1]), float(costs[2])) if costs else None)


def _missing(option: str, extra: str, error: ModuleNotFoundError) -> SettingsError:
    return SettingsError(
        f"{option}: '{extra}:' needs the package {error.name}, which is not installed. "
        f"Run `uv sync --extra {extra}`, or `pip install 'narrative-tracker[{extra}]'`."
    )
