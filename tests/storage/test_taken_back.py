"""What is taken back, deleted on request, or said by the platform to the channel's owner."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import Table, insert, select
from sqlalchemy.exc import IntegrityError

from bot import limits
from bot.domain.channels import Attachment, Inbound, Kind
from bot.domain.errors import LeaseLostError
from bot.domain.messages import Outcome, Reply, Turn
from bot.erasing import Eraser
from bot.storage import attachments as media_rows
from bot.storage.attachments import SqlMedia
from bot.storage.channels import Channel, Channels
from bot.storage.comments import SqlComments
from bot.storage.credentials import Seal
from bot.storage.database import Database
from bot.storage.directory import Directory
from bot.storage.erasures import SqlErasures, State
from bot.storage.inbox import SqlInbox
from bot.storage.outbox import SqlOutbox
from bot.storage.tables import citizens, comments, conversations, erasures, events, media, messages, outbox
from bot.terminal import configure_logging
from tests.conftest import UNIT
from tests.fakes import FakeClock

SECRET = "ông Bảy nợ thuế"
PHOTO = Attachment("image", "https://a.fbcdn.net/x.jpg")
KEY = "ab/" + "ab" * 32 + ".jpg"


@pytest.fixture
async def page(channels: Channels) -> Channel:
    return await channels.ensure("facebook", "104", UNIT)


@pytest.fixture
def directory(database: Database, clock: FakeClock) -> Directory:
    return Directory(database, clock, Seal("a key of these tests"))


async def rows(database: Database, table: Table) -> list[Any]:
    async with database.read() as connection:
        return list((await connection.execute(select(table).order_by(*table.primary_key.columns))).all())


async def dump(database: Database) -> str:
    tables = (citizens, conversations, events, messages, media, comments, outbox, erasures)
    return " ".join([str(await rows(database, table)) for table in tables])


def comment(key: str, verb: str = "add", text: str = SECRET, comment_id: str = "9_1", **more: Any) -> Inbound:
    details = {"comment_id": comment_id, "verb": verb, "author": "Trần Thị Lan", **more}
    return Inbound(f"comment:{key}", "678", Kind.COMMENT, text=text, details=details)


def unsent(mid: str) -> Inbound:
    return Inbound(f"deleted:{mid}", "an", Kind.EDIT, details={"message_ids": [mid], "deleted": True})


class TestComments:
    async def test_each_comment_is_invited_once_however_often_it_is_told_or_changed(
        self, inbox: SqlInbox, page: Channel, database: Database, clock: FakeClock
    ) -> None:
        for event in (comment("a"), comment("a"), comment("b", "edited"), comment("c"), comment("d", "hide")):
            await inbox.save_events(page.id, [event])
        found = SqlComments(database, clock)
        first = await found.claim("facebook")
        assert first is not None
        assert (first.comment_id, first.unit_id, first.attempts) == ("9_1", UNIT, 1)
        assert await found.claim("facebook") is None
        await found.close(first, "sent")
        clock.advance(timedelta(days=1))
        assert await found.claim("facebook") is None

    async def test_a_removed_comment_loses_its_words_and_its_invitation(
        self, inbox: SqlInbox, page: Channel, database: Database, clock: FakeClock
    ) -> None:
        await inbox.save_events(page.id, [comment("a"), comment("b", "edited", f"{SECRET} sửa")])
        await inbox.save_events(page.id, [comment("other", text="chuyện khác", comment_id="9_2")])
        await inbox.save_events(page.id, [comment("c", "remove", "")])
        assert SECRET not in await dump(database)
        assert "chuyện khác" in await dump(database)
        assert [row.outcome for row in await rows(database, comments)] == ["taken_back", None]

    async def test_a_comment_that_comes_after_its_removal_is_not_kept(
        self, inbox: SqlInbox, page: Channel, database: Database
    ) -> None:
        await inbox.save_events(page.id, [comment("c", "remove", "")])
        await inbox.save_events(page.id, [comment("a")])
        assert SECRET not in await dump(database)
        assert await rows(database, comments) == []


class TestUnsent:
    async def test_an_unsent_message_loses_words_edits_and_files_and_gets_no_answer(
        self, inbox: SqlInbox, page: Channel, database: Database
    ) -> None:
        edit = Inbound("edit:m1:1", "an", Kind.EDIT, text=SECRET, details={"message_ids": ["m1"]})
        message = Inbound("m1", "an", Kind.MESSAGE, text=SECRET, attachments=(PHOTO,))
        await inbox.save_events(page.id, [message])
        await inbox.save_events(page.id, [edit])
        await inbox.save_events(page.id, [unsent("m1")])
        assert SECRET not in await dump(database)
        assert (await rows(database, media), await inbox.claim("one")) == ([], None)
        assert [row.outcome for row in await rows(database, events)] == ["ignored"] * 3

    async def test_an_answered_message_stays_answered(self, inbox: SqlInbox, page: Channel, database: Database) -> None:
        await inbox.save_events(page.id, [Inbound("m1", "an", Kind.MESSAGE, text=SECRET)])
        event = await inbox.claim("one")
        assert event is not None
        await inbox.finish(event, "one", Turn(Outcome.ANSWER, (Reply("Dạ"),), {}))
        await inbox.save_events(page.id, [unsent("m1")])
        assert SECRET not in await dump(database)
        assert [row.outcome for row in await rows(database, events)] == ["answer", "ignored"]

    async def test_a_message_that_comes_after_it_was_unsent_keeps_no_words_and_gets_no_answer(
        self, inbox: SqlInbox, page: Channel, database: Database
    ) -> None:
        await inbox.save_events(page.id, [unsent("m1")])
        await inbox.save_events(page.id, [Inbound("m1", "an", Kind.MESSAGE, text=SECRET, attachments=(PHOTO,))])
        assert SECRET not in await dump(database)
        assert (await rows(database, media), await inbox.claim("one")) == ([], None)


def edit(text: str, count: int | None = 1, mid: str = "m1") -> Inbound:
    details = {"message_ids": [mid], "count": count}
    return Inbound(f"edit:{mid}:{count}", "an", Kind.EDIT, text=text, details=details)


class TestEdited:
    async def said(self, database: Database) -> list[str]:
        return [row.content["text"] for row in await rows(database, messages) if row.direction == "in"]

    async def reasons(self, database: Database) -> list[str | None]:
        return [row.reason for row in await rows(database, events)]

    async def test_what_still_waits_is_answered_by_its_latest_words(
        self, inbox: SqlInbox, page: Channel, database: Database
    ) -> None:
        await inbox.save_events(page.id, [Inbound("m1", "an", Kind.MESSAGE, text="khai snh")])
        await inbox.save_events(page.id, [edit("khai sinh"), edit("khai sinh cho con", 2)])
        event = await inbox.claim("one")
        assert event is not None
        assert (event.text, await self.said(database)) == ("khai sinh cho con", ["khai sinh cho con"])

    async def test_a_worker_that_has_the_old_words_must_begin_again(
        self, inbox: SqlInbox, page: Channel, database: Database
    ) -> None:
        await inbox.save_events(page.id, [Inbound("m1", "an", Kind.MESSAGE, text="kết hôn")])
        old = await inbox.claim("one")
        assert old is not None
        await inbox.save_events(page.id, [edit("ly hôn")])
        with pytest.raises(LeaseLostError):
            await inbox.finish(old, "one", Turn(Outcome.ANSWER, (Reply("về kết hôn"),), {}))
        new = await inbox.claim("one")
        assert new is not None
        await inbox.finish(new, "one", Turn(Outcome.ANSWER, (Reply("về ly hôn"),), {}))
        assert (new.text, len(await rows(database, outbox))) == ("ly hôn", 1)

    async def test_after_the_answer_staff_see_the_new_words_and_nothing_is_answered_twice(
        self, inbox: SqlInbox, page: Channel, database: Database
    ) -> None:
        await inbox.save_events(page.id, [Inbound("m1", "an", Kind.MESSAGE, text="kết hôn")])
        event = await inbox.claim("one")
        assert event is not None
        await inbox.finish(event, "one", Turn(Outcome.ANSWER, (Reply("Dạ"),), {}))
        await inbox.save_events(page.id, [edit("kết hôn ở đâu")])
        assert (await self.said(database), await inbox.claim("one")) == (["kết hôn ở đâu"], None)
        assert await self.reasons(database) == [None, "edited_after_answer"]

    async def test_an_older_edit_that_comes_late_changes_nothing(
        self, inbox: SqlInbox, page: Channel, database: Database
    ) -> None:
        await inbox.save_events(page.id, [Inbound("m1", "an", Kind.MESSAGE, text="một")])
        await inbox.save_events(page.id, [edit("ba", 2)])
        await inbox.save_events(page.id, [edit("hai", 1)])
        assert await self.said(database) == ["ba"]
        assert await self.reasons(database) == [None, "edited", "older_edit"]

    @pytest.mark.parametrize("together", [True, False])
    async def test_an_edit_that_comes_before_its_message_is_what_the_message_says(
        self, inbox: SqlInbox, page: Channel, database: Database, together: bool
    ) -> None:
        await inbox.save_events(page.id, [Inbound("m0", "an", Kind.OPENED)])
        changed, message = edit("sửa rồi"), Inbound("m1", "an", Kind.MESSAGE, text="chưa sửa")
        for batch in [[changed, message]] if together else [[changed], [message]]:
            await inbox.save_events(page.id, batch)
        assert await self.said(database) == ["sửa rồi"]

    async def test_an_unsent_message_is_not_brought_back_by_an_edit(
        self, inbox: SqlInbox, page: Channel, database: Database
    ) -> None:
        await inbox.save_events(page.id, [Inbound("m1", "an", Kind.MESSAGE, text="x")])
        await inbox.save_events(page.id, [unsent("m1")])
        await inbox.save_events(page.id, [edit(SECRET)])
        assert SECRET not in await dump(database)

    async def test_an_edit_of_an_unknown_message_is_kept(
        self, inbox: SqlInbox, page: Channel, database: Database
    ) -> None:
        await inbox.save_events(page.id, [edit("của tin chưa từng thấy", None, "m9")])
        assert [row.text for row in await rows(database, events)] == ["của tin chưa từng thấy"]


class TestErasing:
    class Store:
        def __init__(self) -> None:
            self.deleted: list[str] = []

        async def put(self, key: str, content: bytes) -> None: ...

        async def open(self, key: str) -> bytes:
            raise LookupError(key)

        async def delete(self, key: str) -> None:
            self.deleted.append(key)

        async def keys(self, older_than: timedelta) -> list[str]:
            return []

    async def kept_photo(self, inbox: SqlInbox, page: Channel, database: Database, clock: FakeClock, who: str) -> None:
        message = Inbound(f"m-{who}", who, Kind.MESSAGE, text=SECRET, attachments=(PHOTO,))
        await inbox.save_events(page.id, [message])
        found = SqlMedia(database, clock)
        waiting = await found.claim()
        assert waiting is not None
        await found.keep(waiting, media_rows.Kept("image/jpeg", 3, "ab" * 32, KEY))

    async def test_everything_about_the_person_goes_and_the_record_names_nobody(
        self, inbox: SqlInbox, page: Channel, database: Database, clock: FakeClock
    ) -> None:
        await self.kept_photo(inbox, page, database, clock, "678")
        await inbox.save_events(page.id, [comment("a"), Inbound("m2", "binh", Kind.MESSAGE, text="của người khác")])
        asked = Inbound("withdraw:1", "678", Kind.WITHDRAW)
        await inbox.save_events(page.id, [asked])
        erasing, store = SqlErasures(database, clock), self.Store()
        assert await erasing.state("facebook", "withdraw:1") is State.WAITING
        assert await Eraser(erasing, store).run() == 1
        left = await dump(database)
        assert not any(trace in left for trace in (SECRET, "678", "withdraw:1", "Trần Thị Lan", KEY))
        assert ("của người khác" in left, store.deleted) == (True, [KEY])
        [record] = await rows(database, erasures)
        assert (record.found, record.messages, record.files) == (True, 1, 1)
        assert await erasing.state("facebook", "withdraw:1") is State.DONE
        # Told again, there is nothing left to do.
        await inbox.save_events(page.id, [asked])
        await Eraser(erasing, store).run()
        assert "678" not in await dump(database)
        assert await erasing.state("facebook", "withdraw:1") is State.DONE

    async def test_a_file_that_somebody_else_sent_as_well_stays(
        self, inbox: SqlInbox, page: Channel, database: Database, clock: FakeClock
    ) -> None:
        await self.kept_photo(inbox, page, database, clock, "678")
        await self.kept_photo(inbox, page, database, clock, "binh")
        await inbox.save_events(page.id, [Inbound("withdraw:1", "678", Kind.WITHDRAW)])
        store = self.Store()
        await Eraser(SqlErasures(database, clock), store).run()
        assert (store.deleted, len(await rows(database, media))) == ([], 1)

    async def test_an_id_that_fits_nobody_is_told_apart_until_the_retention_time_has_passed(
        self, inbox: SqlInbox, page: Channel, database: Database, clock: FakeClock
    ) -> None:
        await inbox.save_events(
            page.id, [Inbound("deletion:C", "218471", Kind.WITHDRAW, details={"id_of": "app", "code": "C"})]
        )
        erasing = SqlErasures(database, clock)
        await Eraser(erasing, self.Store()).run()
        assert await Eraser(erasing, self.Store()).run() == 0
        assert (await erasing.state("facebook", "deletion:C"), await erasing.unmatched()) == (State.UNMATCHED, 1)
        clock.advance(limits.CONVERSATION_RETENTION + timedelta(seconds=1))
        assert (await erasing.state("facebook", "deletion:C"), await erasing.unmatched()) == (State.DONE, 0)
        assert await erasing.state("facebook", "deletion:none") is None


class TestNotices:
    def told(self, key: str, at: object = None, **details: Any) -> Inbound:
        return Inbound(key, "", Kind.NOTICE, sent_at=at, details=details)  # type: ignore[arg-type]

    async def answered(self, inbox: SqlInbox, page: Channel) -> None:
        await inbox.save_events(page.id, [Inbound("m", "an", Kind.MESSAGE, text="hỏi")])
        event = await inbox.claim("one")
        assert event is not None
        await inbox.finish(event, "one", Turn(Outcome.ANSWER, (Reply("đáp"),), {}))

    async def test_a_block_stops_sending_until_it_is_lifted_and_an_older_one_changes_nothing(
        self, inbox: SqlInbox, page: Channel, outbox: SqlOutbox, directory: Directory, clock: FakeClock
    ) -> None:
        await self.answered(inbox, page)
        blocked = self.told("p1", clock.now(), notice="policy block: spam", sending="stopped")
        await inbox.save_events(page.id, [blocked])
        [channel] = await directory.listed()
        assert [text for text, _ in channel.alarms] == ["blocked by the platform", "policy block: spam"]
        assert await outbox.claim(["facebook"]) is None
        assert [one.reason for one in await outbox.stuck()] == ["policy block: spam"]
        clock.advance(timedelta(hours=1))
        await inbox.save_events(page.id, [self.told("p2", clock.now(), notice="policy unblock", sending="resumed")])
        late = self.told("p0", clock.now() - timedelta(hours=2), notice="policy block", sending="stopped")
        await inbox.save_events(page.id, [late])
        assert (await directory.listed())[0].alarms == []
        assert await outbox.claim(["facebook"]) is not None

    async def test_a_notice_rings_until_it_is_read(
        self, inbox: SqlInbox, page: Channel, outbox: SqlOutbox, directory: Directory
    ) -> None:
        await self.answered(inbox, page)
        await inbox.save_events(page.id, [self.told("n1", notice="template 7: REJECT"), self.told("n2", event="x")])
        assert [text for text, _ in (await directory.listed())[0].alarms] == ["template 7: REJECT"]
        assert await outbox.claim(["facebook"]) is not None
        assert await directory.read_notice("facebook", "104", unblock=False)
        assert (await directory.listed())[0].alarms == []


class TestWaiting:
    async def test_a_wait_the_platform_asked_for_is_no_try_and_ends_with_the_window(
        self, inbox: SqlInbox, page: Channel, outbox: SqlOutbox, clock: FakeClock
    ) -> None:
        await TestNotices().answered(inbox, page)
        for _ in range(3):
            delivery = await outbox.claim(["facebook"])
            assert delivery is not None
            assert (delivery.attempts, delivery.expired) == (1, None)
            await outbox.retry(delivery, timedelta(hours=9), "night", counted=False)
            assert await outbox.claim(["facebook"]) is None
            clock.advance(timedelta(hours=9))
        clock.advance(limits.OUTBOX_LIFETIME)
        delivery = await outbox.claim(["facebook"])
        assert delivery is not None
        assert delivery.expired == "night"

    async def test_the_worker_is_told_when_a_burst_is_complete(
        self, inbox: SqlInbox, page: Channel, clock: FakeClock
    ) -> None:
        assert await inbox.burst_ends_in() is None
        await inbox.save_events(page.id, [Inbound("m", "an", Kind.MESSAGE, attachments=(PHOTO,))])
        clock.advance(timedelta(seconds=1))
        assert await inbox.burst_ends_in() == limits.BURST_WINDOW - timedelta(seconds=1)
        clock.advance(timedelta(seconds=1))
        assert await inbox.burst_ends_in() is None
        assert await inbox.claim("one") is not None


async def test_a_failing_insert_leaves_no_words_in_the_log(
    database: Database, page: Channel, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert database.engine.sync_engine.hide_parameters
    handlers = logging.root.handlers[:]
    configure_logging("debug")
    try:
        broken = insert(events).values(
            channel_id=page.id, external_id=SECRET, kind=None, text=SECRET, received_at=clock.now()
        )
        with pytest.raises(IntegrityError) as caught:
            async with database.write() as connection:
                await connection.execute(broken)
        assert "parameters" not in str(caught.value) or "hidden" in str(caught.value)
        try:
            raise caught.value
        except IntegrityError as error:
            structlog.get_logger("x").exception("webhook.event_failed", error=type(error).__name__)
            logging.getLogger("aiohttp.server").exception("Error handling request %s", SECRET)
        log = capsys.readouterr().err
        assert ("IntegrityError" in log, SECRET in log) == (True, False)
    finally:
        structlog.reset_defaults()
        logging.root.handlers[:] = handlers
