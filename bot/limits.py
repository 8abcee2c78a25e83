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
ANSWERS_AT_ONCE = 8
"""Conversations one worker process works on at the same time: while one waits for Rasa, others are written."""
EVENT_ATTEMPTS = 3
"""After so many failures a message is answered with an apology and the counter's phone."""
EVENT_RETRY = timedelta(seconds=2)
OUTBOX_LEASE = timedelta(seconds=60)
SENDS_AT_ONCE = 8
"""A platform takes a tenth of a second for a message; so many of one process are on their way."""
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
GATHERED_EVENTS = 200
"""Of several webhook calls saved in one transaction; a single call may have more."""
WEBHOOK_BYTES = 1024 * 1024
CHANNELS_CACHE = timedelta(seconds=10)
"""How long a web process trusts its copy of the channels and their secrets."""

MEDIA_BYTES = 10_000_000
MEDIA_SECONDS = 20.0
MEDIA_REDIRECTS = 3
"""Each address is checked like the first."""
MEDIA_PIXELS = 50_000_000
"""All frames of a picture together; more is taken for a decompression bomb."""
MEDIA_ATTEMPTS = 4
MEDIA_RETRY = timedelta(seconds=20)
MEDIA_LEASE = timedelta(seconds=90)
MEDIA_ORPHAN_AGE = timedelta(hours=1)

STATE_LIFETIME = timedelta(hours=12)
"""A conversation's context is forgotten after this silence; its messages are kept until retention."""
DRAFT_LIFETIME = timedelta(days=3)
"""A conversation with an unfinished report keeps its context so long."""
CONVERSATION_RETENTION = timedelta(days=30)
"""Conversations without a ticket (domain paper 4.6)."""
POLL_INTERVAL = 1.0
"""Seconds between looks at the queues when no wake-up arrives."""

CHOICES = 3
NEXT_TAPS = 3
DRAFT_CHARACTERS = 4_000
DRAFT_PHOTOS = 10
PLACE_CHARACTERS = 300
TICKETS_LISTED = 5
TICKETS_OFFERED = 3
COMMENT_CHARACTERS = 1_000
SUBJECT_CHARACTERS = 80
"""What a meeting is about, in a few words."""
NLU_TIMEOUT = 2.0
NLU_RETRY_DEAD_AFTER = 5.0
PARSE_CACHE_ENTRIES = 10_000
PARSE_CACHE_LIFETIME = timedelta(hours=6)

RASA_START_TIMEOUT = 120.0
RASA_RESTART_BACKOFF_MAX = 30.0
IMPORT_FILE_BYTES = 1_000_000
UPLOAD_BYTES = 20_000_000
"""A file of procedures or of a directory; more is refused before it is read."""
FORM_FILE_BYTES = 10_000_000
"""A form (mẫu đơn) citizens download."""
UPLOAD_UNPACKED_BYTES = 200_000_000
"""All parts of an Office file together once unpacked; more is taken for a decompression bomb."""
UPLOAD_PART_RATIO = 200
"""How many times larger than packed a part of an Office file may be, when it is large."""
UPLOAD_PARTS = 5_000
UPLOAD_PROCEDURES = 2_000
SHEET_ROWS = 200_000
RECORD_BYTES = 1_000_000
"""Of the form of one record."""
RECORD_ROWS = 120
"""Items of one list in it."""
IMPORTS_AT_ONCE = 2
"""Files of records one process reads at the same time."""
IMPORT_SECONDS = 300.0
"""The longest a file of records may be read."""
IMPORT_SILENCE = timedelta(minutes=1)
"""A file whose reader gave no sign of life for so long must be handed in again."""
IMPORT_RETENTION = timedelta(days=30)
IMPORT_LINE_BYTES = 8_000_000
"""One record as its reader hands it on."""
DIRECTORY_BYTES = 2_000_000
"""An Excel file of a directory, and the form that hands what was read of it on."""
IMPORT_ROWS = 25
"""Records of a file on one page of its preview: each brings its differences."""
EVALUATION_LINE_CHARACTERS = 20_000

SIGN_INS_PER_MINUTE = 20
"""From one address; an office shares one."""
FAILED_SIGN_INS = 8
"""In a row for one account, wrong codes included; then it is locked for a while."""
SIGN_IN_LOCK = timedelta(minutes=15)
SIGN_IN_HASHES = 2
"""Passwords checked at the same time in one process: each takes 64 MiB."""
LOGIN_CHARACTERS = 80
PASSWORD_CHARACTERS_MIN = 10
PASSWORD_CHARACTERS = 128
SESSION_IDLE = timedelta(hours=2)
SESSION_LIFETIME = timedelta(hours=12)
SESSION_TOUCH = timedelta(minutes=1)
"""How exactly it is known when somebody was last seen."""
DRAFT_BYTES = 60_000
DRAFT_LIFETIME = timedelta(days=30)
CONSOLE_ROWS = 50
"""Of a table on one page."""
LIVE_TOPICS = 12
"""What one page may listen to."""
LIVE_CONNECTIONS = 12
"""Pages of one person that listen at the same time in one process."""
LIVE_HEARTBEAT = timedelta(seconds=15)
PRESENCE_LIFETIME = timedelta(seconds=45)
"""Somebody who has not been seen on a page for so long has left it."""

REPLY_WINDOWS = {"zalo": (timedelta(hours=48), timedelta(days=7)), "facebook": (timedelta(hours=24), timedelta(days=7))}
"""After the citizen's last act: how long the commune may write for free or without a tag, and how long at all."""
QUEUE_PAGE = 50
QUEUE_PAGE_MAX = 200
COUNT_MAX = 1_000
"""Of tickets that are done no more are counted."""
SEARCH_WORDS = 8
RESTRICTED_BEFORE = timedelta(minutes=30)
"""Of a conversation this much before the beginning of a restricted report is hidden with it."""
TRANSCRIPT_PAGE = 60
SUMMARY_CHARACTERS = 200
REPLY_CHARACTERS = 4_000
"""A text of staff to a citizen, a note, a reason."""
TICKET_TEXT_CHARACTERS = 8_000
ASSIGN_AT_ONCE = 200
PRESENCE = timedelta(seconds=45)
"""Staff who looked at a ticket so lately are shown to one another."""
TICKET_FILES = 30
DUPLICATE_DAYS = timedelta(days=30)
DUPLICATE_METRES = 300.0
DUPLICATE_LIKENESS = 0.34
"""Share of common words from which two reports may be about the same."""
DUPLICATES = 3
OWN_TICKETS = 10
OWN_CLOSED = timedelta(days=90)
"""Closed tickets a citizen still sees among their own."""
TAKEOVER_IDLE = timedelta(minutes=30)
"""A conversation staff took over goes back to the assistant after this silence."""
DRAFT_REMINDER = timedelta(hours=2)
"""An unfinished report is recalled once after this silence."""
REMINDER_MARGIN = timedelta(minutes=10)
"""A reminder is sent only while this much of the reply window is left."""
TICKET_RETENTION = timedelta(days=730)
"""After closing, the words and the person of a ticket are removed (domain paper 4.6)."""
SHORT_TICKET_RETENTION = timedelta(days=30)
"""Of tickets that hold a telephone number and nothing else: call-backs."""
AUDIT_RETENTION_MONTHS = 24
"""Whole months the audit trail is kept for (domain paper 4.6)."""
SEALED_WORKING_DAYS = 5
"""A sealed text is erased so many working days after it was handed over."""
CLOCK_INTERVAL = timedelta(minutes=1)
CLOCK_LEASE = timedelta(minutes=10)
"""How long one clock may be at its jobs before another takes over."""
CLOCK_BATCH = 200
SEARCH_CHARACTERS = 200
WINDOW_SOON = timedelta(hours=6)
"""A reply window that closes so soon is shown as a warning."""
STAFF_FILES = 5
"""Attached to one answer."""
STAFF_UPLOAD_BYTES = STAFF_FILES * MEDIA_BYTES + 1_000_000
"""Of one form with files."""
SENT_PICTURE_PIXELS = (2_560, 1_920, 1_280, 800)
"""Longer sides tried, one after the other, for a picture that a platform finds too large."""
THUMBNAIL_PIXELS = 360
"""The longer side of a picture's small copy."""
PRINT_STEPS = 200
"""Lines of a ticket's timeline on its printed sheet."""
REPORT_DAYS_MAX = 1_100
"""The longest period a report may cover."""
LEARNING_BATCH = 500
"""Events the harvest reads in one transaction."""
LEARNING_BATCHES = 40
"""The most it reads in one go; the rest a minute later."""
LEARNING_INTERVAL = timedelta(minutes=1)
LEARNING_CHARACTERS = 300
"""A longer message is a story, not a question: nothing to teach from."""
LEARNING_GROUPS = 5_000
"""A new sample is compared with so many groups of its unit, the newest ones."""
LEARNING_GROUP_TEXTS = 8
SEALED_WINDOW = timedelta(hours=12)
"""Samples of a conversation in which something sealed was said are dropped when they are nearer than this."""
COVERAGE_QUESTIONS = 50

MODEL_RUN_TIMEOUT = timedelta(minutes=20)
MODEL_RUN_SILENCE = timedelta(minutes=3)
"""A run whose performer gave no sign of life for so long has failed."""
MODEL_LOG_LINES = 60
MODEL_LINE_BYTES = 4_000_000
"""The report comes in one line."""
LABELLED_AT_ONCE = 8
"""Labelled messages a model is asked at the same time."""
MODEL_POLL = 2.0
"""Seconds between looks for a run or a publication when no wake-up arrives."""
RASA_DRAIN_TIMEOUT = 10.0
"""The server that is replaced is stopped after this even if something is still being read there."""
