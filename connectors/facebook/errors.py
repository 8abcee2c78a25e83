"""What Graph's error codes mean for us, as data.

Sources: MP/error-codes (2026-06-25), MP/send-messages, graph-api/reference/page/messages,
facebook-login/access-tokens/debugging-and-error-handling. Decided by code and subcode, never by the text, which Meta
translates.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.errors import SendFailedError
from connectors.facebook import limits

RATE_LIMITED = "rate_limited"
WINDOW_CLOSED = "window_closed"
PERMISSION_MISSING = "permission_missing"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first four as in SendFailedError. `pause`: seconds in which nothing else of the page is sent. `alarm`: an
    administrator must be told."""

    reason: str
    outcome: str = "rejected"
    retry_after: float | None = None
    uncertain: bool = False
    pause: float = 0.0
    alarm: bool = False


class GraphError(SendFailedError):
    """A call that failed. `code` and `subcode` are Graph's, None when there was no answer of Graph; `trace` is what
    Meta's support asks for."""

    def __init__(
        self, verdict: Verdict, code: int | None = None, subcode: int | None = None, trace: str | None = None
    ) -> None:
        super().__init__(verdict.reason, verdict.outcome, verdict.retry_after, uncertain=verdict.uncertain)
        self.verdict = verdict
        self.code = code
        self.subcode = subcode
        self.trace = trace


def _token(reason: str) -> Verdict:
    return Verdict(reason, "token", pause=limits.DEAD_TOKEN_PAUSE, alarm=True)


def _limited(pause: float = limits.UNKNOWN_PAUSE) -> Verdict:
    return Verdict(RATE_LIMITED, retry_after=pause, pause=pause)


def _unreachable(reason: str) -> Verdict:
    return Verdict(reason, "unreachable")


_PASSING = Verdict("temporary", retry_after=limits.RETRY)
_WINDOW = _unreachable(WINDOW_CLOSED)
_GONE = _unreachable("person_unavailable")
_NO_PERMISSION = Verdict(PERMISSION_MISSING, "token", pause=limits.UNKNOWN_PAUSE, alarm=True)
_NO_ROLE = Verdict("app_not_live", "token", alarm=True)
_TAKEN = _unreachable("thread_taken")
_FILE = Verdict("attachment_refused")

VERDICTS: dict[tuple[int | None, int | None], Verdict] = {
    (1, None): _PASSING,
    (1, 99): _PASSING,
    # The message may have gone out: an echo may settle it, another try must not.
    (1, 1357046): Verdict("maybe_delivered", uncertain=True),
    (2, None): _PASSING,
    (1200, None): _PASSING,
    (4, None): _limited(),
    (17, None): _limited(),
    (32, None): _limited(),
    (613, None): _limited(limits.THREAD_PAUSE),
    (613, 2534040): _limited(limits.THREAD_PAUSE),
    (80001, None): _limited(),
    (80006, None): _limited(),
    (613, 2018338): _unreachable("tag_unwelcome"),
    (10, 2018278): _WINDOW,
    (10, 2534022): _WINDOW,
    (10, 2018065): _WINDOW,
    (10, 2018108): _unreachable("cannot_receive"),
    (10, 1893063): Verdict(
        "page_restricted", "token", limits.RESTRICTED_PAUSE, pause=limits.RESTRICTED_PAUSE, alarm=True
    ),
    (10, None): _NO_PERMISSION,
    (200, None): _NO_PERMISSION,
    (230, None): _NO_PERMISSION,
    # Only people with a role in the app are reached until it is live: the others' messages need no pause.
    (200, 2018028): _NO_ROLE,
    (200, 2018027): _NO_ROLE,
    (100, None): Verdict("invalid_parameter"),
    (100, 2534015): Verdict("invalid_parameter"),
    (100, 2018014): Verdict("invalid_parameter"),
    (100, 1893061): Verdict("retired_tag"),
    (105, None): Verdict("too_many_elements"),
    (194, None): Verdict("too_few_elements"),
    (100, 33): Verdict("object_missing", "token", alarm=True),
    (100, 2018001): _unreachable("no_such_person"),
    (100, 2018008): _FILE,
    (100, 2018047): _FILE,
    (100, 2018074): Verdict("attachment_expired"),
    (100, 2018109): _FILE,
    (100, 2018294): _FILE,
    (100, 2534025): Verdict("comment_not_valid"),
    (None, 2534037): _TAKEN,
    (None, 2018300): _TAKEN,
    (None, 2018321): _unreachable("flow_running"),
    (190, None): _token("token_invalid"),
    (190, 458): _token("app_removed"),
    (190, 460): _token("password_changed"),
    (190, 463): _token("token_expired"),
    (None, 1545041): _GONE,
    (551, None): _GONE,
    (368, None): Verdict("judged_abusive", "token", pause=limits.RESTRICTED_PAUSE, alarm=True),
    (None, 2018218): Verdict("profile_unavailable"),
    (None, 2018247): Verdict("profile_unavailable"),
    (9000001, None): Verdict("message_deleted"),
    (10303, None): Verdict("linking_token"),
    (2022, None): Verdict("commerce"),
    (10900, None): Verdict("already_replied"),
    (10903, None): Verdict("cannot_reply"),
}
"""By (code, subcode); None: any. The most particular entry counts: both, then the subcode, then the code."""

# Without an error of Graph

NOT_CONNECTED = Verdict("not_connected", retry_after=limits.RETRY)
TIMED_OUT = Verdict("timeout", retry_after=limits.ECHO_WAIT, uncertain=True)
CONNECTION_LOST = Verdict("connection_lost", retry_after=limits.ECHO_WAIT, uncertain=True)
SERVER_ERROR = Verdict("server_error", retry_after=limits.ECHO_WAIT, uncertain=True)
UNREADABLE = Verdict("unreadable_answer", retry_after=limits.ECHO_WAIT, uncertain=True)
TOO_MANY = _limited()
REFUSED_BY_PROXY = Verdict("refused_on_the_way", retry_after=60.0)
"""A refusal that is not Graph's own: something between us and Meta."""
NO_CREDENTIALS = Verdict("no_credentials", "token", alarm=True)
HUMAN_AGENT_REFUSED = _unreachable("human_agent_refused")
"""A tagged message was refused: the app has no approval for the Human Agent feature."""
PAGE_FULL = _limited()


def verdict(code: int, subcode: int | None) -> Verdict:
    for key in ((code, subcode), (None, subcode), (code, None)):
        if key in VERDICTS and key != (None, None):
            return VERDICTS[key]
    return Verdict(f"facebook:{code}" if subcode is None else f"facebook:{code}/{subcode}")
