"""Citizens who report, before the console's pages: the storage tests' desk on the same database."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import insert, select, update

from bot.dialogue.entities import masked
from bot.domain.filing import AskPerson, SealWords
from bot.domain.staff import Staff
from bot.domain.tickets import Ticket, TicketKind
from bot.storage.tables import channels, events, media
from bot.storage.ticket_tables import ticket_files
from tests import cast
from tests.fakes import FakeClock
from tests.servers.chat import Parts
from tests.storage.desk import Desk, Views

PICTURE = io.BytesIO()
Image.new("RGB", (640, 480), (90, 140, 90)).save(PICTURE, "JPEG")
JPEG = PICTURE.getvalue()
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class Town(Desk):
    """`people`: ids of the cast by login."""

    parts: Parts
    people: dict[str, int]

    def staff(self, person: cast.Person) -> Staff:
        return Staff(self.people[person.login], person.login, person.name, person.title, person.roles)

    async def photo(self, ticket: Ticket, content: bytes = JPEG, content_type: str = "image/jpeg") -> int:
        """A file the citizen sent with the ticket; the id of its row."""
        key = f"ab/{'cd' * 31}{ticket.id:02d}.jpg"
        await self.parts.media.put(key, content)
        async with self.database.write() as connection:
            event = (await connection.execute(select(events.c.id).order_by(events.c.id.desc()).limit(1))).scalar_one()
            media_id = (
                await connection.execute(
                    insert(media)
                    .values(
                        event_id=event, part=0, platform="zalo", kind="image", url="https://x", name="anh.jpg",
                        state="kept", content_type=content_type, size=len(content), file_key=key,
                        next_attempt_at=self.clock.now(), created_at=self.clock.now(),
                    )
                    .returning(media.c.id)
                )
            ).scalar_one()  # fmt: skip
            return int(
                (
                    await connection.execute(
                        insert(ticket_files)
                        .values(ticket_id=ticket.id, media_id=media_id, created_at=self.clock.now())
                        .returning(ticket_files.c.id)
                    )
                ).scalar_one()
            )

    async def on_platform(self, platform: str) -> None:
        """From now on the town's citizens write on another platform."""
        async with self.database.write() as connection:
            await connection.execute(update(channels).where(channels.c.id == self.channel.id).values(platform=platform))


@pytest.fixture
async def town(parts: Parts, people: dict[str, int], clock: FakeClock) -> Town:
    channel = await parts.channels.ensure("web", cast.UNIT, cast.UNIT)
    made = Town(parts.database, clock, parts.signals, Views(), channel, partial(masked, phones=False))
    made.views = parts.view  # type: ignore[assignment]
    made.filing, made.inbox = parts.filing, parts.inbox
    made.tickets, made.actions = parts.console.desk.tickets, parts.console.desk.actions
    made.parts, made.people = parts, people
    return made


@dataclass(frozen=True)
class Day:
    """A usual day in the town: tickets in several states, one restricted, a citizen who waits, a sealed text."""

    lights: Ticket
    """New, with a photo and a pin."""
    rubbish: Ticket
    """Hùng's, in progress, with a note and an interim answer."""
    late: Ticket
    conduct: Ticket
    talk: int
    """The conversation that asked for a person."""


@pytest.fixture
async def day(town: Town, clock: FakeClock) -> Day:
    lan, hung = town.staff(cast.LAN), town.staff(cast.HUNG)
    late = await town.file(
        "Đường trước trường mầm non có ổ gà sâu, xe máy hay ngã", "chi Sáu", hamlet="Ấp 2", category="roads",
        place="cổng trường mầm non", phone="+84912345678",
    )  # fmt: skip
    rubbish = await town.file(
        "Rác ở đầu chợ ba ngày nay chưa ai thu, mùi hôi lắm", "anh Ba", hamlet="Ấp 1", category="rubbish",
        place="đầu chợ",
    )  # fmt: skip
    rubbish = await town.actions.receive(lan, rubbish.id, rubbish.version)
    rubbish = await town.actions.assign(lan, rubbish.id, rubbish.version, hung.id)
    rubbish = await town.actions.note(hung, rubbish.id, rubbish.version, "Đã gọi đội vệ sinh, họ hẹn chiều nay.")
    text = "Đội vệ sinh sẽ thu gom chiều nay, xin ông/bà chờ thêm."
    rubbish = await town.actions.reply(hung, rubbish.id, rubbish.version, text, final=False)
    praise = await town.file("Cô Lan hướng dẫn rất tận tình, xin cảm ơn", "bác Tư", kind=TicketKind.PRAISE)
    await town.actions.reply(lan, praise.id, praise.version, "Cảm ơn ông/bà đã động viên.")
    conduct = await town.file("Cán bộ ở quầy số 2 nói năng gắt gỏng với người già", "cô Năm", kind=TicketKind.CONDUCT)
    lights = await town.file(
        "Đèn đường ở ngã ba tắt cả tuần nay, tối rất nguy hiểm", "chú Bảy", hamlet="Ấp 1", category="lights",
        place="ngã ba vào ấp 1", latitude=10.9512, longitude=106.8421, phone="+84987654321",
    )  # fmt: skip
    await town.photo(lights)
    past = clock.now() - timedelta(days=2, hours=3)
    late = await town.plant(late, due_at=past, sort_at=past, received_at=past - timedelta(days=7))
    waiting = await town.turn("dì Út", AskPerson(), text="Cho tôi gặp cán bộ hỏi về sổ hộ khẩu")
    await town.turn("nặc danh", SealWords(), text="lời được niêm phong")
    return Day(lights, rubbish, late, conduct, waiting.conversation_id)


def fields(ticket: Ticket, **more: Any) -> dict[str, Any]:
    """What a form of the ticket's page sends."""
    return {"version": str(ticket.version), "seen": "0", **more}
