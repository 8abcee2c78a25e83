"""Events of the platforms in the ledger: bursts, echoes, people who answer, receipts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from bot import limits
from bot.domain.channels import Attachment, Inbound, Kind, Saved
from bot.domain.errors import LeaseLostError
from bot.domain.messages import Event, File, Outcome, Reply, Turn
from bot.storage.channels import Channel, Channels
from bot.storage.database import Database
from bot.storage.inbox import SqlInbox
from bot.storage.ledger import Ledger
from bot.storage.outbox import SqlOutbox, key_of
from bot.storage.tables import conversations, events, media, messages, outbox_parts
from bot.storage.tables import outbox as outbox_table
from bot.storage.ticket_changes import send
from bot.storage.transcripts import SqlTranscripts
from tests.conftest import UNIT
from tests.fakes import FakeClock

SECOND = timedelta(seconds=1)
PHOTO = Attachment("image", "https://f1.zdn.vn/a.jpg")
PIN = Attachment("location", latitude=10.9, longitude=106.8)


@pytest.fixture
async def zalo(channels: Channels) -> Channel:
    return await channels.ensure("zalo", "oa", UNIT)


def wrote(key: str, text: str = "", *attachments: Attachment, citizen: str = "an", **more: Any) -> Inbound:
    return Inbound(key, citizen, Kind.MESSAGE, text=text, attachments=attachments, **more)


def about(kind: Kind, key: str, text: str = "", citizen: str = "an", **details: Any) -> Inbound:
    return Inbound(key, citizen, kind, text=text, details=details)


async def rows(database: Database, table: Table) -> list[Any]:
    async with database.read() as connection:
        return list((await connection.execute(select(table))).all())


async def outcomes(database: Database) -> list[tuple[str | None, str | None]]:
    async with database.read() as connection:
        query = select(events.c.outcome, events.c.reason).order_by(events.c.id)
        return [(row[0], row[1]) for row in await connection.execute(query)]


async def claimed(inbox: SqlInbox, owner: str = "one") -> Event:
    event = await inbox.claim(owner)
    assert event is not None
    return event


async def answer(inbox: SqlInbox, text: str = "Dạ", *more: str) -> Event:
    event = await claimed(inbox)
    await inbox.finish(event, "one", Turn(Outcome.ANSWER, tuple(map(Reply, (text, *more))), {}))
    return event


class TestSaving:
    async def test_an_event_any_number_of_times_at_once_is_one_event(
        self, inbox: SqlInbox, zalo: Channel, database: Database
    ) -> None:
        results = await asyncio.gather(*(inbox.save_events(zalo.id, [wrote("e1", "chào")]) for _ in range(20)))
        assert sum(one.new for one in results) == 1
        assert sum(one.duplicates for one in results) == 19
        [row] = await rows(database, events)
        assert (row.duplicates, len(await rows(database, messages))) == (19, 1)

    async def test_only_what_citizens_say_waits_the_rest_is_closed_with_its_reason(
        self, inbox: SqlInbox, zalo: Channel, database: Database
    ) -> None:
        batch = [
            wrote("a", "chào"), about(Kind.OPENED, "b"), about(Kind.SHARED_INFO, "c", shared={"name": "An"}),
            about(Kind.RECEIPT, "d"), about(Kind.SEEN, "e"), about(Kind.EDIT, "f"), about(Kind.REACTION, "g"),
            about(Kind.WITHDRAW, "h"), about(Kind.COMMENT, "i", "hay quá"), about(Kind.NOTICE, "j", citizen=""),
            about(Kind.OTHER, "k"), about(Kind.THREAD, "l"), about(Kind.LEFT, "m"),
        ]  # fmt: skip
        assert await inbox.save_events(zalo.id, batch) == Saved(new=13, waiting=3)
        found = {row.kind: (row.outcome, row.reason) for row in await rows(database, events)}
        assert [found[kind] for kind in ("message", "opened", "shared_info")] == [(None, None)] * 3
        assert found["comment"] == ("ignored", "comment_kept")
        assert found["withdraw"] == ("ignored", "withdraw_asked")
        assert {outcome for outcome, _ in found.values()} == {None, "ignored"}
        assert {row.conversation_id for row in await rows(database, events) if row.kind in ("notice", "comment")} == {
            None
        }

    async def test_what_no_database_takes_is_left_out_and_the_event_kept(
        self, inbox: SqlInbox, zalo: Channel, database: Database
    ) -> None:
        odd = Inbound(
            "x" * 500, "c\x00" + "y" * 400, Kind.MESSAGE, "a\x00b\ud800c" + "d" * 9_000, payload="p" * 500,
            attachments=(Attachment("image", "https://x/\x00", "n" * 900, latitude=float("inf")),),
            details={"nan": float("nan"), "big": 10**30, "text": "\x00", "deep": [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]},
        )  # fmt: skip
        for _ in range(2):
            await inbox.save_events(zalo.id, [odd])
        [row] = await rows(database, events)
        assert (row.text[:3], len(row.text), row.payload) == ("abc", limits.INBOUND_CHARACTERS, None)
        assert row.details["nan"] is None

    async def test_the_window_opens_with_what_citizens_do_and_never_in_the_future(
        self, inbox: SqlInbox, zalo: Channel, database: Database, clock: FakeClock
    ) -> None:
        now = clock.now()
        await inbox.save_events(zalo.id, [wrote("a", "x", sent_at=now - 5 * SECOND)])
        await inbox.save_events(zalo.id, [wrote("b", "x", sent_at=now - 60 * SECOND)])
        assert [row.last_inbound_at for row in await rows(database, conversations)] == [now - 5 * SECOND]
        await inbox.save_events(zalo.id, [wrote("c", "x", sent_at=now + timedelta(days=9))])
        await inbox.save_events(zalo.id, [about(Kind.SEEN, "d")])
        assert [row.last_inbound_at for row in await rows(database, conversations)] == [now]


class TestBursts:
    async def test_an_album_with_words_and_a_pin_is_one_turn(
        self, inbox: SqlInbox, zalo: Channel, clock: FakeClock, database: Database
    ) -> None:
        batch = [wrote("a", "", PHOTO), wrote("b", "", PHOTO), wrote("c", "ổ gà ở đây")]
        await inbox.save_events(zalo.id, batch)
        clock.advance(SECOND)
        await inbox.save_events(zalo.id, [wrote("d", "", PIN)])
        assert await inbox.claim("one") is None
        clock.advance(limits.BURST_WINDOW)
        event = await answer(inbox, "Dạ, đã nhận")
        assert (event.text, len(event.with_ids)) == ("ổ gà ở đây", 3)
        assert [one["kind"] for one in event.attachments] == ["image", "image", "location"]
        assert await outcomes(database) == [("answer", None)] * 4
        assert {row.turn_id for row in await rows(database, events)} == {event.id}
        assert [row.state for row in await rows(database, media)] == ["waiting", "waiting"]

    async def test_words_alone_are_answered_at_once_each_in_its_turn(self, inbox: SqlInbox, zalo: Channel) -> None:
        await inbox.save_events(zalo.id, [wrote("a", "một"), wrote("b", "hai")])
        assert [(await answer(inbox)).text, (await answer(inbox)).text] == ["một", "hai"]

    async def test_a_tap_never_joins_a_burst(self, inbox: SqlInbox, zalo: Channel, clock: FakeClock) -> None:
        await inbox.save_events(zalo.id, [wrote("a", "", PHOTO), wrote("b", "Lệ phí", payload="hours")])
        clock.advance(limits.BURST_WINDOW)
        assert [(await answer(inbox)).payload for _ in range(2)] == [None, "hours"]

    async def test_a_worker_that_lost_a_burst_writes_nothing_of_it(
        self, inbox: SqlInbox, zalo: Channel, clock: FakeClock, database: Database
    ) -> None:
        await inbox.save_events(zalo.id, [wrote("a", "", PHOTO), wrote("b", "chữ")])
        clock.advance(limits.BURST_WINDOW)
        slow = await claimed(inbox, "slow")
        clock.advance(limits.EVENT_LEASE + SECOND)
        await answer(inbox)
        with pytest.raises(LeaseLostError):
            await inbox.finish(slow, "slow", Turn(Outcome.ANSWER, (Reply("trễ"),), {}))
        assert len(await rows(database, outbox_table)) == 1

    async def test_many_workers_keep_the_order_of_every_conversation(
        self, inbox: SqlInbox, zalo: Channel, database: Database
    ) -> None:
        citizens = [f"c{number}" for number in range(5)]
        for number in range(4):
            await inbox.save_events(zalo.id, [wrote(f"{one}-{number}", str(number), citizen=one) for one in citizens])

        async def work(owner: str) -> None:
            idle = 0
            while idle < 20:
                event = await inbox.claim(owner)
                if event is None:
                    idle += 1
                    await asyncio.sleep(0.005)
                    continue
                await inbox.finish(event, owner, Turn(Outcome.ANSWER, (Reply(event.text),), {}))

        await asyncio.gather(*(work(f"w{number}") for number in range(4)))
        async with database.read() as connection:
            query = (
                select(messages.c.conversation_id, messages.c.content)
                .where(messages.c.direction == "out")
                .order_by(messages.c.conversation_id, messages.c.seq)
            )
            said = [(row[0], row[1]["text"]) for row in await connection.execute(query)]
        assert [text for _, text in said] == ["0", "1", "2", "3"] * 5


class TestPeople:
    async def test_after_a_person_answered_the_assistant_keeps_quiet_for_half_a_day(
        self, inbox: SqlInbox, zalo: Channel, clock: FakeClock, database: Database, transcripts: SqlTranscripts
    ) -> None:
        await inbox.save_events(zalo.id, [wrote("a", "có ai không")])
        await inbox.save_events(zalo.id, [about(Kind.STAFF, "s", "Chào bác, tôi đây")])
        await inbox.save_events(zalo.id, [wrote("b", "cảm ơn")])
        assert await inbox.claim("one") is None
        assert await outcomes(database) == [
            ("ignored", "staff_active"), ("ignored", "staff_message"), ("ignored", "staff_active"),
        ]  # fmt: skip
        [conversation] = await rows(database, conversations)
        shown = await transcripts.messages(conversation.id, 0, 10)
        assert [(one.direction, one.reply.text) for one in shown][1] == ("out", "Chào bác, tôi đây")
        clock.advance(limits.STAFF_QUIET + SECOND)
        await inbox.save_events(zalo.id, [wrote("c", "còn một việc")])
        assert (await claimed(inbox)).text == "còn một việc"

    async def test_a_person_who_answers_while_a_worker_thinks_is_not_talked_over(
        self, inbox: SqlInbox, zalo: Channel, database: Database
    ) -> None:
        await inbox.save_events(zalo.id, [wrote("a", "hỏi")])
        event = await claimed(inbox)
        await inbox.save_events(zalo.id, [about(Kind.STAFF, "s", "trả lời")])
        with pytest.raises(LeaseLostError):
            await inbox.finish(event, "one", Turn(Outcome.ANSWER, (Reply("máy"),), {}))
        assert await rows(database, outbox_table) == []

    async def test_who_left_is_unreachable_until_they_write_again(
        self, inbox: SqlInbox, zalo: Channel, database: Database
    ) -> None:
        await inbox.save_events(zalo.id, [wrote("a", "x")])
        await inbox.save_events(zalo.id, [about(Kind.LEFT, "l")])
        assert [row.unreachable for row in await rows(database, conversations)] == ["left"]
        await inbox.save_events(zalo.id, [wrote("b", "x")])
        assert [row.unreachable for row in await rows(database, conversations)] == [None]

    async def test_what_another_application_answers_is_recorded_only(
        self, inbox: SqlInbox, zalo: Channel, database: Database
    ) -> None:
        await inbox.save_events(zalo.id, [wrote("a", "x", details={"standby": True})])
        assert await outcomes(database) == [("ignored", "standby")]


class TestEchoes:
    @pytest.fixture(autouse=True)
    async def sending(self, inbox: SqlInbox, zalo: Channel, outbox: SqlOutbox) -> None:
        await inbox.save_events(zalo.id, [wrote("a", "hỏi")])
        await answer(inbox, "Lệ phí là 8.000 đồng.\n\nMang theo căn cước.")

    async def test_the_echo_before_or_after_the_answer_to_the_send_counts_once(
        self, inbox: SqlInbox, zalo: Channel, outbox: SqlOutbox, database: Database
    ) -> None:
        delivery = await outbox.claim(["zalo"])
        assert delivery is not None
        first = about(Kind.ECHO, "e1", "Lệ phí", message_ids=["p1"], application="1", metadata=key_of(delivery.id))
        await inbox.save_events(zalo.id, [first])
        await outbox.accepted(delivery, "p1")
        await outbox.accepted(delivery, "p2")
        await inbox.save_events(
            zalo.id, [about(Kind.ECHO, "e2", "x", message_ids=["p2"], metadata=key_of(delivery.id))]
        )
        assert [(row.part, row.external_id) for row in await rows(database, outbox_parts)] == [(1, "p1"), (2, "p2")]
        assert [row.parts_sent for row in await rows(database, outbox_table)] == [2]

    async def test_without_metadata_our_words_tell_our_echo_from_a_person(
        self, inbox: SqlInbox, zalo: Channel, outbox: SqlOutbox, database: Database
    ) -> None:
        delivery = await outbox.claim(["zalo"])
        assert delivery is not None
        echo = about(Kind.ECHO, "e1", "Lệ phí là 8.000 đồng.", message_ids=["p1"])
        await inbox.save_events(zalo.id, [echo])
        assert [row.parts_sent for row in await rows(database, outbox_table)] == [1]
        assert [row.quiet_until for row in await rows(database, conversations)] == [None]
        await inbox.save_events(zalo.id, [about(Kind.ECHO, "e2", "Để tôi xem cho bác", message_ids=["p9"])])
        assert [row.quiet_until is None for row in await rows(database, conversations)] == [False]

    async def test_the_echo_of_a_file_without_words_is_ours_only_while_one_is_on_its_way(
        self, inbox: SqlInbox, zalo: Channel, outbox: SqlOutbox, database: Database
    ) -> None:
        words = await outbox.claim(["zalo"])
        assert words is not None
        await outbox.close(words, "sent")
        [conversation] = await rows(database, conversations)
        async with database.write() as connection:
            paper = Reply("Kèm văn bản", files=(File("a.pdf", "application/pdf", 1, "ab/c"),))
            await send(connection, conversation.id, paper, conversation.created_at)
        assert await outbox.claim(["zalo"]) is not None
        sent = Inbound("e1", "an", Kind.ECHO, attachments=(PHOTO,), details={"message_ids": ["p1"]})
        await inbox.save_events(zalo.id, [sent])
        assert [row.parts_sent for row in await rows(database, outbox_table)] == [0, 1]
        assert [row.quiet_until for row in await rows(database, conversations)] == [None]
        async with database.write() as connection:
            await connection.execute(outbox_table.update().values(outcome="sent"))
        await inbox.save_events(zalo.id, [replace(sent, external_id="e2", details={"message_ids": ["p2"]})])
        assert [row.quiet_until is None for row in await rows(database, conversations)] == [False]

    async def test_the_late_echo_of_a_send_that_was_repeated_after_a_crash_is_no_person(
        self, inbox: SqlInbox, zalo: Channel, outbox: SqlOutbox, database: Database, clock: FakeClock
    ) -> None:
        assert await outbox.claim(["zalo"]) is not None  # accepted as p1, but the process died before it said so
        clock.advance(limits.OUTBOX_LEASE + SECOND)
        again = await outbox.claim(["zalo"])
        assert again is not None
        await outbox.accepted(again, "p2")
        await outbox.close(again, "sent")
        await inbox.save_events(zalo.id, [about(Kind.ECHO, "e1", "Lệ phí là 8.000 đồng.", message_ids=["p1"])])
        assert [row.quiet_until for row in await rows(database, conversations)] == [None]

    async def test_an_echo_ends_the_wait_of_a_message_in_doubt(
        self, inbox: SqlInbox, zalo: Channel, outbox: SqlOutbox, clock: FakeClock
    ) -> None:
        delivery = await outbox.claim(["zalo"])
        assert delivery is not None
        await outbox.await_echo(delivery, limits.ECHO_WAIT, "timeout", 0)
        assert await outbox.claim(["zalo"]) is None
        await inbox.save_events(zalo.id, [about(Kind.ECHO, "e1", metadata=key_of(delivery.id), message_ids=["p1"])])
        again = await outbox.claim(["zalo"])
        assert again is not None
        assert (again.id, again.parts_sent, again.uncertain) == (delivery.id, 1, False)

    async def test_an_echo_quicker_than_the_failure_leaves_no_doubt(
        self, inbox: SqlInbox, zalo: Channel, outbox: SqlOutbox
    ) -> None:
        delivery = await outbox.claim(["zalo"])
        assert delivery is not None
        await inbox.save_events(zalo.id, [about(Kind.ECHO, "e1", metadata=key_of(delivery.id), message_ids=["p1"])])
        await outbox.await_echo(delivery, limits.ECHO_WAIT, "timeout", 0)
        again = await outbox.claim(["zalo"])
        assert again is not None
        assert (again.parts_sent, again.uncertain) == (1, False)

    async def test_receipts_name_messages_or_a_time(
        self, inbox: SqlInbox, zalo: Channel, outbox: SqlOutbox, database: Database, clock: FakeClock
    ) -> None:
        delivery = await outbox.claim(["zalo"])
        assert delivery is not None
        await outbox.accepted(delivery, "p1")
        await inbox.save_events(zalo.id, [about(Kind.RECEIPT, "r", message_ids=["p1"])])
        clock.advance(SECOND)
        await inbox.save_events(zalo.id, [about(Kind.SEEN, "s", until=clock.now().isoformat())])
        [part] = await rows(database, outbox_parts)
        assert (part.delivered_at, part.seen_at) == (clock.now() - SECOND, clock.now())


class TestLedger:
    async def test_a_day_is_accounted_for_and_sums_to_zero(
        self, inbox: SqlInbox, zalo: Channel, outbox: SqlOutbox, database: Database, clock: FakeClock
    ) -> None:
        batch = [wrote("a", "x"), wrote("b", "y"), about(Kind.SEEN, "c"), about(Kind.NOTICE, "d", citizen="")]
        for _ in range(2):
            await inbox.save_events(zalo.id, batch)
        await answer(inbox, "một", "hai")
        delivery = await outbox.claim(["zalo"])
        assert delivery is not None
        await outbox.accepted(delivery, "p1")
        await outbox.close(delivery, "sent")
        day = await Ledger(database, clock).day(clock.now().date())
        assert (day.events, day.duplicates, day.difference) == (4, 4, 0)
        assert day.by_outcome == {"answer": 1, "open": 1, "ignored": 2}
        assert (day.outbox, day.outbox_by_outcome, day.outbox_difference) == (2, {"sent": 1, "open": 1}, 0)
        assert day.problems == ()
        clock.advance(limits.OUTBOX_OVERDUE + SECOND)
        assert len((await Ledger(database, clock).day(clock.now().date())).problems) == 1
        empty = await Ledger(database, clock).day((clock.now() - timedelta(days=3)).date())
        assert (empty.events, empty.problems) == (0, ())

    async def test_a_row_that_ended_in_no_known_way_is_found(
        self, inbox: SqlInbox, zalo: Channel, database: Database, clock: FakeClock
    ) -> None:
        await inbox.save_events(zalo.id, [wrote("a", "x")])
        await answer(inbox)
        async with database.write() as connection:
            await connection.execute(events.update().values(outcome="strange"))
            await connection.execute(outbox_table.update().values(parts_sent=3))
        day = await Ledger(database, clock).day(clock.now().date())
        assert (day.difference, len(day.problems)) == (1, 2)

    async def test_events_about_nobody_are_forgotten_in_time_as_well(
        self, inbox: SqlInbox, zalo: Channel, database: Database, clock: FakeClock, transcripts: SqlTranscripts
    ) -> None:
        await inbox.save_events(zalo.id, [about(Kind.NOTICE, "d", citizen="")])
        clock.advance(limits.CONVERSATION_RETENTION + SECOND)
        await transcripts.forget_old()
        async with database.read() as connection:
            assert (await connection.execute(select(func.count()).select_from(events))).scalar_one() == 0
