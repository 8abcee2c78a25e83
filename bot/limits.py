"""Every limit of the product, named in one place."""

from datetime import timedelta

TEXT_CHARACTERS = 2_000
"""A citizen's message on the web chat; Zalo's own limit for text is the same."""
INBOUND_CHARACTERS = 8_000
"""A text from a platform; longer ones are cut, the event is kept."""
SEARCH_CHARACTERS = 200
"""A search in the catalogue."""
REQUEST_BYTES = 64 * 1024
CLIENT_ID_CHARACTERS = 64
PAYLOAD_CHARACTERS = 200
MESSAGES_PER_PAGE = 100
MESSAGES_PER_MINUTE = 30
"""A single web-chat session; above it the page is told to wait."""
SESSIONS_PER_MINUTE = 30
"""New web-chat sessions from one address."""
LONG_POLL = timedelta(seconds=25)

EVENT_LEASE = timedelta(seconds=30)
"""How long a worker may hold a conversation before another may take it over."""
EVENT_ATTEMPTS = 3
"""After so many failures a message is answered with an apology and the counter's phone."""
EVENT_RETRY = timedelta(seconds=2)
OUTBOX_LEASE = timedelta(seconds=60)
OUTBOX_ATTEMPTS = 8
OUTBOX_BACKOFF_MAX = timedelta(minutes=30)
TOLD_WAIT_MAX = timedelta(hours=24)
"""The longest wait a platform may ask for; it counts as no try."""
OUTBOX_LIFETIME = timedelta(days=7)
"""After the citizen's last words: no platform takes an answer later, whatever held it up."""
ECHO_WAIT = timedelta(seconds=30)
"""After a send whose result is unknown, so long the platform's echo is awaited before the one retry."""
TOKEN_RETRY = timedelta(minutes=5)
"""A channel whose credentials are dead is probed with one message so often."""
SENDS_PER_SECOND = {"zalo": 40.0, "facebook": 30.0}
"""A channel's even rate: Zalo allows 4,000 calls a minute, Facebook's page inbox stops above 40 messages a second."""
SEND_BURST = timedelta(seconds=1)
OUTBOX_OVERDUE = timedelta(minutes=10)
"""A message that waits longer is listed as stuck."""

BURST_WINDOW = timedelta(seconds=1.5)
"""After a picture or a place, so long what belongs to it is awaited: an album, words, a pin make one turn."""
BURST_EVENTS = 20
STAFF_QUIET = timedelta(hours=12)
"""After a person answered in the platform's own tool the assistant keeps quiet so long."""
WEBHOOK_BYTES = 1024 * 1024
CHANNELS_CACHE = timedelta(seconds=10)
"""How long a web process trusts its copy of the channels and their secrets."""

MEDIA_BYTES = 10_000_000
MEDIA_SECONDS = 20.0
MEDIA_PIXELS = 50_000_000
"""All frames of a picture together; more is taken for a decompression bomb."""
MEDIA_ATTEMPTS = 4
MEDIA_RETRY = timedelta(seconds=20)
MEDIA_LEASE = timedelta(seconds=90)
MEDIA_ORPHAN_AGE = timedelta(hours=1)

STATE_LIFETIME = timedelta(hours=12)
"""A conversation's context is forgotten after this silence; its messages are kept until retention."""
CONVERSATION_RETENTION = timedelta(days=30)
"""Conversations without a ticket (domain paper 4.6)."""
POLL_INTERVAL = 1.0
"""Seconds between looks at the queues when no wake-up arrives."""

CHOICES = 3
NEXT_TAPS = 3
NLU_TIMEOUT = 2.0
NLU_RETRY_DEAD_AFTER = 5.0
PARSE_CACHE_ENTRIES = 10_000
PARSE_CACHE_LIFETIME = timedelta(hours=6)

RASA_START_TIMEOUT = 120.0
RASA_RESTART_BACKOFF_MAX = 30.0
IMPORT_FILE_BYTES = 1_000_000
UPLOAD_BYTES = 20_000_000
"""A file of procedures or of a directory; more is refused before it is read."""
UPLOAD_UNPACKED_BYTES = 200_000_000
"""All parts of an Office file together once unpacked; more is taken for a decompression bomb."""
UPLOAD_PART_RATIO = 200
"""How many times larger than packed a part of an Office file may be, when it is large."""
UPLOAD_PARTS = 5_000
UPLOAD_PROCEDURES = 2_000
SHEET_ROWS = 200_000
EVALUATION_LINE_CHARACTERS = 20_000
