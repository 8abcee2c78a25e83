"""The page's greeting, Get Started button, ice breakers and menu, as the Messenger Profile API takes them.

Source: MP/reference/messenger-profile-api, MP/send-messages/persistent-menu. The words come from outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.domain.errors import InvalidContentError
from bot.domain.messages import Button, Link
from connectors.facebook import limits
from connectors.facebook.splitting import units

LOCALES = ("default", "vi_VN")
"""The same words in both: whoever writes to a commune, whatever language the telephone speaks, is answered in
Vietnamese."""
FIELDS = ("get_started", "greeting", "ice_breakers", "persistent_menu")


@dataclass(frozen=True, slots=True)
class PageProfile:
    """`greeting` may name {{user_first_name}}. `menu`: buttons and links, in their order."""

    greeting: str
    ice_breakers: tuple[Button, ...]
    menu: tuple[Button | Link, ...]


def body(profile: PageProfile) -> dict[str, Any]:
    """For GraphApi.set_profile. Raises InvalidContentError naming everything Meta would refuse."""
    problems = list(_problems(profile))
    if problems:
        raise InvalidContentError(problems)
    breakers = [{"question": one.label, "payload": one.payload} for one in profile.ice_breakers]
    menu = [_item(one) for one in profile.menu]
    found: dict[str, Any] = {
        "get_started": {"payload": limits.GET_STARTED},
        "greeting": [{"locale": locale, "text": profile.greeting} for locale in LOCALES],
    }
    if breakers:
        found["ice_breakers"] = [{"locale": locale, "call_to_actions": breakers} for locale in LOCALES]
    if menu:
        found["persistent_menu"] = [
            {"locale": locale, "composer_input_disabled": False, "call_to_actions": menu} for locale in LOCALES
        ]
    return found


def _item(item: Button | Link) -> dict[str, str]:
    if isinstance(item, Link):
        return {"type": "web_url", "title": item.label, "url": item.url}
    return {"type": "postback", "title": item.label, "payload": item.payload}


def _problems(profile: PageProfile) -> Iterable[str]:
    yield from _text("greeting", profile.greeting, limits.GREETING_UNITS)
    if len(profile.ice_breakers) > limits.ICE_BREAKERS:
        yield f"ice_breakers: {len(profile.ice_breakers)} are too many, {limits.ICE_BREAKERS} fit"
    if len(profile.menu) > limits.MENU_ITEMS:
        yield f"menu: {len(profile.menu)} items are too many, {limits.MENU_ITEMS} fit"
    for number, breaker in enumerate(profile.ice_breakers, 1):
        yield from _text(f"ice_breakers {number} label", breaker.label, limits.CARD_UNITS)
        yield from _text(f"ice_breakers {number} payload", breaker.payload, limits.PAYLOAD_UNITS)
    for number, item in enumerate(profile.menu, 1):
        yield from _text(f"menu {number} label", item.label, limits.MENU_TITLE_UNITS)
        if isinstance(item, Button):
            yield from _text(f"menu {number} payload", item.payload, limits.PAYLOAD_UNITS)
        elif not item.url.startswith("https://"):
            yield f"menu {number} url: must begin with https://"


def _text(name: str, text: str, most: int) -> Iterable[str]:
    if not text.strip():
        yield f"{name}: is empty"
    elif units(text) > most:
        yield f"{name}: {units(text)} characters are too many, {most} fit"
