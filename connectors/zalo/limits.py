"""Limits of Zalo's Official Account API and of our use of it.

Sources: Zalo's documentation as transcribed in our reference of November 2026, by its section (§) and mark.
"""

from __future__ import annotations

from datetime import timedelta

API_URL = "https://openapi.zalo.me"
BUSINESS_URL = "https://business.openapi.zalo.me"
OAUTH_URL = "https://oauth.zaloapp.com"
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
UPLOAD_SECONDS = 45.0
"""For a file of five megabytes from an office's slow line."""
ANSWER_BYTES = 1024 * 1024
"""Zalo's answers are small; what is longer is no answer."""

# Messages (§5). Zalo does not say whether it counts letters or UTF-16 units, so the stricter is counted: units.
TEXT_UNITS = 2_000
"""[doc]; -210 above."""
BUTTONS = 5
"""[sdk]"""
TITLE_UNITS = 100
"""Of a button [one vendor, one client] and of request_user_info [doc]."""
SUBTITLE_UNITS = 500
IMAGE_BYTES = 1024 * 1024
GIF_BYTES = 5 * 1024 * 1024
FILE_BYTES = 5 * 1024 * 1024
IMAGE_ENDINGS = ("jpg", "jpeg", "png")
GIF_ENDINGS = ("gif",)
FILE_ENDINGS = ("pdf", "doc", "docx", "csv")
"""[doc, one transcription]; a file of another kind must be sent as a link."""
ICONS = ("/-strong", "/-heart", ":>", ":-((", ":-h", ":o", "--b", "/-remove")
"""[sdk] Of reactions; the last takes one back."""

PARAMETERS = {"ma_phieu": 30, "don_vi": 200, "trang_thai": 30, "dien_thoai": 50}
"""Letters a template takes of each parameter, by the type it is registered with: code, name of an organisation, status,
contact (§6, ZC)."""
MEDIA_HOSTS = ("zdn.vn", "zadn.vn", "dlfl.vn", "flchat.vn", "dlmd.me", "zalo.me", "zaloapp.com")
"""Hosts, with all below them, that citizens' media lie on. Zalo documents none: zdn.vn and zadn.vn stand in published
payloads (photos, voice, video, business cards), the next three are where clients of others meet files (dlfl.vn sends on
to flchat.vn and dlmd.me), the last two are Zalo's own names. A refused host is named in the reason of the media row;
THANTHIEN_MEDIA_HOSTS adds to them."""

# When we may send (§6)
WINDOW_CLOSED = "window_closed"
"""The reason of what cannot be sent any more."""
WINDOW = timedelta(days=7)
"""[doc] After the citizen's last interaction; free for 48 hours, billed after."""
WINDOW_MARGIN = timedelta(minutes=5)
"""The assistant stops this much earlier: clocks differ and a call takes time."""
MORNING = (6, 5)
"""Hour and minute in Việt Nam: the night in which Zalo refuses some messages ends at 06:00."""
MORNING_SPREAD = timedelta(minutes=20)
"""What waited for the morning is not sent all at once."""

# Tokens (§4)
ACCESS_LIFE_UNKNOWN = timedelta(hours=1)
"""When an answer names no life: the shortest ever documented."""
ACCESS_LIFE_MAX = timedelta(days=30)
REFRESH_LIFE = timedelta(days=90)
REFRESH_BEFORE = timedelta(minutes=10)
"""A token with less life is not used without a try to renew it."""
RENEW_BEFORE = timedelta(hours=5)
"""From here on the scheduled task renews (20 of 25 hours have passed)."""
TOKEN_LEASE = timedelta(seconds=90)
"""Two calls of 15 seconds, the commits between them, and some."""
TOKEN_WAIT = 5.0
"""Seconds a call waits for the process that is refreshing."""
TOKEN_POLL = 0.2
TOKEN_REST = timedelta(minutes=1)
"""After two refreshes without an answer Zalo is left alone for so long."""
COMMIT_PAUSES = (0.1, 0.5, 2.0, 5.0)
"""Seconds between tries to save a new pair: the database may be restarting, and the pair exists nowhere else."""

TOKEN_DEAD_REST = timedelta(minutes=10)
"""Before a refresh token that Zalo refused is tried again unchanged: the App Secret may have been put right."""

# Waiting, in seconds
ECHO_WAIT = 30.0
"""An echo of an accepted message comes within this; afterwards one more try is safe (our estimate)."""
RETRY = 5.0
RATE_PAUSE = 60.0
"""[doc, one transcription] Calls are counted by the minute."""
QUOTA_PAUSE = 3_600.0
RESEND_PAUSES = (1.0, 3.0)
"""-200 "Send message failed" is tried twice more (§7)."""

# Events
EXTERNAL_ID_CHARACTERS = 200
"""Longer ids are kept as their hash."""
ID_CHARACTERS = 100
URL_CHARACTERS = 4_000
ATTACHMENTS = 30
DETAIL_DEPTH = 12
"""Deeper levels of an event are not kept."""
DETAIL_CHARACTERS = 8_000
PAYLOAD_MARK = "#"
"""Before the payload of our buttons, which comes back as a citizen's text."""
ANONYMOUS = "anonymous"
"""First part of the id of a visitor without Zalo identity: `anonymous:<anonymous_id>:<conversation_id>`."""
