"""Deletes what citizens asked to have deleted: rows first, in one transaction, then the files."""

from __future__ import annotations

import structlog

from bot.domain.errors import StorageUnavailableError
from bot.ports import MediaStore
from bot.storage.erasures import SqlErasures

log = structlog.get_logger("erasing")


class Eraser:
    def __init__(self, rows: SqlErasures, store: MediaStore) -> None:
        self._rows = rows
        self._store = store

    async def run(self) -> int:
        """Every waiting request; how many were met. One that fails leaves the others their turn and stays."""
        met = 0
        for event_id in await self._rows.waiting():
            try:
                met += await self._erase(event_id)
            except StorageUnavailableError:
                raise
            except Exception as error:
                log.error("erasure.failed", event_id=event_id, error=type(error).__name__)
        return met

    async def _erase(self, event_id: int) -> bool:
        erased = await self._rows.erase(event_id)
        if erased is None:
            return False
        for key in erased.files:
            try:
                await self._store.delete(key)
            except Exception as error:
                # No row names it any more: the hourly sweep takes it.
                log.warning("erasure.file_left", error=type(error).__name__)
        log.info("erasure.done", found=erased.found, messages=erased.messages, files=len(erased.files))
        return True
