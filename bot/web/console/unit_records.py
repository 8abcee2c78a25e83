"""What the pages of a unit's own records share (directory, texts): the content being worked on, saving one part of it,
publishing it with its differences confirmed, its history. A part is compared with what its form was made of, so two
people may change different parts at the same time, and neither overwrites the other's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from aiohttp import web

from bot.domain.errors import DraftExistsError, EditingError, InvalidContentError, StaleDraftError, WrongStateError
from bot.domain.views import LOCAL_ZONE
from bot.storage.editing import Key, Revision
from bot.storage.record_log import RecordLog
from bot.storage.revisions import digest_of
from bot.web.console.auth import signed
from bot.web.console.services import CONSOLE, Console

Content = dict[str, Any]
_TRIES = 5
_NEWEST = 100
CHANGED = (
    "Người khác vừa sửa phần này. Nội dung mới ở bên dưới; những gì anh/chị nhập chưa được lưu, xin xem rồi sửa lại."
)
STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("Bản nháp", "info"),
    "in_review": ("Chờ duyệt", "info"),
    "published": ("Đã công bố", "good"),
    "superseded": ("Đã thay bằng bản mới", "plain"),
    "withdrawn": ("Đã bỏ", "plain"),
}


_EDITED: Mapping[str, frozenset[str]] = {
    "unit": frozenset({
        "address", "map_url", "receiving_place", "hours", "holidays", "positions", "hamlets", "former_units", "as_of",
    }),
}  # fmt: skip
"""Fields of a record that its pages edit, where others are edited elsewhere."""


class PartChangedError(Exception):
    """Somebody saved the part since its form was opened."""


@dataclass(frozen=True, slots=True)
class Working:
    """`content`: of the open draft, or else of what is published; empty when there is neither. What these pages do not
    edit is always that of the publication, for it may have changed since the draft was begun."""

    key: Key
    published: Revision | None
    draft: Revision | None

    @property
    def content(self) -> Content:
        newest = dict(self.published.content) if self.published else {}
        if self.draft is None:
            return newest
        edited = _EDITED.get(self.key.kind)
        if edited is None or self.published is None:
            return dict(self.draft.content)
        return newest | {name: value for name, value in self.draft.content.items() if name in edited}


def key_of(request: web.Request, kind: str) -> Key:
    unit_id = signed(request).unit_id
    return Key(kind, unit_id, unit_id)


async def working(console: Console, key: Key) -> Working:
    drafts = await console.editing.open_drafts(key.unit_id, key.kind)
    return Working(
        key,
        await console.editing.in_force(key),
        next((one for one in drafts if one.key == key), None),
    )


def seen(part: Any) -> str:
    """Stands in a form for the part it was made of."""
    return digest_of({"part": part})


async def save(request: web.Request, key: Key, change: Callable[[Content], Content]) -> None:
    """Saves a change into the draft, or begins one. `change` gets the newest content and may raise."""
    console, author = request.app[CONSOLE], signed(request).staff.id
    editing = console.editing
    for _ in range(_TRIES):
        now = await working(console, key)
        content = change(now.content)
        if content == now.content:
            return
        try:
            if now.draft is None:
                await editing.start(key, content, author)
            else:
                await editing.save(now.draft.id, now.draft.version, content, author)
        except (StaleDraftError, DraftExistsError):
            continue
        return
    raise PartChangedError


async def publish(request: web.Request, key: Key) -> str:
    """Publishes the draft whose differences were shown; what to tell the person. Form: revision, version, published
    (the revision it was compared with), effective_from (may be empty). Raises InvalidContentError."""
    console, who, form = request.app[CONSOLE], signed(request), await request.post()
    now = await working(console, key)
    shown = tuple(str(form.get(name, "")) for name in ("revision", "version", "published"))
    if now.draft is None:
        return "Không có thay đổi nào chờ công bố."
    if shown != (str(now.draft.id), str(now.draft.version), str(now.published.id if now.published else "")):
        return "Chưa công bố: có thay đổi mới từ lúc mở trang. Xin xem lại các thay đổi."
    starts = _day(str(form.get("effective_from", "")))
    editing, draft = console.editing, now.draft
    try:
        if now.content != draft.content:
            draft = await editing.save(draft.id, draft.version, now.content, who.staff.id)
        await editing.publish(draft.id, draft.version, who.staff.id, four_eyes=False, effective_from=starts)
    except InvalidContentError:
        raise
    except EditingError:
        return "Chưa công bố: có thay đổi mới từ lúc mở trang. Xin xem lại các thay đổi."
    later = starts is not None and starts > console.clock.now().astimezone(LOCAL_ZONE).date()
    return f"Đã hẹn công bố từ {starts:%d/%m/%Y}." if later else "Đã công bố. Trợ lý trả lời theo nội dung mới."


async def discard(request: web.Request, key: Key) -> str:
    """Gives the draft that was shown up."""
    console, who, form = request.app[CONSOLE], signed(request), await request.post()
    now = await working(console, key)
    if now.draft is None or str(form.get("version", "")) != str(now.draft.version):
        return "Chưa bỏ: có thay đổi mới từ lúc mở trang. Xin xem lại các thay đổi."
    await console.editing.discard(now.draft.id, now.draft.version, who.staff.id)
    return "Đã bỏ các thay đổi chưa công bố."


async def restore(request: web.Request, key: Key) -> str:
    """Publishes an earlier revision again."""
    console, who = request.app[CONSOLE], signed(request)
    old = await revision(request, key, request.match_info["revision"])
    try:
        await console.editing.roll_back(old.id, who.staff.id, f"Quay về bản {old.number}")
    except WrongStateError:
        return "Bản này chưa từng được công bố nên không quay về được."
    return f"Đã quay về bản {old.number}. Trợ lý trả lời theo nội dung đó."


async def revision(request: web.Request, key: Key, number: str) -> Revision:
    """A revision of this record by its id; 404 for any other."""
    console = request.app[CONSOLE]
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise web.HTTPNotFound
    try:
        found = await console.editing.get(int(number))
    except WrongStateError:
        raise web.HTTPNotFound from None
    if found.key != key:
        raise web.HTTPNotFound
    return found


async def history(request: web.Request, key: Key) -> dict[str, Any]:
    """What the page of the history needs."""
    console = request.app[CONSOLE]
    listed = await RecordLog(console.database).listed(key, _NEWEST)
    in_force = await console.editing.in_force(key)
    return {
        "listed": listed,
        "in_force": in_force.id if in_force else None,
        "today": console.clock.now().astimezone(LOCAL_ZONE).date(),
        "states": STATES,
        "choices": [(one.id, f"Bản {one.number}") for one in listed],
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
