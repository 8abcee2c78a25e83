"""A telephone number shared through the platform's own form answers the question of a report, with its consent."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Table, select

from bot.domain.channels import Inbound, Kind
from bot.domain.notices import MAY_NOTIFY
from bot.storage.channels import Channel
from bot.storage.tables import events
from bot.storage.ticket_tables import consents, tickets
from tests.fakes import FakeNlu
from tests.servers.chat import UNIT, Parts

SHARED = {"name": "Nguyễn Văn An", "phone": "84912345678", "address": "Đường số 13, Phường Tân Thuận"}


class Citizen:
    """On Zalo, with a worker that answers at once."""

    def __init__(self, parts: Parts, channel: Channel, nlu: FakeNlu) -> None:
        self._parts, self._channel, self._nlu = parts, channel, nlu
        self._number = 0

    async def says(self, text: str, intent: str = "report_problem") -> None:
        self._nlu.says(intent)
        await self._happens(Kind.MESSAGE, text)

    async def shares(self, **shared: str) -> None:
        await self._happens(Kind.SHARED_INFO, details={"shared": shared})

    async def _happens(self, kind: Kind, text: str = "", **more: Any) -> None:
        self._number += 1
        await self._parts.inbox.save_events(
            self._channel.id, [Inbound(f"e{self._number}", "an", kind, text=text, **more)]
        )
        assert await self._parts.worker().step()

    async def last_said(self) -> dict[str, Any]:
        delivery = None
        while (next_one := await self._parts.outbox.claim(["zalo"])) is not None:
            delivery = next_one
            await self._parts.outbox.close(delivery, "sent")
        assert delivery is not None
        return delivery.reply.to_json()


@pytest.fixture
async def citizen(parts: Parts, nlu: FakeNlu) -> Citizen:
    return Citizen(parts, await parts.channels.ensure("zalo", "oa", UNIT), nlu)


async def rows(parts: Parts, table: Table) -> list[Any]:
    async with parts.database.read() as connection:
        return list((await connection.execute(select(table))).all())


async def asked_for_a_number(citizen: Citizen) -> None:
    await citizen.says("tôi muốn phản ánh")
    await citizen.says("rác chất đống mấy bữa nay không ai lấy")
    await citizen.says("ấp 3, gần trường mẫu giáo", "out_of_scope")


async def test_the_question_carries_the_form_and_a_shared_number_is_the_answer(parts: Parts, citizen: Citizen) -> None:
    await asked_for_a_number(citizen)
    question = await citizen.last_said()
    assert "hoặc báo tin về phiếu này" in question["text"]
    assert question["contact"]["title"] == "Chia sẻ số điện thoại"
    await citizen.shares(**SHARED)
    assert "0912 345 678" in (await citizen.last_said())["text"]
    await citizen.says("đúng rồi gửi đi", "affirm")
    [ticket] = await rows(parts, tickets)
    [consent] = await rows(parts, consents)
    assert ticket.phone == "+84912345678"
    assert consent.wording in MAY_NOTIFY
    assert "Nguyễn Văn An" not in str([row.details for row in await rows(parts, events)])


async def test_a_number_nobody_asked_for_is_kept_nowhere(parts: Parts, citizen: Citizen) -> None:
    await citizen.shares(**SHARED)
    [event] = await rows(parts, events)
    assert (event.outcome, event.reason, event.details) == ("ignored", "shared_info_unasked", None)


async def test_what_was_shared_without_a_number_answers_nothing(parts: Parts, citizen: Citizen) -> None:
    await asked_for_a_number(citizen)
    await citizen.shares(name="Nguyễn Văn An")
    assert (await rows(parts, events))[-1].outcome == "ignored"
    assert "số điện thoại" in (await citizen.last_said())["text"]
