"""What the pretend Zalo accepts as a message: the bodies of the reference, and nothing beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.servers.zalo_state import RefusedError

TEXT_LIMIT = 2000
BUTTON_LIMIT = 5
TITLE_LIMIT = 100
SUBTITLE_LIMIT = 500
ICONS = {"/-strong", "/-heart", ":>", ":-((", ":-h", ":o", "--b", "/-remove"}
BUTTON_PAYLOADS: dict[str, tuple[str, ...]] = {
    "oa.open.url": ("url",),
    "oa.query.show": (),
    "oa.query.hide": (),
    "oa.open.phone": ("phone_code",),
    "oa.open.sms": ("content", "phone_code"),
}
Body = dict[str, Any]
FindUpload = Callable[[str, str], None]
"""(kind, id); raises for an id that is unknown or expired."""


def recipient_of(body: Body) -> str:
    recipient = _mapping(body.get("recipient"), "recipient", {"user_id"})
    return _text(recipient.get("user_id"), "user_id")


def check_message(body: Body, find_upload: FindUpload) -> tuple[str, str]:
    """The kind and the text of a care message."""
    _only(body, {"recipient", "message"})
    message = _mapping(body.get("message"), "message", {"text", "attachment", "quote_message_id"})
    text = message.get("text", "")
    if not isinstance(text, str):
        raise RefusedError(-201, "text")
    if len(text) > TEXT_LIMIT:
        raise RefusedError(-210)
    if "quote_message_id" in message:
        _text(message["quote_message_id"], "quote_message_id")
    if "attachment" not in message:
        _text(text, "text")
        return "text", text
    attachment = _mapping(message["attachment"], "attachment", {"type", "payload"})
    if attachment.get("type") == "file":
        payload = _mapping(attachment.get("payload"), "payload", {"token"})
        find_upload("file", _text(payload.get("token"), "token"))
        return "file", text
    if attachment.get("type") != "template":
        raise RefusedError(-201, "type")
    return _check_template(attachment.get("payload"), text, find_upload), text


def check_reaction(body: Body) -> tuple[str, str]:
    """Icon and message id."""
    _only(body, {"recipient", "sender_action"})
    action = _mapping(body.get("sender_action"), "sender_action", {"react_icon", "react_message_id"})
    if action.get("react_icon") not in ICONS:
        raise RefusedError(-201, "react_icon")
    return action["react_icon"], _text(action.get("react_message_id"), "react_message_id")


def check_anonymous(body: Body) -> tuple[str, str]:
    """Recipient and text."""
    recipient = _mapping(body.get("recipient"), "recipient", {"anonymous_id", "conversation_id"})
    _text(recipient.get("conversation_id"), "conversation_id")
    text = _text(_mapping(body.get("message"), "message", {"text"}).get("text"), "text")
    if len(text) > TEXT_LIMIT:
        raise RefusedError(-210)
    return _text(recipient.get("anonymous_id"), "anonymous_id"), text


def _check_template(value: object, text: str, find_upload: FindUpload) -> str:
    payload = _mapping(value, "payload", {"template_type", "elements", "buttons"})
    kind = payload.get("template_type")
    if kind == "media":
        return _check_media(_one(payload.get("elements")), find_upload)
    if kind == "request_user_info":
        element = _mapping(_one(payload.get("elements")), "elements", {"title", "subtitle", "image_url"})
        _short(element.get("title"), "title", TITLE_LIMIT)
        _short(element.get("subtitle"), "subtitle", SUBTITLE_LIMIT)
        _address(element.get("image_url"), "image_url")
        return "request_user_info"
    if kind not in (None, "button"):
        raise RefusedError(-233)
    _text(text, "text")
    buttons = payload.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTON_LIMIT:
        raise RefusedError(-201, "buttons")
    for button in buttons:
        _check_button(button)
    return "buttons"


def _check_media(value: object, find_upload: FindUpload) -> str:
    allowed = {"media_type", "url", "attachment_id", "width", "height"}
    element = _mapping(value, "elements", allowed)
    kind = element.get("media_type")
    if kind not in ("image", "gif", "sticker"):
        raise RefusedError(-201, "media_type")
    if ("url" in element) == ("attachment_id" in element) or (kind == "sticker" and "url" in element):
        raise RefusedError(-201, "attachment_id")
    if kind == "gif" and not all(isinstance(element.get(side), int) for side in ("width", "height")):
        raise RefusedError(-201, "width")
    if "url" in element:
        _address(element["url"], "url")
    else:
        upload_id = _text(element["attachment_id"], "attachment_id")
        if kind != "sticker":
            find_upload(kind, upload_id)
    return str(kind)


def _check_button(value: object) -> None:
    button = _mapping(value, "buttons", {"title", "type", "payload"})
    _short(button.get("title"), "title", TITLE_LIMIT)
    kind = button.get("type")
    if kind not in BUTTON_PAYLOADS:
        raise RefusedError(-201, "type")
    fields = BUTTON_PAYLOADS[kind]
    if not fields:
        _text(button.get("payload"), "payload")
        return
    payload = _mapping(button.get("payload"), "payload", set(fields))
    for name in fields:
        _text(payload.get(name), name)
    if "url" in fields:
        _address(payload["url"], "url")


def _only(value: Body, allowed: set[str]) -> None:
    for name in value:
        if name not in allowed:
            raise RefusedError(-201, name)


def _mapping(value: object, name: str, allowed: set[str]) -> Body:
    if not isinstance(value, dict):
        raise RefusedError(-201, name)
    _only(value, allowed)
    return value


def _one(value: object) -> object:
    if not isinstance(value, list) or len(value) != 1:
        raise RefusedError(-201, "elements")
    return value[0]


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(-201, name)
    return value


def _short(value: object, name: str, limit: int) -> None:
    if len(_text(value, name)) > limit:
        raise RefusedError(-210)


def _address(value: object, name: str) -> None:
    if not _text(value, name).startswith(("https://", "http://")):
        raise RefusedError(-201, name)
