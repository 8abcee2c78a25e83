"""Every limit of the product, named in one place."""

from datetime import timedelta

TEXT_CHARACTERS = 2_000
"""A citizen's message on the web chat; Zalo's own limit for text is the same."""
INBOUND_CHARACTERS = 8_000
"""A text from a platform; longer ones are cut, the event is kept."""
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
EVALUATION_LINE_CHARACTERS = 20_000
