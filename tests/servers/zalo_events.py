"""Bodies of Zalo's webhook events, one method for each; and the payload files, byte for byte."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.servers.zalo_state import Sent, milliseconds

PAYLOADS = Path(__file__).resolve().parent.parent / "payloads" / "zalo"
BY_APP = "552177279717587730"
PHOTO = "https://f6-group.photo.talk.zdn.vn/example"
Event = dict[str, Any]


def payload_names() -> list[str]:
    return sorted(file.stem for file in PAYLOADS.glob("*.json"))


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def echoed(sent: Sent) -> tuple[str, dict[str, Any]]:
    """Event name and `message` of the echo of what was sent by API."""
    name = {"image": "oa_send_image", "gif": "oa_send_gif", "sticker": "oa_send_sticker", "file": "oa_send_file"}
    message: dict[str, Any] = {"msg_id": sent.message_id} | ({"text": sent.text} if sent.text else {})
    if sent.kind == "text":
        return "oa_send_text", message
    if sent.kind in name:
        part: dict[str, Any] = {"type": sent.kind, "payload": {"url": f"{PHOTO}/{sent.message_id}"}}
    else:
        template = {"zinstant_id": sent.message_id, "text": sent.text, "link_url": "", "checksum": ""}
        part = {"type": "template", "payload": template}
    return name.get(sent.kind, "oa_send_text"), message | {"attachments": [part]}


class ZaloEvents:
    def __init__(self, now: Callable[[], datetime], app_id: str, oa_id: str) -> None:
        self.now = now
        self.app_id = app_id
        self.oa_id = oa_id
        self._numbers = itertools.count(1)

    def message_id(self) -> str:
        return f"96d3cdf3af15{next(self._numbers):08x}"

    def text(self, user_id: str, text: str, *, msg_id: str = "", quote_msg_id: str = "") -> Event:
        message = {"text": text, "msg_id": msg_id or self.message_id()}
        if quote_msg_id:
            message["quote_msg_id"] = quote_msg_id
        return self._from_citizen(user_id, "user_send_text", message)

    def tap(self, user_id: str, button_payload: str) -> Event:
        """A button `oa.query.*`: its payload comes as text."""
        return self.text(user_id, button_payload)

    def images(self, user_id: str, urls: Sequence[str], text: str = "") -> Event:
        parts = [{"type": "image", "payload": {"thumbnail": url, "url": url}} for url in urls]
        return self._media(user_id, "user_send_image", parts, text)

    def gif(self, user_id: str, url: str) -> Event:
        return self._media(user_id, "user_send_gif", [{"type": "gif", "payload": {"thumbnail": url, "url": url}}])

    def sticker(self, user_id: str, sticker_id: str = "d1a3f0b6") -> Event:
        part = {"type": "sticker", "payload": {"id": sticker_id, "url": f"{PHOTO}/sticker.png"}}
        return self._media(user_id, "user_send_sticker", [part])

    def link(self, user_id: str, url: str, description: str = "") -> Event:
        part = {"type": "link", "payload": {"thumbnail": url, "description": description, "url": url}}
        return self._media(user_id, "user_send_link", [part], url)

    def audio(self, user_id: str, url: str) -> Event:
        return self._media(user_id, "user_send_audio", [{"type": "audio", "payload": {"url": url}}])

    def video(self, user_id: str, url: str) -> Event:
        part = {"type": "video", "payload": {"thumbnail": url, "description": "", "url": url}}
        return self._media(user_id, "user_send_video", [part])

    def location(self, user_id: str, latitude: str | float, longitude: str | float) -> Event:
        place = {"coordinates": {"latitude": latitude, "longitude": longitude}}
        return self._media(user_id, "user_send_location", [{"type": "location", "payload": place}])

    def file(self, user_id: str, url: str, name: str, size: int, checksum: str) -> Event:
        kind = name.rpartition(".")[2]
        part = {"url": url, "name": name, "size": str(size), "type": kind, "checksum": checksum}
        return self._media(user_id, "user_send_file", [{"type": "file", "payload": part}])

    def business_card(self, user_id: str, phone: str) -> Event:
        description = json.dumps({"phone": phone, "qrCodeUrl": f"{PHOTO}/qr.png"})
        part = {"thumbnail": f"{PHOTO}/card.png", "description": description, "url": f"{PHOTO}/card"}
        return self._media(user_id, "user_send_business_card", [{"type": "link", "payload": part}])

    def follow(self, user_id: str, source: str = "oa_profile") -> Event:
        return self._follower(user_id, "follow", source)

    def unfollow(self, user_id: str, source: str = "oa_profile") -> Event:
        return self._follower(user_id, "unfollow", source)

    def click_chatnow(self, user_id: str) -> Event:
        return self._about(user_id, "user_click_chatnow")

    def withdraw(self, user_id: str) -> Event:
        return self._about(user_id, "user_withdraw")

    def submit_info(self, user_id: str, info: dict[str, Any]) -> Event:
        """`info` in the shape of today (full_address) or the older one (address, city, district, ward)."""
        return {
            "sender": {"id": user_id},
            "recipient": {"id": self.oa_id},
            "event_name": "user_submit_info",
            "app_id": self.app_id,
            "timestamp": milliseconds(self.now()),
            "info": info,
        }

    def echo(
        self, user_id: str, message: dict[str, Any], *, event_name: str = "oa_send_text", admin_id: str = ""
    ) -> Event:
        """What the OA sent; with an admin_id, a person typed it in Zalo's own chat tool."""
        sender = {"id": self.oa_id} | ({"admin_id": admin_id} if admin_id else {})
        return self._message(sender["id"], user_id, event_name, message) | {"sender": sender}

    def staff_text(self, user_id: str, text: str, *, admin_id: str = "3184572090651243308", msg_id: str = "") -> Event:
        return self.echo(user_id, {"text": text, "msg_id": msg_id or self.message_id()}, admin_id=admin_id)

    def received(self, user_id: str, msg_id: str, *, swapped: bool = False) -> Event:
        """`swapped`: the citizen as sender, as one source has it."""
        return self._status(user_id, "user_received_message", {"msg_id": msg_id}, swapped)

    def seen(self, user_id: str, msg_ids: Sequence[str], *, swapped: bool = False, single: bool = False) -> Event:
        """`single`: `msg_id` instead of the list `msg_ids`, as one source has it."""
        message: dict[str, Any] = {"msg_id": msg_ids[0]} if single else {"msg_ids": list(msg_ids)}
        return self._status(user_id, "user_seen_message", message, swapped)

    def reacted(self, user_id: str, msg_id: str, icon: str = "/-heart", *, swapped: bool = False) -> Event:
        return self._status(user_id, "user_reacted_message", {"msg_id": msg_id, "react_icon": icon}, swapped)

    def anonymous_text(self, anonymous_id: str, conversation_id: str, text: str) -> Event:
        message = {"conversation_id": conversation_id, "text": text, "msg_id": self.message_id()}
        event = self._from_citizen(anonymous_id, "anonymous_send_text", message)
        del event["user_id_by_app"]
        return event

    def tagged(self, user_ids: Sequence[str], name: str, *, removed: bool = False) -> Event:
        return {
            "app_id": self.app_id,
            "oa_id": self.oa_id,
            "event_name": "remove_user_from_tag" if removed else "add_user_to_tag",
            "tag": {"user_ids": list(user_ids), "name": name},
            "timestamp": milliseconds(self.now()),
        }

    def delivered_by_phone(self, phone: str, msg_id: str, tracking_id: str, delivered: datetime) -> Event:
        """To be posted with `zbs=True`. The phone may be its hash."""
        message = {"delivery_time": milliseconds(delivered), "msg_id": msg_id, "tracking_id": tracking_id}
        return self._status(phone, "user_received_message", message, swapped=False)

    def feedback(self, msg_id: str, rate: int, note: str, tracking_id: str = "") -> Event:
        now = milliseconds(self.now())
        message = {
            "note": note,
            "rate": rate,
            "submit_time": now,
            "msg_id": msg_id,
            "feedbacks": [],
            "tracking_id": tracking_id,
        }
        return {
            "event_name": "user_feedback",
            "message": message,
            "app_id": self.app_id,
            "oa_id": self.oa_id,
            "timestamp": now,
        }

    def unknown(self, user_id: str, event_name: str = "user_send_hologram") -> Event:
        return self._from_citizen(user_id, event_name, {"msg_id": self.message_id()})

    def _media(self, user_id: str, event_name: str, parts: Sequence[Event], text: str = "") -> Event:
        message: dict[str, Any] = {"msg_id": self.message_id()}
        if text:
            message["text"] = text
        return self._from_citizen(user_id, event_name, message | {"attachments": list(parts)})

    def _from_citizen(self, user_id: str, event_name: str, message: dict[str, Any]) -> Event:
        return self._message(user_id, self.oa_id, event_name, message)

    def _message(self, sender: str, recipient: str, event_name: str, message: dict[str, Any]) -> Event:
        return {
            "app_id": self.app_id,
            "sender": {"id": sender},
            "user_id_by_app": BY_APP,
            "recipient": {"id": recipient},
            "event_name": event_name,
            "message": message,
            "timestamp": milliseconds(self.now()),
        }

    def _status(self, user_id: str, event_name: str, message: dict[str, Any], swapped: bool) -> Event:
        sender, recipient = (user_id, self.oa_id) if swapped else (self.oa_id, user_id)
        event = self._message(sender, recipient, event_name, message)
        del event["user_id_by_app"]
        return event

    def _about(self, user_id: str, event_name: str) -> Event:
        return {
            "app_id": self.app_id,
            "oa_id": self.oa_id,
            "user_id": user_id,
            "user_id_by_app": BY_APP,
            "event_name": event_name,
            "timestamp": milliseconds(self.now()),
        }

    def _follower(self, user_id: str, event_name: str, source: str) -> Event:
        return {
            "oa_id": self.oa_id,
            "follower": {"id": user_id},
            "user_id_by_app": BY_APP,
            "event_name": event_name,
            "source": source,
            "app_id": self.app_id,
            "timestamp": milliseconds(self.now()),
        }
