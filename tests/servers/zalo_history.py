"""Conversations as the OA API tells them: newest first, as a bare list of rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.servers.zalo_state import VIETNAM, RefusedError

FROM_OA = 0
FROM_CITIZEN = 1
AT_ONCE = 10
Row = dict[str, Any]


class History:
    def __init__(self, oa_id: str, oa_name: str) -> None:
        self.oa_id = oa_id
        self.oa_name = oa_name
        self._rows: list[tuple[str, Row]] = []

    def from_citizen(self, user_id: str, name: str, message: Mapping[str, Any], at: datetime) -> None:
        attachments = message.get("attachments") or [{"type": "text"}]
        row = self._row(FROM_CITIZEN, attachments[0]["type"], message.get("text", ""), message.get("msg_id", ""), at)
        who = {"from_id": user_id, "from_display_name": name, "to_id": self.oa_id, "to_display_name": self.oa_name}
        self._add(user_id, row | who)

    def from_oa(self, user_id: str, name: str, kind: str, text: str, message_id: str, at: datetime) -> None:
        row = self._row(FROM_OA, kind, text, message_id, at)
        who = {"from_id": self.oa_id, "from_display_name": self.oa_name, "to_id": user_id, "to_display_name": name}
        self._add(user_id, row | who)

    def page(self, asked: Mapping[str, Any], user_id: str = "") -> list[Row]:
        """Of one citizen, or of all."""
        offset, count = asked.get("offset", 0), asked.get("count", 5)
        if not isinstance(offset, int) or not isinstance(count, int):
            raise RefusedError(-201, "offset")
        if count > AT_ONCE:
            raise RefusedError(-210)
        rows = [row for owner, row in self._rows if user_id in ("", owner)]
        rows.sort(key=lambda row: row["time"], reverse=True)
        return rows[offset : offset + count]

    def _row(self, src: int, kind: str, text: str, message_id: str, at: datetime) -> Row:
        return {
            "src": src,
            "time": int(at.timestamp() * 1000),
            "sent_time": at.astimezone(VIETNAM).strftime("%H:%M:%S %d/%m/%Y"),
            "message_id": message_id,
            "type": kind,
            "message": text,
        }

    def _add(self, user_id: str, row: Row) -> None:
        self._rows.insert(0, (user_id, row))
