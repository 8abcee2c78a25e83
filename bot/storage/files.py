"""Citizens' files and published forms in a folder: the MediaStore of one machine, or of many over a shared file system.

A bucket is another implementation of the same port (bot.ports.MediaStore); nothing else has to change.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from datetime import timedelta
from pathlib import Path

from bot.domain.forms import KEY_PATTERN

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}(\.[a-z0-9]{1,5})?")
_FORM = re.compile(KEY_PATTERN)


class FolderStore:
    """`folder`/<first two letters of the hash>/<hash>.<ending>, of forms `folder`/forms/<hash>.<ending>; readable by
    the owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, content: bytes) -> None:
        await asyncio.to_thread(self._put, self._path(key), content)

    async def open(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except FileNotFoundError as error:
            raise LookupError(key) from error

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def keys(self, older_than: timedelta) -> list[str]:
        return await asyncio.to_thread(self._keys, time.time() - older_than.total_seconds())

    def _path(self, key: str) -> Path:
        if not (_KEY.fullmatch(key) or _FORM.fullmatch(key)):
            raise ValueError("no key of ours")
        return self._folder / key

    def _put(self, path: Path, content: bytes) -> None:
        """Written beside and renamed, so that nobody ever sees half a file."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
            output.write(content)
            output.flush()
            os.fsync(output.fileno())
        beside.replace(path)

    def _keys(self, before: float) -> list[str]:
        return [
            f"{file.parent.name}/{file.name}"
            for file in self._folder.glob("??/*")
            if _KEY.fullmatch(f"{file.parent.name}/{file.name}") and file.stat().st_mtime < before
        ]
