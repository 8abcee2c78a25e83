"""What differs between two contents of a unit, in words, for previews and for comparing revisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from knowledge.exchange.differences import Difference
from knowledge.exchange.drafts import Content

WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_KINDS = {"phone": "điện thoại", "email": "email", "website": "trang web"}
_NAMES = {
    "name": "Tên đơn vị",
    "short_name": "Tên gọi ngắn",
    "aliases": "Tên gọi khác của đơn vị",
    "address": "Địa chỉ trụ sở",
    "map_url": "Liên kết bản đồ",
    "sources": "Nguồn",
}
_PLACE = {"name": "tên", "address": "địa chỉ", "phone": "điện thoại", "note": "ghi chú"}
_POSITION = {
    "title": "tên chức danh",
    "department": "bộ phận",
    "holder": "người giữ chức danh",
    "aliases": "tên gọi khác",
    "matters": "việc phụ trách",
    "note": "ghi chú",
}
_SHOWN_ELSEWHERE = frozenset({"positions", "hours", "holidays", "hamlets", "former_units", "receiving_place", "as_of"})


def directory_differences(old: Content | None, new: Content) -> list[Difference]:
    """Every difference in the order of the new content, what is gone at the end; empty when both say the same but for
    the day they were checked."""
    titles = {one["id"]: one["title"] for content in (old or {}, new) for one in content.get("positions") or ()}
    before, after = dict(_said(old or {}, titles)), dict(_said(new, titles))
    changed = [
        Difference(label, label, before.get(label), text) for label, text in after.items() if before.get(label) != text
    ]
    return changed + [Difference(label, label, text, None) for label, text in before.items() if label not in after]


def _said(content: Content, titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(label, text) of everything a unit says that is not empty; labels are unique."""
    for name, value in content.items():
        if name not in _SHOWN_ELSEWHERE and (text := _text(value)):
            yield _NAMES.get(name, name), text
    place = content.get("receiving_place") or {}
    for name, label in _PLACE.items():
        if place.get(name):
            yield f"Nơi tiếp nhận hồ sơ: {label}", place[name]
    for position in content.get("positions") or ():
        yield from _position(position, titles)
    for weekday, day in enumerate(WEEKDAYS):
        periods = sorted(
            (one["opens"], one["closes"]) for one in content.get("hours") or () if one["weekday"] == weekday
        )
        if periods:
            yield f"Giờ làm việc {day}", ", ".join(f"{opens[:5]}–{closes[:5]}" for opens, closes in periods)
    for one in content.get("holidays") or ():
        kind = "nghỉ" if one.get("kind", "day_off") == "day_off" else "làm bù"
        sure = "" if one.get("confirmed", True) else ", chưa có thông báo chính thức"
        yield f"Ngày {_day(one['date'])} ({one['name']})", f"{kind}{sure}"
    for field, label in (("hamlets", "Ấp, khu phố"), ("former_units", "Xã cũ")):
        for one in content.get(field) or ():
            yield f"{label}: {one['name']}", ", ".join([one["name"], *one.get("aliases", ())])


def _position(position: Content, titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    head = f"{titles[position['id']]}"
    for name, label in _POSITION.items():
        if text := _text(position.get(name)):
            yield f"{head}: {label}", text
    for one in position.get("contacts") or ():
        details = [one[name] for name in ("label", "hours", "note") if one.get(name)]
        yield f"{head}: {_KINDS[one['kind']]} {one['value']}", " · ".join([one["value"], *details])
    for one in position.get("absences") or ():
        deputy = titles.get(one.get("deputy") or "", one.get("deputy"))
        details = [f"người thay: {deputy}" if deputy else "chưa có người thay", one.get("note") or ""]
        days = dict.fromkeys((_day(one["first"]), _day(one["last"])))
        label = f"{head}: vắng {' – '.join(days)}"
        yield label, " · ".join(text for text in details if text)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(str(one) if not isinstance(one, dict) else _text(list(one.values())) for one in value)
    if isinstance(value, dict):
        return " · ".join(f"{name}: {part}" for name, part in value.items())
    if isinstance(value, bool):
        return "có" if value else "không"
    return "" if value is None else str(value)


def _day(value: str) -> str:
    return f"{date.fromisoformat(value):%d/%m/%Y}"
