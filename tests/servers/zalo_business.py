"""The business host of the pretend Zalo: templates by phone number, and their receipts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.servers.zalo_state import Citizen, RefusedError, Sent, Template, is_night, milliseconds

if TYPE_CHECKING:
    from tests.servers.zalo import PretendZalo

PHONE = re.compile(r"84\d{9}")
FIELDS = {"phone", "hash_phone", "template_id", "template_data", "tracking_id", "mode", "sending_mode"}
PRICE = 120
DAILY = 500


@dataclass(frozen=True)
class Receipt:
    phone: str
    msg_id: str
    tracking_id: str


class BusinessHost:
    """Part of `PretendZalo`, which holds the citizens, templates, tokens and funds."""

    def __init__(self, zalo: PretendZalo) -> None:
        self._zalo = zalo
        self.daily_quota = DAILY
        self.remaining = DAILY
        self.price = PRICE
        self.waiting: list[Receipt] = []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/message/template", self._answering(self._by_phone)),
            web.post("/message/template/hashphone", self._answering(self._by_hash)),
        ]

    async def deliver_receipts(self) -> None:
        """The phones took what was sent: `user_received_message` for each, with `delivery_time`."""
        zalo = self._zalo
        receipts, self.waiting = self.waiting, []
        for one in receipts:
            event = zalo.events.delivered_by_phone(one.phone, one.msg_id, one.tracking_id, zalo.now())
            await zalo.webhooks.deliver(event, zbs=True)

    def _answering(self, check: Callable[[dict[str, Any]], Citizen]) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            try:
                return web.json_response({"error": 0, "message": "Success", "data": await self._send(request, check)})
            except RefusedError as error:
                return web.json_response({"error": error.code, "message": error.message(business=True)})

        return answer

    async def _send(self, request: web.Request, check: Callable[[dict[str, Any]], Citizen]) -> dict[str, Any]:
        zalo = self._zalo
        if zalo.oauth.check(request.headers.get("access_token")):
            raise RefusedError(-124)
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise RefusedError(-122) from None
        if not isinstance(body, dict) or not FIELDS.issuperset(body):
            raise RefusedError(-132)
        citizen = check(body)
        template = self._template(body)
        self._permit(citizen, template, body)
        address = body.get("phone") or body["hash_phone"]
        sent = Sent(zalo.new_id(), address, "phone_template", body, zalo.now(), paid=self._pay(body))
        zalo.sent.append(sent)
        self.remaining -= 1
        self.waiting.append(Receipt(address, sent.message_id, body.get("tracking_id", "")))
        quota = {"dailyQuota": str(self.daily_quota), "remainingQuota": str(self.remaining)}
        return {"msg_id": sent.message_id, "sent_time": milliseconds(zalo.now()), "quota": quota}

    def _by_phone(self, body: dict[str, Any]) -> Citizen:
        phone = body.get("phone")
        if not isinstance(phone, str) or not PHONE.fullmatch(phone):
            raise RefusedError(-108)
        return self._citizen(lambda one: one.phone == phone)

    def _by_hash(self, body: dict[str, Any]) -> Citizen:
        hashed = body.get("hash_phone")
        if not isinstance(hashed, str) or not hashed:
            raise RefusedError(-108)
        return self._citizen(lambda one: bool(one.phone) and one.hashed_phone == hashed)

    def _citizen(self, fits: Callable[[Citizen], bool]) -> Citizen:
        for citizen in self._zalo.citizens.values():
            if fits(citizen):
                return citizen
        raise RefusedError(-118)

    def _template(self, body: dict[str, Any]) -> Template:
        template = self._zalo.template_of(body)
        template.check(body.get("template_data"))
        return template

    def _permit(self, citizen: Citizen, template: Template, body: dict[str, Any]) -> None:
        if body.get("mode", "development") != "development":
            raise RefusedError(-132)
        if "mode" in body and citizen.phone not in self._zalo.admin_phones:
            raise RefusedError(-127)
        if citizen.template_error or citizen.blocked:
            raise RefusedError(citizen.template_error or -141)
        if not template.at_night and is_night(self._zalo.now()):
            raise RefusedError(-133)
        if self.remaining <= 0:
            raise RefusedError(-144)

    def _pay(self, body: dict[str, Any]) -> int:
        if "mode" in body:
            return 0
        zalo = self._zalo
        if not zalo.business_account:
            raise RefusedError(-136)
        if zalo.funds < self.price:
            raise RefusedError(-137)
        zalo.funds -= self.price
        return self.price
