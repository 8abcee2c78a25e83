"""`than-thien chat`: a conversation in the terminal, through the same inbox, worker and outbox as any platform."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys

from rich.panel import Panel
from rich.text import Text

from bot import limits
from bot.domain.messages import Button, InboundMessage, Reply
from bot.running import rasa_for
from bot.system import System
from bot.terminal import console, fail
from bot.worker import INBOX_TOPIC
from connectors.terminal.connector import PLATFORM, TerminalConnector

PROMPT = "Ông/bà: "


async def converse(system: System, unit: str | None) -> None:
    await system.prepare()
    unit_id = unit or system.settings.default_unit
    if system.knowledge.of(unit_id) is None:
        fail(f"Không có đơn vị “{unit_id}”. Các đơn vị có sẵn: {', '.join(system.knowledge.units)}.")
    async with rasa_for(system):
        await _talk(system, unit_id)


async def _talk(system: System, unit_id: str) -> None:
    channel = await system.channels.ensure(PLATFORM, unit_id, unit_id)
    citizen = f"terminal:{secrets.token_hex(8)}"
    answered = asyncio.Event()
    offered: list[Button] = []

    def show(reply: Reply) -> None:
        offered[:] = reply.buttons
        _print(reply)
        answered.set()

    sender = system.sender({PLATFORM: TerminalConnector(show)})
    tasks = [
        asyncio.create_task(job)
        for job in (system.worker().run(), sender.run(), system.knowledge.follow(system.signals))
    ]
    try:
        console.print("Gõ câu hỏi, hoặc số trong ngoặc để chọn nút. Dừng: Ctrl-D.\n")
        await _say(system, channel.id, citizen, "", "start", answered)
        while True:
            line = await asyncio.to_thread(_read_line)
            if line is None:
                return
            if not line.strip():
                continue
            picked = _picked(line, offered)
            await _say(
                system,
                channel.id,
                citizen,
                picked.label if picked else line,
                picked.payload if picked else None,
                answered,
            )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _say(
    system: System, channel_id: int, citizen: str, text: str, payload: str | None, answered: asyncio.Event
) -> None:
    answered.clear()
    message = InboundMessage(secrets.token_hex(16), citizen, text[: limits.TEXT_CHARACTERS], payload)
    await system.inbox.save(channel_id, [message])
    await system.signals.notify(INBOX_TOPIC)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(answered.wait(), limits.EVENT_LEASE.total_seconds())


def _picked(line: str, offered: list[Button]) -> Button | None:
    bare = line.strip().strip("[]()")
    return offered[int(bare) - 1] if bare.isdigit() and 0 < int(bare) <= len(offered) else None


def _read_line() -> str | None:
    if sys.stdin.isatty():
        try:
            return input(PROMPT)
        except EOFError:
            return None
    line = sys.stdin.readline()
    if line:
        console.print(Text(PROMPT + line.rstrip("\n")))
    return line or None


def _print(reply: Reply) -> None:
    body = Text(reply.text)
    for phone in reply.phones:
        body.append(f"\n☎ {phone.label}: {phone.number}", style="bold")
    if reply.link:
        body.append(f"\n→ {reply.link.label}: {reply.link.url}", style="underline")
    if reply.buttons:
        body.append(
            "\n" + "   ".join(f"[{number}] {one.label}" for number, one in enumerate(reply.buttons, 1)),
            style="cyan",
        )
    console.print(Panel(body, title="Trợ lý", title_align="left", width=min(console.width, 88)), soft_wrap=False)
