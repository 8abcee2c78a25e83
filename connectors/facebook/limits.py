"""Limits of Messenger and of our use of it.

Sources: Meta's documentation as of October 2026, by the page it stands on (MP = business-messaging/messenger-platform).
"""

from __future__ import annotations

from datetime import timedelta

BASE_URL = "https://graph.facebook.com"
VERSION = "v26.0"
"""Graph API of 2026-07-29 (graph-api/changelog/versions); another one is a matter of configuration."""
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
UPLOAD_SECONDS = 45.0
"""For a file of ten megabytes from an office's slow line."""

# Messages. Meta does not say whether it counts letters or UTF-16 units, so the stricter is counted: units.
TEXT_UNITS = 1_900
"""Of the 2,000 of MP/reference/send-api."""
QUICK_REPLIES = 13
"""MP/send-messages/quick-replies, as the next two."""
TITLE_UNITS = 20
"""Of quick replies and of buttons."""
PAYLOAD_UNITS = 1_000
BUTTONS = 3
"""MP/send-messages/template/button."""
BUTTON_TEXT_UNITS = 640
CARDS = 10
"""MP/send-messages/template/generic."""
CARD_UNITS = 80
"""Title and subtitle of a card."""
FILE_BYTES = 25 * 1000 * 1000
"""MP/send-messages/saving-assets: "up to 25MB"."""
PICTURE_BYTES = 8 * 1000 * 1000
"""MP/reference/send-api, of pictures by address; for uploaded ones no other figure is named."""
URL_UNITS = 2_083
METADATA_CHARACTERS = 999
"""MP/reference/send-api: under 1,000."""

MEDIA_HOSTS = ("fbcdn.net", "fbsbx.com")
"""Hosts, with all below them, that citizens' media lie on. Meta documents none: its own samples name
scontent.xx.fbcdn.net (MP/webhooks/webhook-events), clients of others meet cdn.fbsbx.com for audio and files. A refused
host is named in the reason of the media row; THANTHIEN_MEDIA_HOSTS adds to them."""

# When we may send (MP/send-messages, MP/policy)
WINDOW = timedelta(hours=24)
WINDOW_MARGIN = timedelta(minutes=5)
"""The assistant stops this much earlier: clocks differ and a call takes time."""
HUMAN_AGENT_WINDOW = timedelta(days=7)
PRIVATE_REPLY_WINDOW = timedelta(days=7)
"""MP/discovery/private-replies: counted from the comment."""

# Profile of the page (MP/reference/messenger-profile-api)
GREETING_UNITS = 160
ICE_BREAKERS = 4
MENU_ITEMS = 20
MENU_TITLE_UNITS = 30
GET_STARTED = "GET_STARTED"
"""The payload our set-up gives the Get Started button; its tap is Kind.OPENED."""

# Waiting, in seconds
ECHO_WAIT = 30.0
"""An echo of a message that was accepted comes within this; afterwards one more try is safe (our estimate)."""
RETRY = 5.0
UNKNOWN_PAUSE = 300.0
"""How long a page that reached its quota is left alone when Meta names no time: calls prolong the block."""
THREAD_PAUSE = 10.0
"""After error 613, whose limits count by the second."""
RESTRICTED_PAUSE = 1_800.0
"""Before a restricted page is tried again (practice of one vendor)."""
DEAD_TOKEN_PAUSE = 600.0
"""Before a token that was refused is tried again unchanged."""
SLOW_DOWN_PERCENT = 80
"""Of a quota: above it only messages are sent, no typing or seen."""

# Events
EXTERNAL_ID_CHARACTERS = 200
"""Longer ids are kept as their hash."""
ID_CHARACTERS = 100
URL_CHARACTERS = 4_000
ATTACHMENTS = 30
DETAIL_DEPTH = 12
"""Deeper levels of an unknown event are not kept."""
DETAIL_CHARACTERS = 8_000

FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "message_edits",
    "messaging_referrals",
    "messaging_optins",
    "messaging_handovers",
    "standby",
    "messaging_policy_enforcement",
    "feed",
)
"""What a page must be subscribed to (MP/webhooks, webhooks/reference/page)."""
