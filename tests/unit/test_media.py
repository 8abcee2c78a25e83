"""Citizens' files: what is fetched, what is refused, what is left of a picture."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image
from sqlalchemy import select

from bot import limits
from bot.domain.channels import Attachment, Inbound, Kind
from bot.media import Fetcher, PublicResolver, RefusedError, Source, cleaned, sources
from bot.storage.attachments import SqlMedia
from bot.storage.channels import Channels
from bot.storage.coordination import LocalSignals
from bot.storage.database import Database
from bot.storage.files import FolderStore
from bot.storage.inbox import SqlInbox
from bot.storage.tables import media
from tests.conftest import UNIT
from tests.fakes import FakeClock

PDF = b"%PDF-1.7\n" + b"x" * 300
ZALO = Source(("zdn.vn", "zadn.vn"))


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 20), **more: Any) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", size, "red").save(output, form, **more)
    return output.getvalue()


def with_place() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x8825] = {1: "N", 2: (10.0, 57.0, 0.0)}
    exif[0x010F] = "Máy của ông An"
    return picture(exif=exif)


class TestAddresses:
    @pytest.mark.parametrize("url", ["https://zdn.vn/a", "https://f9-zpc.zdn.vn/a?b=c", "https://x.ZADN.vn:443/a"])
    def test_the_platforms_hosts_are_allowed(self, url: str) -> None:
        ZALO.check(url)

    @pytest.mark.parametrize(
        "url",
        [
            "http://zdn.vn/a", "https://evilzdn.vn/a", "https://zdn.vn.evil.com/a", "https://127.0.0.1/a",
            "https://zdn.vn:8443/a", "https://zdn.vn@evil.com/a", "https://user:word@zdn.vn/a", "file:///etc/passwd",
            "https://[::1]/", "https://[bad/", "https://zdn.vn:x/", "ftp://zdn.vn/a", "https://169.254.169.254/latest",
            "http://127.0.0.1:80/", "",
        ],
    )  # fmt: skip
    def test_everything_else_is_refused(self, url: str) -> None:
        with pytest.raises(RefusedError):
            ZALO.check(url)

    def test_this_machine_is_allowed_only_where_the_platform_is_a_pretend_one(self) -> None:
        hosts = {"zalo": ("zdn.vn",), "facebook": ("fbcdn.net",)}
        made = sources(hosts, {"zalo": "http://127.0.0.1:99", "facebook": "https://graph.facebook.com"})
        made["zalo"].check("http://127.0.0.1:5/a")
        with pytest.raises(RefusedError):
            made["facebook"].check("http://127.0.0.1:5/a")

    async def test_a_name_that_leads_to_a_private_address_is_refused(self) -> None:
        resolver = PublicResolver()
        with pytest.raises(OSError, match="no public address"):
            await resolver.resolve("localhost", 443)
        await resolver.close()


def black(side: int) -> bytes:
    """A square of so many pixels that takes few bytes and little time."""
    output = io.BytesIO()
    Image.new("1", (side, side)).save(output, "PNG")
    return output.getvalue()


class TestContent:
    def test_a_picture_keeps_its_pixels_upright_and_nothing_about_its_maker(self) -> None:
        content, kind, ending = cleaned(with_place())
        with Image.open(io.BytesIO(content)) as kept:
            assert (dict(kept.getexif()), kept.size, kind, ending) == ({}, (20, 40), "image/jpeg", "jpg")
        assert "Máy của".encode() not in content

    @pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "JPEG"])
    def test_every_form_of_picture_is_written_anew(self, form: str) -> None:
        content, kind, _ = cleaned(picture(form) + b"trailing words")
        assert b"trailing" not in content
        assert kind == f"image/{form.lower()}"

    def test_a_moving_picture_goes_on_moving(self) -> None:
        frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue", "green")]
        output = io.BytesIO()
        frames[0].save(output, "GIF", save_all=True, append_images=frames[1:], comment=b"secret place")
        content, _, _ = cleaned(output.getvalue())
        with Image.open(io.BytesIO(content)) as kept:
            assert getattr(kept, "n_frames", 1) == 3
        assert b"secret place" not in content

    def test_a_decompression_bomb_is_refused_before_it_is_opened(self) -> None:
        with pytest.raises(RefusedError, match="picture_too_large"):
            cleaned(black(9_000))

    @pytest.mark.parametrize(
        "content",
        [
            b"", b"just words", b"<html><script>alert(1)</script></html>", b"MZ\x90\x00" + b"\x00" * 200,
            b"\x7fELF" + b"\x00" * 200, b"PK\x03\x04" + b"\x00" * 300, picture()[:80], b"\xff\xd8\xff" + b"x" * 99,
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        ],
    )  # fmt: skip
    def test_what_is_no_picture_or_known_document_is_refused(self, content: bytes) -> None:
        with pytest.raises(RefusedError):
            cleaned(content)

    def test_a_document_is_kept_as_it_is_whatever_it_was_called(self) -> None:
        assert cleaned(PDF) == (PDF, "application/pdf", "pdf")


REDIRECTS = {
    "moved": "", "private": "http://10.0.0.7/photo", "elsewhere": "https://evil.example/photo", "circle": "/circle",
    "named": "https://zdn.vn:8443/photo",
}  # fmt: skip


class Host:
    """The platform's media host."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failures = 0
        app = web.Application()
        app.router.add_get("/{name}", self._answer)
        self.server = TestServer(app)

    def url(self, name: str) -> str:
        return str(self.server.make_url(f"/{name}"))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.asked.append(name)
        if self.failures:
            self.failures -= 1
            return web.Response(status=503)
        if name in REDIRECTS:
            raise web.HTTPFound(REDIRECTS[name] or self.url("photo"))
        if name == "gone":
            raise web.HTTPNotFound
        if name == "slow":
            await asyncio.sleep(5)
        if name == "endless":
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(40):
                await response.write(b"\xff\xd8\xff" + b"x" * 500_000)
            return response
        return web.Response(body=with_place() if name == "photo" else PDF)


class TestFetching:
    @pytest.fixture
    async def host(self) -> AsyncIterator[Host]:
        host = Host()
        await host.server.start_server()
        yield host
        await host.server.close()

    @pytest.fixture
    def store(self, tmp_path: Path) -> FolderStore:
        return FolderStore(tmp_path / "media")

    @pytest.fixture
    async def fetcher(
        self, database: Database, clock: FakeClock, signals: LocalSignals, store: FolderStore
    ) -> AsyncIterator[Fetcher]:
        own = {"zalo": Source(("zdn.vn",), loopback=True)}
        fetcher = Fetcher(SqlMedia(database, clock), store, own, signals, seconds=0.5)
        yield fetcher
        await fetcher.close()

    async def sent(self, inbox: SqlInbox, channels: Channels, *urls: str) -> None:
        channel = await channels.ensure("zalo", "oa", UNIT)
        files = tuple(Attachment("image", url) for url in urls)
        await inbox.save_events(channel.id, [Inbound("e1", "an", Kind.MESSAGE, attachments=files)])

    async def rows(self, database: Database) -> list[Any]:
        async with database.read() as connection:
            return list((await connection.execute(select(media).order_by(media.c.id))).all())

    async def test_a_file_is_fetched_once_and_kept_clean(
        self, host: Host, fetcher: Fetcher, inbox: SqlInbox, channels: Channels, database: Database, store: FolderStore
    ) -> None:
        await self.sent(inbox, channels, host.url("photo"), host.url("paper"))
        while await fetcher.step():
            pass
        assert not await fetcher.step()
        photo, paper = await self.rows(database)
        assert (photo.state, photo.content_type, paper.content_type) == ("kept", "image/jpeg", "application/pdf")
        assert host.asked == ["photo", "paper"]
        assert await store.open(paper.file_key) == PDF
        assert len(await store.open(photo.file_key)) == photo.size

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("gone", "status 404"),
            ("endless", "too_large"),
            ("private", "not_https"),
            ("elsewhere", "host_not_allowed evil.example"),
            ("named", "url_unusual"),
            ("circle", "redirects"),
        ],
    )
    async def test_a_refusal_is_recorded_with_its_reason(
        self, host: Host, fetcher: Fetcher, inbox: SqlInbox, channels: Channels, database: Database, name: str,
        reason: str,
    ) -> None:  # fmt: skip
        await self.sent(inbox, channels, host.url(name), "https://evil.example/x.jpg")
        while await fetcher.step():
            pass
        first, second = await self.rows(database)
        assert (first.state, first.reason) == ("refused", reason)
        assert (second.state, second.reason) == ("refused", "host_not_allowed evil.example")

    async def test_another_place_of_the_same_hosts_is_followed(
        self, host: Host, fetcher: Fetcher, inbox: SqlInbox, channels: Channels, database: Database
    ) -> None:
        await self.sent(inbox, channels, host.url("moved"))
        assert await fetcher.step()
        assert [(row.state, row.content_type) for row in await self.rows(database)] == [("kept", "image/jpeg")]

    async def test_a_passing_failure_is_tried_again_and_given_up_in_the_end(
        self, host: Host, fetcher: Fetcher, inbox: SqlInbox, channels: Channels, database: Database, clock: FakeClock
    ) -> None:
        host.failures = 1
        await self.sent(inbox, channels, host.url("photo"), host.url("slow"))
        for _ in range(limits.MEDIA_ATTEMPTS + 1):
            while await fetcher.step():
                pass
            clock.advance(timedelta(hours=1))
        assert [(row.state, row.reason) for row in await self.rows(database)] == [
            ("kept", None),
            ("refused", "timeout"),
        ]
        assert host.asked.count("slow") == limits.MEDIA_ATTEMPTS

    async def test_files_of_forgotten_conversations_are_swept_away(
        self, host: Host, fetcher: Fetcher, inbox: SqlInbox, channels: Channels, database: Database,
        store: FolderStore, monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setattr(limits, "MEDIA_ORPHAN_AGE", timedelta(seconds=-5))
        await self.sent(inbox, channels, host.url("photo"))
        await fetcher.step()
        form = f"forms/{'0' * 64}.pdf"
        await store.put(form, PDF)
        assert await fetcher.sweep() == 0
        [row] = await self.rows(database)
        found = await channels.conversation_of("zalo", "an")
        assert found is not None
        await channels.forget(found[1])
        assert await fetcher.sweep() == 1
        with pytest.raises(LookupError):
            await store.open(row.file_key)
        assert await store.open(form) == PDF

    async def test_a_key_leads_nowhere_else(self, store: FolderStore) -> None:
        for key in ("../secret.key", "aa/../../x", "/etc/passwd", ""):
            with pytest.raises(ValueError, match="key"):
                await store.open(key)
