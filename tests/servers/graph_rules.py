"""The limits of section 4 and 6 of the reference: bodies Graph does not accept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.servers.graph_errors import MESSAGE_AND_STATE, JsonObject, RefusedError, invalid

TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")
TAGS = ("HUMAN_AGENT", "CUSTOMER_FEEDBACK", "NON_PROMOTIONAL_SUBSCRIPTION")
RETIRED_TAGS = ("CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE")
ACTIONS = ("typing_on", "typing_off", "mark_seen", "react", "unreact")
NOTIFICATIONS = ("REGULAR", "SILENT_PUSH", "NO_PUSH")
RECIPIENTS = ("id", "comment_id", "post_id", "user_ref", "notification_messages_token")
MESSAGE_KEYS = ("text", "attachment", "template", "sticker_id", "quick_replies", "metadata")
MEDIA = ("image", "audio", "video", "file")
FIELDS = (
    "messages messaging_postbacks message_echoes message_deliveries message_reads message_reactions message_edits "
    "messaging_referrals messaging_optins messaging_handovers standby messaging_policy_enforcement feed "
    "messaging_feedback response_feedback messenger_template_status_update inbox_labels"
).split()


def length(text: str) -> int:
    """UTF-16 units, the strictest of the ways Meta might count."""
    return len(text.encode("utf-16-le")) // 2


def text(value: Any, name: str, longest: int) -> None:
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"Param {name} must be a non-empty UTF-8 encoded string")
    if length(value) > longest:
        raise invalid(f"Length of param {name} must be less than or equal to {longest}")


def choice(value: Any, name: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise invalid(f"Param {name} must be one of {{{', '.join(allowed)}}}")


def items(value: Any, name: str, least: int, most: int) -> list[JsonObject]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise invalid(f"Param {name} must be an array")
    if len(value) > most:
        raise invalid(f"param {name} has too many elements.", 105)
    if len(value) < least:
        raise invalid(f"param {name} has too few elements.", 194)
    return value


def an_object(value: Any, name: str) -> JsonObject:
    if not isinstance(value, dict) or not value:
        raise invalid(f"param {name} must be non-empty.")
    return value


def buttons(value: Any, name: str, least: int) -> None:
    for number, button in enumerate(items(value, name, least, 3)):
        choice(button.get("type"), f"{name}[{number}][type]", ("postback", "web_url", "phone_number"))
        text(button.get("title"), f"{name}[{number}][title]", 20)
        if button["type"] == "web_url":
            text(button.get("url"), f"{name}[{number}][url]", 2083)
        else:
            text(button.get("payload"), f"{name}[{number}][payload]", 1000)


def quick_replies(message: JsonObject) -> None:
    name = "message[quick_replies]"
    if not {"text", "attachment"} & message.keys():
        raise invalid("Param message[text] must be a non-empty UTF-8 encoded string")
    for number, reply in enumerate(items(message["quick_replies"], name, 1, 13)):
        choice(
            reply.get("content_type"), f"{name}[{number}][content_type]", ("text", "user_phone_number", "user_email")
        )
        if reply["content_type"] == "text":
            text(reply.get("title"), f"{name}[{number}][title]", 20)
            text(reply.get("payload"), f"{name}[{number}][payload]", 1000)


def template(payload: JsonObject) -> None:
    kind = payload.get("template_type")
    if kind == "button":
        text(payload.get("text"), "name_placeholder[text]", 640)
        buttons(payload.get("buttons"), "name_placeholder[buttons]", 1)
    elif kind == "generic":
        for number, element in enumerate(items(payload.get("elements"), "name_placeholder[elements]", 1, 10)):
            name = f"name_placeholder[elements][{number}]"
            text(element.get("title"), f"{name}[title]", 80)
            if "subtitle" in element:
                text(element["subtitle"], f"{name}[subtitle]", 80)
            if not any(value for key, value in element.items() if key != "title"):
                raise invalid(f"Param {name} must have at least one more property besides the title")
            buttons(element.get("buttons", []), f"{name}[buttons]", 0)
    elif kind != "customer_feedback":
        choice(kind, "message[attachment][payload][template_type]", ("button", "generic", "customer_feedback"))


def attachment(value: Any, *, uploaded: bool = False) -> None:
    """`uploaded`: the file itself comes with the call."""
    attached = an_object(value, "message[attachment]")
    choice(attached.get("type"), "message[attachment][type]", (*MEDIA, "template"))
    payload = attached.get("payload")
    if attached["type"] == "template":
        template(an_object(payload, "message[attachment][payload]"))
    elif not uploaded:
        named = an_object(payload, "message[attachment][payload]")
        if ("url" in named) == ("attachment_id" in named):
            raise invalid("Param message[attachment][payload] must have either url or attachment_id")


def message(value: Any, *, uploaded: bool = False) -> None:
    body = an_object(value, "message")
    strange = [key for key in body if key not in MESSAGE_KEYS]
    if strange:
        raise invalid(f'Invalid keys "{", ".join(strange)}" were found in param "message".')
    contents = [key for key in ("text", "attachment", "template", "sticker_id") if key in body]
    if not contents:
        raise invalid("Message cannot be empty, must provide valid attachment or text")
    if len(contents) > 1:
        raise invalid(f"Param message must have only one of {', '.join(contents)}")
    if "text" in body:
        text(body["text"], "message[text]", 2000)
    if "attachment" in body:
        attachment(body["attachment"], uploaded=uploaded)
    if "quick_replies" in body:
        quick_replies(body)
    if "metadata" in body:
        text(body["metadata"], "message[metadata]", 999)


def send(body: JsonObject, *, uploaded: bool = False) -> None:
    """A call of the Send API as a whole, without regard to who is written to."""
    recipient = an_object(body.get("recipient"), "recipient")
    if len(recipient.keys() & set(RECIPIENTS)) != 1:
        raise invalid("Param recipient must have exactly one of " + ", ".join(RECIPIENTS))
    if "id" in recipient and not (isinstance(recipient["id"], str) and recipient["id"].isdecimal()):
        raise invalid('Param recipient[id] must be a valid ID string (e.g., "123")')
    if "message" in body and "sender_action" in body:
        raise RefusedError(MESSAGE_AND_STATE)
    if "sender_action" in body:
        choice(body["sender_action"], "sender_action", ACTIONS)
        if body["sender_action"] == "react":
            payload = an_object(body.get("payload"), "payload")
            text(payload.get("message_id"), "payload[message_id]", 1000)
            text(payload.get("reaction"), "payload[reaction]", 100)
        return
    if "message" not in body:
        raise invalid("Must send either message or state")
    message(body["message"], uploaded=uploaded)
    choice(body.get("messaging_type", "RESPONSE"), "messaging_type", TYPES)
    choice(body.get("notification_type", "REGULAR"), "notification_type", NOTIFICATIONS)
    if ("template" in body["message"]) != (body.get("messaging_type") == "UTILITY"):
        raise invalid("Messaging type UTILITY and message[template] belong together")
    if ("tag" in body) != (body.get("messaging_type") == "MESSAGE_TAG"):
        raise invalid("Messaging type MESSAGE_TAG and param tag belong together")
    if body.get("tag", "HUMAN_AGENT") not in (*TAGS, *RETIRED_TAGS):
        raise invalid("Invalid tag.")


def placeholders(body: str) -> list[int]:
    return [int(number) for number in re.findall(r"\{\{(\d+)\}\}", body)]


def utility_template(body: JsonObject) -> str:
    """Returns the text of an acceptable template."""
    for name in ("name", "language"):
        text(body.get(name), name, 512)
    choice(body.get("category"), "category", ("UTILITY",))
    parts = items(body.get("components"), "components", 1, 10)
    texts = [part.get("text") for part in parts if part.get("type") == "BODY"]
    text(texts[0] if texts else None, "components[BODY][text]", 1024)
    words = str(texts[0])
    numbers = placeholders(words)
    if numbers != list(range(1, len(numbers) + 1)) or re.search(r"\{\{[^}]*[#$%][^}]*\}\}", words):
        raise invalid("INCORRECT_PARAMS")
    if re.match(r"\s*\{\{", words) or re.search(r"\}\}\s*$", words):
        raise invalid("INCORRECT_PARAMS")
    return words


def actions(value: Any, name: str, most: int) -> None:
    for number, action in enumerate(items(value, name, 1, most)):
        choice(action.get("type"), f"{name}[{number}][type]", ("web_url", "postback"))
        text(action.get("title"), f"{name}[{number}][title]", 30)
        text(action.get("payload" if action["type"] == "postback" else "url"), f"{name}[{number}]", 1000)


def profile(body: JsonObject, present: JsonObject) -> None:
    """The Messenger profile of a Page; `present` is what it already has."""
    strange = body.keys() - {"get_started", "greeting", "ice_breakers", "persistent_menu"}
    if strange or not body:
        raise invalid(f"Invalid keys {', '.join(sorted(strange))!r} in the messenger profile")
    if "get_started" in body:
        text(an_object(body["get_started"], "get_started").get("payload"), "get_started[payload]", 1000)
    for greeting in items(body.get("greeting", []), "greeting", 0, 100):
        text(greeting.get("text"), "greeting[text]", 160)
    for key in ("ice_breakers", "persistent_menu"):
        if key in body and "default" not in [one.get("locale") for one in items(body[key], key, 1, 100)]:
            raise invalid(f"Param {key} must have an entry of the locale default")
    for breaker in body.get("ice_breakers", []):
        for action in items(breaker.get("call_to_actions"), "call_to_actions", 1, 4):
            text(action.get("question"), "call_to_actions[question]", 1000)
            text(action.get("payload"), "call_to_actions[payload]", 1000)
    if "persistent_menu" in body and "get_started" not in body | present:
        raise invalid("You must set a Get Started button if you also wish to use persistent menu")
    for menu in body.get("persistent_menu", []):
        actions(menu.get("call_to_actions"), "call_to_actions", 20)
