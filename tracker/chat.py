"""Questions for a chat model behind an OpenAI-compatible address come in; answers of one agreed form, kept on disk, and what they cost go out."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import aiohttp
import stamina
from pydantic import BaseModel, Field, ValidationError

from tracker.errors import ModelError, StoreError, redacted

# {"role": "system", "content": "..."}, ...; the last one is the question
Messages: TypeAlias = list[dict[str, str]]
A = TypeVar("A", bound=BaseModel)

AGAIN = "\n\nAnswer with the JSON object alone."  # after an answer that was none: at temperature 0 the same question gets the same answer
_TOLD = 200  # characters of a server's own message that are shown


@dataclass(frozen=True, slots=True)
class Form(Generic[A]):
    """What an answer must look like: its JSON schema, and the model that reads it. `declined`: what stands for an answer that is refused."""

    name: str
    schema: Mapping[str, Any]
    answer: type[A]
    declined: A


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for, and how hard it is asked."""

    tries: int = 7  # with the waits below about a minute: a rate limit a minute long is outlasted
    first_wait_seconds: float = 1.0  # doubled each time
    longest_wait_seconds: float = 60.0  # also of what Retry-After asks for
    answer_seconds: float = 120.0  # whole answer; a slow local model takes some tens of seconds for the prompt
    at_once: int = 8  # below the rate limits of small accounts; a local server queues them


PATIENT = Patience()


@dataclass(slots=True)
class Spending:
    """What has been asked so far. `prices`: of a million tokens read and written, in any currency."""

    prices: tuple[float, float] | None = None
    requests: int = 0
    kept: int = 0  # answers that were on disk
    unread: int = 0  # answered, but not as agreed
    declined: int = 0  # questions that the model would not answer
    tokens_read: int = 0
    tokens_written: int = 0

    def add(self, usage: _Usage | None) -> None:
        """Count one answered request."""
        if usage:
            self.tokens_read += usage.prompt_tokens
            self.tokens_written += usage.completion_tokens

    def __str__(self) -> str:
        """One line for the run's summary."""
        line = f"{self.kept} answers from disk, {self.requests} requests, {self.tokens_read} tokens read, {self.tokens_written} written"
        line += "".join(f", {count} {what}" for count, what in ((self.unread, "unreadable"), (self.declined, "declined")) if count)
        if self.prices is None:
            return line
        return f"{line}, cost {(self.tokens_read * self.prices[0] + self.tokens_written * self.prices[1]) / 1e6:.4f}"


class _Passing(Exception):  # noqa: N818  # not an error yet: the next try may do
    """Something that may be over at the next try; `wait`: seconds the server asked for. `is_unread`: it answered, but not as agreed."""

    def __init__(self, why: str, wait: float | None = None, is_unread: bool = False) -> None:
        super().__init__(why)
        self.wait = wait
        self.is_unread = is_unread


class _Kept(Generic[A]):
    """Answers on disk, one line each: the question's key, and the answer's fields in their order. No question is kept."""

    def __init__(self, path: Path, answer: type[A]) -> None:
        """Read what is there. A line that a killed run left half written is as if it were not there. Raises StoreError."""
        self._path = path
        self._answer = answer
        self.answers: dict[str, A] = {}
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
        except OSError as error:
            raise StoreError(f"{path}: cannot be read: {error.strerror}. See to its rights, or delete it.") from None
        for key, kept in filter(None, map(self._read, lines)):
            self.answers[key] = kept

    def add(self, key: str, answer: A) -> None:
        """Keep an answer at once. Raises StoreError."""
        self.answers[key] = answer
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write("\n" + json.dumps([key, *answer.model_dump().values()]))  # the line break first, to end a half line
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be written: {error.strerror}. Make room, or see to its rights.") from None

    def _read(self, line: str) -> tuple[str, A] | None:
        try:
            key, *values = json.loads(line)
            return str(key), self._answer(**dict(zip(self._answer.model_fields, values, strict=True)))
        except (ValueError, TypeError):  # pydantic's is a ValueError
            return None


class Chat(Generic[A]):
    """A chat model that is asked several questions at once, patiently, and none twice."""

    def __init__(
        self, model: str, endpoint: str, form: Form[A], kept: Path, key: str = "", prices: tuple[float, float] | None = None,
        patience: Patience = PATIENT,
    ) -> None:  # fmt: skip
        """`endpoint`: what stands before /chat/completions. `kept`: the file of answers. `key`: sent as a bearer token."""
        self.spending = Spending(prices)
        self._model = model
        self._url = f"{endpoint.rstrip('/')}/chat/completions"
        self._form = form
        self._key = key
        self._patience = patience
        self._kept = _Kept(kept, form.answer)

    def ask(self, questions: Mapping[str, Messages]) -> dict[str, A]:
        """The answer to each question, by its key; one once answered is not asked again.

        Raises ModelError when the server refuses, or still fails after all tries. What it answered until then is kept.
        """
        wanted = {key: messages for key, messages in questions.items() if key not in self._kept.answers}
        self.spending.kept += len(questions) - len(wanted)
        if wanted:
            asyncio.run(self._ask_all(wanted))
        return {key: self._kept.answers[key] for key in questions}

    async def _ask_all(self, wanted: Mapping[str, Messages]) -> None:
        """Ask, some at once. When one fails for good no further one is begun, and those under way are heard out."""
        waiting: Iterator[tuple[str, Messages]] = iter(wanted.items())
        failures: list[ModelError] = []

        async def worker(session: aiohttp.ClientSession) -> None:
            for key, messages in waiting:
                try:
                    self._kept.add(key, await self._ask_patiently(session, messages))
                except ModelError as error:
                    failures.append(error)
                if failures:
                    return

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=self._patience.answer_seconds)) as session:
            await asyncio.gather(*(worker(session) for _ in range(min(self._patience.at_once, len(wanted)))))
        if failures:
            raise failures[0]

    async def _ask_patiently(self, session: aiohttp.ClientSession, messages: Messages) -> A:
        patience, again = self._patience, ""

        def wait(error: Exception) -> bool | float:
            if not isinstance(error, _Passing):
                return False
            return True if error.wait is None else min(error.wait, patience.longest_wait_seconds)

        tries = stamina.retry_context(
            on=wait, attempts=patience.tries, timeout=None, wait_initial=patience.first_wait_seconds,
            wait_max=patience.longest_wait_seconds, wait_jitter=patience.first_wait_seconds,
        )  # fmt: skip
        try:
            async for attempt in tries:
                with attempt:
                    try:
                        return await self._ask(session, [*messages[:-1], messages[-1] | {"content": messages[-1]["content"] + again}])
                    except _Passing as error:
                        again = AGAIN if error.is_unread else again
                        raise
        except _Passing as error:
            raise ModelError(
                f"{self._url}: {self._shown(str(error))}, {patience.tries} times. Try later: what it answered is kept, and is not asked "
                f"again ({self.spending})."
            ) from None
        raise AssertionError("stamina returns or raises")

    async def _ask(self, session: aiohttp.ClientSession, messages: Messages) -> A:
        self.spending.requests += 1
        schema = {"type": "json_schema", "json_schema": {"name": self._form.name, "strict": True, "schema": self._form.schema}}
        question: dict[str, Any] = {"model": self._model, "messages": messages, "temperature": 0, "response_format": schema}
        try:
            async with session.post(self._url, json=question, allow_redirects=False) as response:
                body, status, after = await response.read(), response.status, response.headers.get("Retry-After", "")
        except TimeoutError:
            raise _Passing(f"no answer in {self._patience.answer_seconds:g} s") from None
        except aiohttp.ClientError as error:
            raise _Passing(f"cannot be reached ({str(error) or type(error).__name__})") from None
        if status in {408, 409, 429} or status >= 500:
            raise _Passing(f"status {status}", float(after) if after.isdecimal() else None)
        if status != 200:
            said = self._shown(body.decode("utf-8", "replace"))
            raise ModelError(f"{self._url}: refuses with status {status} ({said}). Check address, model and TRACKER_LLM_KEY.")
        return self._read(body)

    def _read(self, body: bytes) -> A:
        try:
            completion = _Completion.model_validate_json(body)
            self.spending.add(completion.usage)
            said = completion.choices[0]
            if said.message.refusal or said.finish_reason == "content_filter":
                self.spending.declined += 1
                return self._form.declined
            return self._form.answer.model_validate_json(said.message.content or "")
        except ValidationError:
            self.spending.unread += 1
            raise _Passing("answers something that is not the JSON asked for", is_unread=True) from None

    def _shown(self, text: str) -> str:
        """A server's words on one line, without our key, which it might repeat."""
        hidden = text.replace(self._key, "***") if self._key else text
        return redacted(" ".join(hidden.split()))[:_TOLD]
