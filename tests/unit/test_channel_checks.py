"""`check`, `channel profile|subscribe|tokens|seen` and the hourly renewal, against the pretend platforms."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from bot import connecting, page_profile
from bot.channel_checks import MENDS, address_problem, channels_sound, mend
from bot.config import Settings
from bot.domain.channels import Inbound, Kind, TokenPair
from bot.domain.errors import StorageUnavailableError
from bot.domain.views import UnitView
from bot.storage.tables import comments
from bot.system import System
from connectors.facebook import profile
from knowledge import files
from tests.conftest import UNIT
from tests.servers import graph_rules
from tests.servers.graph import PretendGraph
from tests.servers.graph_state import APP_ID as FB_APP
from tests.servers.graph_state import APP_SECRET as FB_SECRET
from tests.servers.graph_state import CITIZEN, PAGE_ID, PAGE_TOKEN, VERIFY_TOKEN
from tests.servers.sample import few_procedures
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_state import APP_ID, APP_SECRET, OA_ID, OA_SECRET

ZALO = {"app_id": APP_ID, "app_secret": APP_SECRET, "oa_secret": OA_SECRET, "verification": ""}
FACEBOOK = {"app_id": FB_APP, "app_secret": FB_SECRET, "verify_token": VERIFY_TOKEN, "page_token": PAGE_TOKEN}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def zalo() -> AsyncIterator[PretendZalo]:
    async with PretendZalo(now) as platform:
        yield platform


@pytest.fixture
async def graph() -> AsyncIterator[PretendGraph]:
    async with PretendGraph(now) as platform:
        platform.require_proof = True
        yield platform


@pytest.fixture
async def system(
    zalo: PretendZalo, graph: PretendGraph, settings: Settings, migrated_file: Path
) -> AsyncIterator[System]:
    """Both channels connected and heard of, the web answering at its public address."""
    settings = settings.model_copy(
        update={
            "zalo_api_url": zalo.api_url, "zalo_oauth_url": zalo.oauth_url, "zalo_business_url": zalo.business_url,
            "facebook_graph_url": graph.url,
        }
    )  # fmt: skip
    shutil.copyfile(migrated_file, settings.data_dir / "than-thien.db")
    system = System(settings)
    units = {name: one.model_dump(mode="json") for name, one in files.read_units(files.UNITS).items()}
    await system.revisions.publish("unit", None, units)
    procedures = {name: one.model_dump(mode="json") for name, one in few_procedures().items()}
    await system.revisions.publish("procedure", "dong-nai", procedures)
    oa = await system.directory.connect("zalo", OA_ID, UNIT, "Xã", ZALO)
    page = await system.directory.connect("facebook", PAGE_ID, UNIT, "Xã", FACEBOOK)
    pair = zalo.oauth.grant()
    tokens = TokenPair(pair.access_token, pair.refresh_token, now() + timedelta(hours=25), now() + timedelta(days=90))
    await system.credentials.seed_tokens(oa, tokens)
    for channel in (oa, page):
        await system.inbox.save_events(channel, [Inbound(f"e{channel}", "", Kind.OTHER)])
    async with TestServer(system.web_app()) as server:
        settings.public_url = str(server.make_url("/")).rstrip("/")
        yield system
    await system.close()


async def said(system: System, capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    capsys.readouterr()
    sound = await channels_sound(system)
    return sound, capsys.readouterr().out


async def test_two_sound_channels_are_said_to_be_sound(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    sound, text = await said(system, capsys)
    assert (sound, text.count("✓"), text.count("✗")) == (True, 2, 0), text
    assert "token đến" in text


async def test_each_fault_of_facebook_is_named_with_its_mend(
    system: System, graph: PretendGraph, capsys: pytest.CaptureFixture[str]
) -> None:
    graph.page.subscribed = ["messages"]
    graph.tokens[PAGE_TOKEN].scopes = ("pages_show_list",)
    graph.tokens[PAGE_TOKEN].expires_at = int((now() + timedelta(days=2)).timestamp())
    sound, text = await said(system, capsys)
    assert not sound
    for words in ("thiếu quyền pages_messaging", "hết hạn", "messaging_postbacks", f"subscribe facebook {PAGE_ID}"):
        assert words in text
    await page_profile.subscribe(system, PAGE_ID)
    assert set(graph.page.subscribed) >= {"messages", "feed"}
    graph.kill_token()
    assert "lấy token Trang dài hạn" in (await said(system, capsys))[1]
    await system.directory.connect("facebook", PAGE_ID, UNIT, "Xã", FACEBOOK | {"app_secret": "wrong"})
    sound, text = await said(system, capsys)
    assert (sound, "App Secret" in text) == (False, True)


async def test_each_fault_of_zalo_is_named_with_its_mend(
    system: System, zalo: PretendZalo, capsys: pytest.CaptureFixture[str]
) -> None:
    zalo.oa_info["is_verified"] = False
    zalo.oa_info["oa_id"] = zalo.oa_info["oaid"] = "999"
    sound, text = await said(system, capsys)
    assert (sound, "OA chưa xác thực" in text, "token là của OA 999" in text) == (False, True, True)
    zalo.oa_error = -223
    assert "đánh dấu mọi nhóm quyền" in (await said(system, capsys))[1]


async def test_a_channel_without_events_tokens_or_a_public_address_is_told(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    await system.directory.connect("zalo", "777", UNIT, "Mới", ZALO)
    system.settings.public_url = "http://127.0.0.1:9"
    sound, text = await said(system, capsys)
    assert not sound
    assert "channel tokens zalo 777" in text
    assert "chưa nhận được sự kiện nào" in text
    assert "không trả lời" in text
    system.settings.facebook_graph_url = "https://graph.facebook.com"
    system.settings.zalo_api_url = "https://openapi.zalo.me"
    system.settings.public_url = "http://xa-tan-an.example"
    for channel in await system.directory.listed():
        assert "chỉ gọi địa chỉ https công khai" in str(await address_problem(system, channel))


async def test_a_notice_and_a_block_are_shown_until_they_are_read(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    page = next(one for one in await system.directory.listed() if one.platform == "facebook")
    details = {"notice": "policy block: spam", "sending": "stopped"}
    await system.inbox.save_events(page.id, [Inbound("p", "", Kind.NOTICE, details=details)])
    sound, text = await said(system, capsys)
    assert (sound, "policy block: spam" in text, "--unblock" in text) == (False, True, True)
    await connecting.notice_seen(system, "facebook", PAGE_ID, unblock=True)
    assert (await said(system, capsys))[0]


async def test_new_tokens_end_the_alarm(system: System, tmp_path: Path) -> None:
    oa, page = await system.directory.listed()
    for channel in (oa, page):
        await system.credentials.raise_alarm(channel.id, "dead")
    file = tmp_path / "new.toml"
    file.write_text('access_token = "a2"\nrefresh_token = "r2"\n')
    await connecting.renew_secrets(system, "zalo", OA_ID, file)
    file.write_text('page_token = "new token"\n')
    await connecting.renew_secrets(system, "facebook", PAGE_ID, file)
    assert [one.alarm for one in await system.directory.listed()] == [None, None]
    pair = await system.credentials.tokens(oa.id)
    assert pair is not None
    assert (pair.access, (await system.credentials.credentials(page.id)).secrets["page_token"]) == ("a2", "new token")
    assert (await system.credentials.credentials(page.id)).secrets["app_secret"] == FB_SECRET


@pytest.mark.parametrize("failure", [StorageUnavailableError("away"), ZeroDivisionError()])
async def test_one_channels_failure_never_keeps_the_others_tokens_from_renewal(
    system: System, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    await system.directory.connect("zalo", "777", UNIT, "Hai", ZALO)
    renewed = []

    async def renew(channel_id: int) -> None:
        renewed.append(channel_id)
        raise failure

    monkeypatch.setattr(system.zalo_tokens, "renew", renew)
    await system.renew_tokens()
    assert len(renewed) == 2


async def test_the_profile_is_set_from_the_units_data_and_shown(
    system: System, graph: PretendGraph, capsys: pytest.CaptureFixture[str]
) -> None:
    await page_profile.set_profile(system, PAGE_ID)
    text = capsys.readouterr().out
    assert graph.page.profile.keys() == {"get_started", "greeting", "ice_breakers", "persistent_menu"}
    for words in ("Nút Bắt đầu: GET_STARTED", "Tân An", "Gặp cán bộ", "Hôm nay xã có làm việc không?"):
        assert words in text


def test_a_profile_of_a_unit_is_one_that_meta_takes(view: UnitView) -> None:
    graph_rules.profile(profile.body(page_profile.page_profile(view)), {})


async def test_a_comment_is_answered_in_private_once_and_never_in_public(system: System, graph: PretendGraph) -> None:
    await system.knowledge.refresh()
    graph.add_comment("9_1", CITIZEN)
    page = next(one for one in await system.directory.listed() if one.platform == "facebook")
    details = {"comment_id": "9_1", "verb": "add"}
    said = [Inbound(f"comment:{number}", CITIZEN, Kind.COMMENT, "hỏi", details=details) for number in range(3)]
    await system.inbox.save_events(page.id, said)
    inviter = system.inviter()
    graph.next_reset(edge="messages", done=True)  # it went out, and nobody heard of it
    assert await inviter.step()
    async with system.database.write() as connection:
        await connection.execute(comments.update().values(next_attempt_at=now()))
    assert await inviter.step()
    assert not await inviter.step()
    [sent] = graph.sent
    assert "trợ lý ảo" in str(sent.body["message"])
    assert graph.public_replies == []
    async with system.database.read() as connection:
        [row] = (await connection.execute(select(comments.c.outcome, comments.c.reason))).all()
    assert tuple(row) == ("sent", "already_replied")


def test_every_mend_can_be_filled(view: UnitView) -> None:
    class Channel:
        account, platform = "1", "zalo"

    assert [one for one in MENDS if "{" in mend(one, Channel())] == []  # type: ignore[arg-type]
