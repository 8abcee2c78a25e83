from __future__ import annotations

import re

import pytest

from bot.web.app import STATIC
from tests.servers.chat import UNIT, Client, Parts

ROUTES = (
    "/", "/chat", "/chat?embed=1", "/chat?unit=xa-khong-co", "/widget.js", "/health/live", "/health/ready", "/metrics",
    "/static/chat/chat.js", "/static/chat/no-such.js", "/chat/api/messages", "/no-such-page", "/static/../app.py",
)  # fmt: skip


async def get(client: Client, path: str) -> tuple[int, str, dict[str, str]]:
    async with client.get(path, allow_redirects=False) as response:
        return response.status, await response.text(), {name.lower(): value for name, value in response.headers.items()}


@pytest.mark.parametrize("path", ROUTES)
async def test_every_answer_carries_the_security_headers(client: Client, path: str) -> None:
    _, _, headers = await get(client, path)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    may_be_framed = path.partition("?")[0] == "/chat"
    assert ("frame-ancestors *" in policy) == may_be_framed
    assert ("x-frame-options" not in headers) == may_be_framed


async def test_the_page_holds_no_inline_script_or_style_and_asks_no_other_host(client: Client) -> None:
    _, page, _ = await get(client, "/chat")
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page) == []
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page) == []


async def test_the_page_names_the_commune_and_the_counter(client: Client, parts: Parts) -> None:
    status, page, _ = await get(client, "/chat")
    assert status == 200
    known = parts.knowledge.of(UNIT)
    assert known is not None
    view = known.view
    assert view.unit.name in page
    assert view.counter_phone is not None
    assert view.counter_phone in page


@pytest.mark.parametrize("unit", ["xa-khong-co", "<script>alert(1)</script>", "%00", "../../etc/passwd"])
async def test_an_unknown_unit_gets_a_page_that_says_so(client: Client, unit: str) -> None:
    async with client.get("/chat", params={"unit": unit}) as response:
        page = await response.text()
    assert response.status == 404
    assert "Chưa có trợ lý cho đơn vị này" in page
    assert "<script>alert" not in page


async def test_the_start_page_leads_to_the_chat(client: Client) -> None:
    status, _, headers = await get(client, "/")
    assert (status, headers["location"]) == (302, "/chat")


async def test_every_file_the_page_names_is_served(client: Client) -> None:
    _, page, _ = await get(client, "/chat")
    named = set(re.findall(r"""(?:src|href)=["'](/[^"'#]+)""", page))
    assert len(named) > 8
    for path in named:
        assert (await get(client, path))[0] == 200, path


async def test_every_script_is_served_as_a_script(client: Client) -> None:
    for file in STATIC.rglob("*.js"):
        status, body, headers = await get(client, f"/static/{file.relative_to(STATIC)}")
        assert status == 200
        assert "javascript" in headers["content-type"]
        assert body == file.read_text()


async def test_the_widget_may_be_loaded_by_other_sites(client: Client) -> None:
    status, body, headers = await get(client, "/widget.js")
    assert status == 200
    assert "javascript" in headers["content-type"]
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert "attachShadow" in body


async def test_a_wrong_address_or_method_says_nothing_of_the_inside(client: Client) -> None:
    assert (await get(client, "/no-such-page"))[0] == 404
    async with client.put("/chat/api/messages") as response:
        assert response.status == 405
        assert set(await response.json()) == {"error"}


async def test_a_process_that_lives_says_so(client: Client) -> None:
    assert (await get(client, "/health/live"))[0] == 200


async def test_a_process_with_a_migrated_database_and_published_records_is_ready(client: Client) -> None:
    async with client.get("/health/ready") as response:
        assert (response.status, await response.json()) == (200, {"status": "ok", "problems": []})


async def test_the_metrics_count_in_the_format_of_prometheus(client: Client) -> None:
    status, body, headers = await get(client, "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    assert "# TYPE thanthien_events_total counter" in body
