"""The one client of the Rasa servers: typed, with time limits, one retry, and several servers in turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
from pydantic import BaseModel, ValidationError

from bot.domain.errors import NluRejectedError, NluUnavailableError
from bot.domain.meaning import Meaning

STATUS_TIMEOUT = 2.0
LOAD_TIMEOUT = 120.0
MODEL_TRUSTED = 60.0
"""Seconds for which a server is taken to have the model it named last."""


class _Intent(BaseModel):
    name: str
    confidence: float


class _Parsed(BaseModel):
    intent: _Intent
    intent_ranking: list[_Intent]


class RasaClient:
    """Asks the servers in turn; one that failed is left alone for a while, unless all have failed."""

    def __init__(self, urls: Sequence[str], token: str, *, timeout: float, retry_dead_after: float) -> None:
        if not urls:
            raise ValueError("no Rasa server is named")
        self._urls = [url.rstrip("/") for url in urls]
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._retry_dead_after = retry_dead_after
        self._dead_until = dict.fromkeys(self._urls, 0.0)
        self._models: dict[str, str] = {}
        self._ask_again = dict.fromkeys(self._urls, 0.0)
        self._busy: dict[str, int] = {}
        self._turn = 0
        self._session: aiohttp.ClientSession | None = None

    async def parse(self, text: str) -> Meaning:
        """The intents of a text. A leading "/" is not read as a command. Raises NluUnavailableError after two
        servers (or one server twice) failed."""
        failure: NluUnavailableError | None = None
        for url in self._next_two():
            try:
                meaning = await self._parse_at(url, text.lstrip("/ "))
            except NluUnavailableError as error:
                self._dead_until[url] = self._ask_again[url] = time.monotonic() + self._retry_dead_after
                failure = error
            else:
                self._dead_until[url] = 0.0
                return meaning
        raise failure or NluUnavailableError("no server tried")

    async def model(self, url: str | None = None) -> str:
        """Name of the model file a server has loaded. Raises NluUnavailableError."""
        at = (url or self._urls[0]).rstrip("/")
        answer = await self._request("GET", f"{at}/status", None, aiohttp.ClientTimeout(total=STATUS_TIMEOUT))
        loaded = answer.get("model_file")
        if not isinstance(loaded, str) or not loaded:
            raise NluRejectedError("the server has no model loaded")
        self._models[at] = loaded
        return loaded

    async def models(self) -> str | None:
        """Which models answer: what readings kept for later depend on. The servers are asked now and then; one that is
        away keeps the name it gave last. None while a server's is not known."""
        now = time.monotonic()
        for url in self._urls:
            if self._ask_again[url] <= now:
                self._ask_again[url] = now + (MODEL_TRUSTED if url in self._models else self._retry_dead_after)
                try:
                    await self.model(url)
                except NluUnavailableError:
                    continue
                self._ask_again[url] = now + MODEL_TRUSTED
        known = {self._models.get(url) for url in self._urls}
        return None if None in known else " ".join(sorted(name for name in known if name))

    def beside(self, url: str) -> RasaClient:
        """Another client, for one server, with the same token and limits."""
        timeout = self._timeout.total or STATUS_TIMEOUT
        return RasaClient([url], self._token, timeout=timeout, retry_dead_after=self._retry_dead_after)

    def switch(self, urls: Sequence[str]) -> None:
        """From now on these servers are asked. What is being read elsewhere is still answered: see `drained`."""
        self._urls = [url.rstrip("/") for url in urls]
        self._dead_until = dict.fromkeys(self._urls, 0.0)
        self._ask_again = dict.fromkeys(self._urls, 0.0)
        self._models = {url: name for url, name in self._models.items() if url in self._urls}

    def forget_models(self) -> None:
        """The servers have, or may have, other models now: they are asked again."""
        self._ask_again = dict.fromkeys(self._urls, 0.0)
        self._models.clear()

    async def drained(self, url: str, timeout: float) -> bool:
        """Waits until nothing is being read at a server that is no longer asked; False when that takes too long."""
        deadline = time.monotonic() + timeout
        while self._busy.get(url.rstrip("/")):
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(0.02)
        return True

    async def load(self, url: str, model_file: str) -> None:
        """Makes a server load another model; `model_file`: its path on the server's machine. Raises
        NluUnavailableError."""
        at = url.rstrip("/")
        timeout = aiohttp.ClientTimeout(total=LOAD_TIMEOUT)
        await self._request("PUT", f"{at}/model", {"model_file": model_file}, timeout)
        self._models.pop(at, None)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _next_two(self) -> list[str]:
        now = time.monotonic()
        self._turn += 1
        start = self._turn % len(self._urls)
        order = self._urls[start:] + self._urls[:start]
        alive = [url for url in order if self._dead_until[url] <= now]
        chosen = (alive or order)[:2]
        return chosen if len(chosen) == 2 else chosen * 2

    async def _parse_at(self, url: str, text: str) -> Meaning:
        self._busy[url] = self._busy.get(url, 0) + 1
        try:
            answer = await self._request("POST", f"{url}/model/parse", {"text": text}, self._timeout)
            if url not in self._models:
                await self.model(url)
        finally:
            self._busy[url] -= 1
        try:
            parsed = _Parsed.model_validate(answer)
        except ValidationError as error:
            raise NluRejectedError("the answer is not a parse result") from error
        ranking = tuple((one.name, one.confidence) for one in parsed.intent_ranking)
        return Meaning(parsed.intent.name, parsed.intent.confidence, ranking, self._models.get(url, ""))

    async def _request(self, method: str, url: str, body: Any, timeout: aiohttp.ClientTimeout) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        try:
            async with self._session.request(
                method, url, params={"token": self._token}, json=body, timeout=timeout
            ) as response:
                if response.status == 204:
                    return {}
                if response.status != 200:
                    raise NluRejectedError(f"status {response.status}")
                answer = await response.json(content_type=None)
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as error:
            raise NluUnavailableError(type(error).__name__) from error
        if not isinstance(answer, dict):
            raise NluRejectedError("the answer is not an object")
        return answer
