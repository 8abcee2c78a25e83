"""What Zalo's error codes mean to us, as data (§7). Texts and classes from three agreeing transcriptions."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from bot.domain.errors import SendFailedError
from connectors.zalo import limits

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


class Act(StrEnum):
    """What a code asks for."""

    REFRESH = "refresh"
    """A new access token, then the call once more; an administrator is told when that is refused too."""
    RETRY = "retry"
    """The same call, soon."""
    RESEND = "resend"
    """The same call, at once and seldom; then it is refused."""
    UPLOAD = "upload"
    """The file anew, then the message once more."""
    LATER = "later"
    MORNING = "morning"
    """After the night, in Việt Nam."""
    WINDOW = "window"
    """The citizen cannot be reached this way now: another channel, or a person."""
    DROP = "drop"
    """Our mistake, or content Zalo refuses."""
    HUMAN = "human"
    """An administrator must act before anything of this channel goes out."""
    PAID = "paid"
    """The same, but only for messages that cost money."""
    BY_PHONE = "by_phone"
    """This template goes by phone number only."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`reason`: ours, where several codes mean the same; empty: `zalo:<code>`. `alarm`: an administrator is told.
    `wait` in seconds."""

    act: Act
    meaning: str
    reason: str = ""
    wait: float | None = None
    alarm: bool = False


CODES: dict[int, Rule] = {
    -32: Rule(Act.RETRY, "reached limit call api", "rate_limited", limits.RATE_PAUSE),
    -100: Rule(Act.UPLOAD, "attachment_id was expired", "upload_expired"),
    -124: Rule(Act.REFRESH, "access token invalid (business)", "token_refused", alarm=True),
    -200: Rule(Act.RESEND, "send message failed"),
    -201: Rule(Act.DROP, "a field is invalid"),
    -204: Rule(Act.HUMAN, "Official Account is disabled", alarm=True),
    -205: Rule(Act.HUMAN, "Official Account does not exist", alarm=True),
    -209: Rule(Act.HUMAN, "app not activated", alarm=True),
    -210: Rule(Act.DROP, "parameter exceeds allowable limit"),
    -211: Rule(Act.LATER, "out of quota", "quota_exhausted", limits.QUOTA_PAUSE, alarm=True),
    -212: Rule(Act.HUMAN, "app has not registered this api", alarm=True),
    -213: Rule(Act.WINDOW, "user has not followed OA"),
    -214: Rule(Act.DROP, "article is being processed"),
    -216: Rule(Act.REFRESH, "access token is invalid", "token_refused", alarm=True),
    -217: Rule(Act.WINDOW, "user has blocked invitation from OA", "blocked"),
    -218: Rule(Act.MORNING, "out of quota receive of this citizen", "citizen_quota"),
    -219: Rule(Act.HUMAN, "app is removed or disabled", alarm=True),
    -220: Rule(Act.REFRESH, "access token is expired or removed", "token_refused", alarm=True),
    -221: Rule(Act.HUMAN, "the OA needs to be verified", alarm=True),
    -223: Rule(Act.HUMAN, "OA has not authorized this API", alarm=True),
    -224: Rule(Act.HUMAN, "to upgrade OA Tier Package", alarm=True),
    -227: Rule(Act.WINDOW, "user banned or inactive for more than 45 days"),
    -230: Rule(Act.WINDOW, "no interaction in the past 7 days", "window_closed"),
    -232: Rule(Act.WINDOW, "never interacted, or expired", "window_closed"),
    -233: Rule(Act.DROP, "message type is invalid or not supported"),
    -234: Rule(Act.MORNING, "cannot be sent at night", "night"),
    -235: Rule(Act.HUMAN, "this type of OA is not supported", alarm=True),
    -237: Rule(Act.DROP, "group error"),
    -238: Rule(Act.DROP, "group error"),
    -240: Rule(Act.DROP, "MessageV2 API has been shut down"),
    -241: Rule(Act.DROP, "asset error"),
    -242: Rule(Act.HUMAN, "invalid appsecret_proof", alarm=True),
    -244: Rule(Act.WINDOW, "user has restricted this message type", "blocked"),
    -248: Rule(Act.DROP, "violates our platform standards", alarm=True),
    -249: Rule(Act.BY_PHONE, "template does not support send via UID"),
    -320: Rule(Act.PAID, "app not linked to a ZBS account", alarm=True),
    -321: Rule(Act.PAID, "ZBS account out of money", alarm=True),
    -403: Rule(Act.DROP, "form error"),
    -1340: Rule(Act.DROP, "form error"),
    -1341: Rule(Act.DROP, "form error"),
    # Seen in production by one client (GC) for bad tokens.
    216: Rule(Act.REFRESH, "access token is invalid", "token_refused", alarm=True),
    401: Rule(Act.REFRESH, "access token is invalid", "token_refused", alarm=True),
    -401: Rule(Act.REFRESH, "access token is invalid", "token_refused", alarm=True),
}

BUSINESS_CODES: dict[int, Rule] = CODES | {
    -108: Rule(Act.WINDOW, "phone number invalid", "no_such_phone"),
    -109: Rule(Act.DROP, "template id invalid"),
    -111: Rule(Act.DROP, "template data empty"),
    -112: Rule(Act.DROP, "template parameter invalid"),
    -114: Rule(Act.WINDOW, "user cannot receive message"),
    -115: Rule(Act.PAID, "out of money", alarm=True),
    -117: Rule(Act.HUMAN, "no permission to this template", alarm=True),
    -118: Rule(Act.WINDOW, "Zalo account does not exist or is deactivated", "no_such_phone"),
    -119: Rule(Act.WINDOW, "account cannot receive message"),
    -122: Rule(Act.DROP, "body is not valid JSON"),
    -127: Rule(Act.DROP, "test template can only be sent to administrators"),
    -131: Rule(Act.DROP, "template not approved", alarm=True),
    -132: Rule(Act.DROP, "parameter invalid"),
    -133: Rule(Act.MORNING, "cannot be sent at night", "night"),
    -135: Rule(Act.HUMAN, "OA has no permission to send templates", alarm=True),
    -136: Rule(Act.PAID, "ZBS account connection required", alarm=True),
    -137: Rule(Act.PAID, "ZBS account charge failure", alarm=True),
    -139: Rule(Act.WINDOW, "user refused this kind of template", "blocked"),
    -140: Rule(Act.WINDOW, "user refused templates", "blocked"),
    -141: Rule(Act.WINDOW, "user refused templates from this OA", "blocked"),
    -144: Rule(Act.MORNING, "daily limit of the OA", "quota_exhausted", alarm=True),
    -146: Rule(Act.DROP, "template disabled due to low quality", alarm=True),
    -147: Rule(Act.MORNING, "daily limit of the template", "quota_exhausted"),
    -1121: Rule(Act.DROP, "parameter exceeds its length"),
    -1122: Rule(Act.DROP, "template parameter missing"),
    -1124: Rule(Act.DROP, "template parameter has a wrong format"),
    -1351: Rule(Act.HUMAN, "OA not allowed to send templates", alarm=True),
}
"""Of business.openapi.zalo.me: templates by phone number."""

OUTCOMES: dict[Act, str] = {
    Act.REFRESH: "token",
    Act.RETRY: "rejected",
    Act.RESEND: "rejected",
    Act.UPLOAD: "rejected",
    Act.LATER: "rejected",
    Act.MORNING: "unreachable",
    Act.WINDOW: "unreachable",
    Act.DROP: "rejected",
    Act.HUMAN: "token",
    Act.PAID: "unreachable",
    Act.BY_PHONE: "unreachable",
}
"""How a message ends whose tries are over."""

UNKNOWN = Rule(Act.DROP, "not documented")


class ZaloRefusedError(SendFailedError):
    """Zalo answered with an error code; nothing was sent. `alarm`: what an administrator should read, if anything."""

    def __init__(self, code: int, rule: Rule, now: datetime) -> None:
        wait = seconds_to_morning(now) if rule.act is Act.MORNING else rule.wait
        super().__init__(rule.reason or f"zalo:{code}", OUTCOMES[rule.act], wait)
        self.code = code
        self.act = rule.act
        self.alarm = f"zalo:{code} {rule.meaning}" if rule.alarm else None


def refusal(code: int, now: datetime, *, business: bool = False) -> ZaloRefusedError:
    return ZaloRefusedError(code, (BUSINESS_CODES if business else CODES).get(code, UNKNOWN), now)


def seconds_to_morning(now: datetime) -> float:
    """Until the next morning in Việt Nam, a little later for some than for others."""
    local = now.astimezone(VIETNAM)
    hour, minute = limits.MORNING
    morning = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if morning <= local:
        morning += timedelta(days=1)
    spread = limits.MORNING_SPREAD.total_seconds() * random.random()  # noqa: S311  (no secret)
    return (morning - local).total_seconds() + spread
