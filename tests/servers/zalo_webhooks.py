"""Zalo's side of a webhook: signs raw bytes, wants 200 within two seconds, tries again, gives up at last."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import aiohttp
from yarl import URL

LADDER = (30.0, 300.0, 900.0, 1800.0, 3600.0)
DEADLINE = 2.0
Observer = Callable[[Mapping[str, Any]], None]


class Seal(Enum):
    RIGHT = "mac= and the right sum"
    BARE = "the right sum without mac="
    OA_ID_FIRST = "the sum with the OA id as first term"
    APP_SECRET = "the sum with the App Secret instead of the OA Secret"
    WRONG_SECRET = "the sum with a secret of somebody else"
    TAMPERED = "the sum of another body"
    HMAC = "HMAC-SHA256, the usual mistake"
    NONE = "no signature, as the console's test"


@dataclass(frozen=True)
class Attempt:
    """One POST. `status` is None when nobody answered in time."""

    number: int
    headers: dict[str, str]
    status: int | None
    seconds: float

    @property
    def taken(self) -> bool:
        return self.status == 200


@dataclass
class Delivery:
    body: bytes
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def status(self) -> int | None:
        """Of the last attempt."""
        return self.attempts[-1].status if self.attempts else None

    @property
    def taken(self) -> bool:
        return bool(self.attempts) and self.attempts[-1].taken


def zalo_mac(first: str, raw: bytes, timestamp: str, secret: str) -> str:
    return hashlib.sha256(first.encode() + raw + timestamp.encode(errors="surrogatepass") + secret.encode()).hexdigest()


def timestamp_of(raw: bytes) -> str:
    """The digits of the body's `timestamp`, whether text or number."""
    try:
        event = json.loads(raw)
    except ValueError:
        return ""
    return str(event.get("timestamp", "")) if isinstance(event, dict) else ""


def encode(
    event: Mapping[str, Any],
    *,
    spaces: bool = False,
    escaped: bool = False,
    reverse: bool = False,
    numeric_timestamp: bool = False,
) -> bytes:
    """The event as bytes: compact UTF-8, or in a shape a careless receiver gets wrong."""
    body = dict(reversed(list(event.items()))) if reverse else dict(event)
    if numeric_timestamp:
        body["timestamp"] = int(body["timestamp"])
    if spaces:
        return json.dumps(body, ensure_ascii=escaped, indent=2).encode()
    return json.dumps(body, ensure_ascii=escaped, separators=(",", ":")).encode()


async def no_wait(_seconds: float) -> None:
    """Retries at once."""


class ZaloWebhooks:
    """Posts to `url`. With `retrying`, what was not taken is sent again along `ladder`, waiting through `wait`."""

    def __init__(
        self,
        app_id: str,
        oa_id: str,
        oa_secret: str,
        app_secret: str = "",
        *,
        url: str = "",
        wait: Callable[[float], Awaitable[None]] = no_wait,
    ) -> None:
        self.app_id = app_id
        self.oa_id = oa_id
        self.oa_secret = oa_secret
        self.app_secret = app_secret
        self.url = url
        self.wait = wait
        self.retrying = False
        self.ladder: Sequence[float] = LADDER
        self.deadline = DEADLINE
        self.seal = Seal.RIGHT
        self.subscribed = True
        self.deliveries: list[Delivery] = []
        self.missed: list[bytes] = []
        """Events while unsubscribed; Zalo never sends them."""
        self.observers: list[Observer] = []
        self._session: aiohttp.ClientSession | None = None

    async def deliver(
        self, event: Mapping[str, Any] | bytes, *, seal: Seal | None = None, zbs: bool = False
    ) -> Delivery:
        """Posts one event, as a dictionary or as the very bytes."""
        raw = event if isinstance(event, bytes) else encode(event)
        delivery = Delivery(raw)
        if not self.subscribed or not self.url:
            self.missed.append(raw)
            return delivery
        self._observe(raw)
        self.deliveries.append(delivery)
        headers = self.headers(raw, seal or self.seal, zbs=zbs)
        delivery.attempts.append(await self._post(raw, headers, 0))
        if self.retrying:
            await self._again(delivery, headers)
        return delivery

    async def deliver_many(self, events: Sequence[Mapping[str, Any] | bytes]) -> list[Delivery]:
        """All at once, in no promised order."""
        return list(await asyncio.gather(*(self.deliver(event) for event in events)))

    async def deliver_reversed(self, events: Sequence[Mapping[str, Any] | bytes]) -> list[Delivery]:
        """One after the other, the last first."""
        return [await self.deliver(event) for event in reversed(events)]

    async def repeat(self, delivery: Delivery, times: int = 1) -> list[Attempt]:
        """The same bytes again, as after an answer that got lost on its way."""
        first = delivery.attempts[0].headers
        for _ in range(times):
            number = len(delivery.attempts)
            delivery.attempts.append(await self._post(delivery.body, first | {"num_retry": str(number)}, number))
        return delivery.attempts[-times:]

    async def console_test(self) -> Delivery:
        """What saving the address in the console sends: a sample without a signature."""
        sample = {"app_id": self.app_id, "event_name": "user_send_text", "message": {"text": "message"}}
        return await self.deliver(encode(sample | {"timestamp": "154390853474"}), seal=Seal.NONE)

    async def get(self, path: str = "") -> tuple[int, str]:
        """A plain GET of the address, or of a path beside it, e.g. the domain proof."""
        address = self.url if not path else str(URL(self.url).with_path(path))
        async with self._client().get(address) as response:
            return response.status, await response.text()

    def subscribe(self) -> None:
        """The owner turns the webhook on again in the console."""
        self.subscribed = True

    def headers(self, raw: bytes, seal: Seal, *, zbs: bool = False) -> dict[str, str]:
        headers = {"Content-Type": "application/json"} | ({"X-ZEvent-Server": "ZNS"} if zbs else {})
        return headers if seal is Seal.NONE else headers | {"X-ZEvent-Signature": self._signature(raw, seal)}

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _signature(self, raw: bytes, seal: Seal) -> str:
        stamp = timestamp_of(raw)
        right = zalo_mac(self.app_id, raw, stamp, self.oa_secret)
        if seal is Seal.BARE:
            return right
        sums = {
            Seal.RIGHT: right,
            Seal.OA_ID_FIRST: zalo_mac(self.oa_id, raw, stamp, self.oa_secret),
            Seal.APP_SECRET: zalo_mac(self.app_id, raw, stamp, self.app_secret),
            Seal.WRONG_SECRET: zalo_mac(self.app_id, raw, stamp, "not-the-secret"),
            Seal.TAMPERED: zalo_mac(self.app_id, raw + b" ", stamp, self.oa_secret),
            Seal.HMAC: _hmac(self.app_id, raw, stamp, self.oa_secret),
        }
        return f"mac={sums[seal]}"

    async def _again(self, delivery: Delivery, headers: dict[str, str]) -> None:
        for number, delay in enumerate(self.ladder, 1):
            if delivery.taken:
                return
            await self.wait(delay)
            delivery.attempts.append(await self._post(delivery.body, headers | {"num_retry": str(number)}, number))
        if not delivery.taken:
            self.subscribed = False

    async def _post(self, raw: bytes, headers: dict[str, str], number: int) -> Attempt:
        started = time.monotonic()
        limit = aiohttp.ClientTimeout(total=self.deadline)
        try:
            async with self._client().post(self.url, data=raw, headers=headers, timeout=limit) as response:
                await response.read()
                status: int | None = response.status
        except (aiohttp.ClientError, TimeoutError):
            status = None
        return Attempt(number, headers, status, time.monotonic() - started)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    def _observe(self, raw: bytes) -> None:
        try:
            event = json.loads(raw)
        except ValueError:
            return
        for observer in self.observers:
            observer(event)


def _hmac(first: str, raw: bytes, timestamp: str, secret: str) -> str:
    return hmac.new(secret.encode(), first.encode() + raw + timestamp.encode(), hashlib.sha256).hexdigest()
