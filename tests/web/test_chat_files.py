"""Files of staff on the web chat: named in the message, given to whom they were sent and to nobody else."""

from __future__ import annotations

from sqlalchemy import select

from bot.domain.messages import File, Reply
from bot.storage.tables import conversations
from bot.storage.ticket_changes import send
from tests.connectors.staff_files import PDF, kept
from tests.fakes import FakeClock
from tests.servers.chat import Citizen, Client, Parts

NAME = "Văn bản trả lời.pdf"


async def sent_file(parts: Parts, clock: FakeClock, *more: File) -> File:
    """To the newest conversation."""
    file = await kept(parts.media, NAME, PDF, "application/pdf")
    async with parts.database.write() as connection:
        newest = select(conversations.c.id).order_by(conversations.c.id.desc()).limit(1)
        conversation_id = (await connection.execute(newest)).scalar_one()
        await send(connection, conversation_id, Reply("Xin gửi ông/bà.", files=(file, *more)), clock.now())
    return file


async def test_a_file_is_named_without_its_place_and_saved_under_its_name(
    parts: Parts, client: Client, citizen: Citizen, clock: FakeClock
) -> None:
    await sent_file(parts, clock)
    [message] = (await citizen.read())["messages"]
    [file] = message["files"]
    assert file == {"name": NAME, "size": len(PDF), "path": f"files/{message['seq']}/0"}
    async with client.get(f"/chat/api/{file['path']}", headers=citizen.headers) as response:
        assert (response.status, await response.read()) == (200, PDF)
        assert response.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''V%C4%83n")
        assert response.headers["Content-Type"] == "application/octet-stream"


async def test_nobody_else_gets_it(parts: Parts, client: Client, citizen: Citizen, clock: FakeClock) -> None:
    await sent_file(parts, clock)
    [message] = (await citizen.read())["messages"]
    path = f"/chat/api/{message['files'][0]['path']}"
    stranger = await Citizen.arrive(client)
    for headers, status in ((stranger.headers, 404), ({}, 401), ({"Authorization": "Bearer " + "x" * 32}, 401)):
        async with client.get(path, headers=headers) as response:
            assert response.status == status
            assert PDF not in await response.read()


async def test_a_file_that_is_gone_or_was_never_there_is_said(
    parts: Parts, client: Client, citizen: Citizen, clock: FakeClock
) -> None:
    file = await sent_file(parts, clock)
    await citizen.say("cảm ơn")
    await parts.media.delete(file.key)
    for path, status in (("files/1/0", 410), ("files/1/1", 404), ("files/2/0", 404), ("files/9/0", 404)):
        async with client.get(f"/chat/api/{path}", headers=citizen.headers) as response:
            assert response.status == status
            assert (await response.json())["error"]
