"""Reading a file that was handed in, beside the web: the page follows its progress in the database."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import PurePath
from typing import Any

import structlog
from aiohttp import web

from bot import limits
from bot.domain.errors import StorageUnavailableError
from bot.storage.imports import Read, SqlImports
from bot.storage.staff import Actor
from knowledge.exchange.drafts import slug

log = structlog.get_logger("console")
READERS = web.AppKey("import_readers", set[asyncio.Task[None]])
_PROGRAM = (sys.executable, "-m", "knowledge.exchange.process")
_BROKEN = "Không đọc được tệp này. Mở tệp bằng Word hoặc Excel, lưu lại rồi tải lên lần nữa."
_SLOW = "Đọc tệp quá lâu nên đã dừng. Chia tệp thành nhiều tệp nhỏ rồi tải lên từng tệp."
_PROGRESS_SECONDS = 0.5
_HEARTBEAT_SECONDS = 10.0
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL")
"""What the process is told of ours: no keys, for it opens strangers' files."""


class BusyError(Exception):
    """As many files are being read as one process may read at the same time."""


class ExportFailedError(Exception):
    """The process that writes a file ended without one."""


def setup(app: web.Application) -> None:
    app[READERS] = set()
    app.on_shutdown.append(_end)


async def begin(
    app: web.Application,
    imports: SqlImports,
    actor: Actor,
    file_name: str,
    data: bytes,
    records: Mapping[str, Mapping[str, Any]],
    in_force: Mapping[str, int],
) -> int:
    """Begins to read a file of procedures; the number of the import. `records`: what the unit answers from, by id.
    Raises BusyError."""
    if len(app[READERS]) >= limits.IMPORTS_AT_ONCE:
        raise BusyError
    import_id = await imports.begin(actor, file_name)
    stem = slug(PurePath(file_name).stem)
    task = asyncio.create_task(_read(imports, import_id, stem, file_name, data, records, in_force))
    app[READERS].add(task)
    task.add_done_callback(app[READERS].discard)
    return import_id


async def written(format_: str, records: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The records as a file. Raises ExportFailedError."""
    async with _process({"do": "write", "format": format_}, records) as process:
        assert process.stdout is not None  # noqa: S101  (asked for below)
        content = await asyncio.wait_for(process.stdout.read(), limits.IMPORT_SECONDS)
        if await process.wait() or not content:
            raise ExportFailedError(format_)
    return content


async def _read(
    imports: SqlImports,
    import_id: int,
    stem: str,
    file_name: str,
    data: bytes,
    records: Mapping[str, Mapping[str, Any]],
    in_force: Mapping[str, int],
) -> None:
    try:
        async with asyncio.timeout(limits.IMPORT_SECONDS):
            async with _process({"do": "read", "stem": stem, "file": file_name}, records, data) as process:
                await _follow(process, imports, import_id, in_force)
    except TimeoutError:
        await imports.refuse(import_id, _SLOW)
    except StorageUnavailableError as error:
        log.warning("import.not_kept", error=type(error).__name__)  # the page says that its reader fell silent
    except Exception as error:
        log.exception("import.failed", error=type(error).__name__)
        await imports.refuse(import_id, _BROKEN)


async def _follow(
    process: asyncio.subprocess.Process, imports: SqlImports, import_id: int, in_force: Mapping[str, int]
) -> None:
    assert process.stdout is not None  # noqa: S101  (asked for below)
    items: list[Read] = []
    loop = asyncio.get_running_loop()
    told, done, total = loop.time(), 0, 0
    while True:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), _HEARTBEAT_SECONDS)
        except TimeoutError:
            await imports.progress(import_id, done, total)  # it computes, and is not lost
            continue
        if not line:
            break
        said = json.loads(line)
        if "item" in said:
            one = said["item"]
            items.append(Read(base=in_force.get(one["record_id"]), **one))
        elif "refused" in said:
            await imports.refuse(import_id, said["refused"])
            return
        elif "problems" in said:
            await imports.ready(import_id, items, said["problems"])
            return
        else:
            done, total = said["done"], said["total"]
            if loop.time() - told > _PROGRESS_SECONDS:
                told = loop.time()
                await imports.progress(import_id, done, total)
    await imports.refuse(import_id, _BROKEN)


@asynccontextmanager
async def _process(
    asked: Mapping[str, Any], records: Mapping[str, Mapping[str, Any]], data: bytes = b""
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process at work, handed its task; ended with the block."""
    packed = await asyncio.to_thread(lambda: json.dumps(records).encode())
    process = await asyncio.create_subprocess_exec(
        *_PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=limits.IMPORT_LINE_BYTES,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )
    assert process.stdin is not None  # noqa: S101  (asked for above)
    feeding = asyncio.create_task(_feed(process.stdin, asked, packed, data))
    try:
        yield process
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _feed(pipe: asyncio.StreamWriter, asked: Mapping[str, Any], packed: bytes, data: bytes) -> None:
    try:
        pipe.write(json.dumps({**asked, "size": len(packed)}).encode() + b"\n" + packed + data)
        await pipe.drain()
        pipe.close()
    except ConnectionError:
        pass  # it ended early and has said why


async def _end(app: web.Application) -> None:
    tasks: list[asyncio.Task[None]] = [*app[READERS]]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
