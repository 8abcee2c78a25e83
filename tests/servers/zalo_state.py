"""What the pretend Zalo knows: citizens, sent messages, uploads, templates, and the texts of its errors."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

APP_ID = "360846524940903967"
OA_ID = "388613280878808645"
CITIZEN = "246845883529197922"
APP_SECRET = "app-secret-for-tests"
OA_SECRET = "oa-secret-for-tests"

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
FREE_FOR = timedelta(hours=48)
OPEN_FOR = timedelta(days=7)
OA_NAME = "UBND xã Tân An"
UPLOADS_LIVE = timedelta(days=7)
UPLOADS_A_MONTH = 5000

ERRORS = {
    -32: "Your application reached limit call api",
    -100: "attachment_id was expired",
    -200: "Send message failed",
    -204: "Offical Account is disable",
    -205: "Offical Account is not exist",
    -209: "Not supported this api",
    -210: "Parameter exceeds allowable limit",
    -211: "Out of quota",
    -212: "App has not registed this api",
    -213: "User has not followed OA",
    -216: "Access token is invalid",
    -217: "User has blocked invitation from OA",
    -218: "Out of quota receive",
    -219: "App is removed or disabled",
    -220: "access_token is expired or removed",
    -221: "The OA needs to be verified to use this feature",
    -223: "Official Account has not authorized this API",
    -224: "The OA needs to upgrade OA Tier Package",
    -227: "User is banned or has been inactive for more than 45 days",
    -230: "User has not interacted with the OA in the past 7 days",
    -232: "User has not interacted with the OA, or the last interaction has expired",
    -233: "message type is invalid or not support",
    -234: "This message cannot be sent at night (10:00PM - 6:00AM)",
    -235: "This API does not support this type of OA",
    -240: "MessageV2 API has been shut down, please switch to MessageV3",
    -244: "User has restricted this message type from your OA",
    -248: "Violates our platform standards",
    -249: "Template does not support send via UID",
    -320: "Your app needs to connect with Zalo Cloud Account",
    -321: "Zalo Cloud Account out of money or unable to be charged",
}
BUSINESS_ERRORS = {
    -108: "Phone number invalid",
    -109: "Template ID invalid",
    -111: "Template data empty",
    -114: "User cannot receive message",
    -115: "Out of quota",
    -117: "No permission to access template",
    -118: "Zalo account does not exist or is deactivated",
    -119: "Account cannot receive message",
    -122: "Body request is not valid JSON",
    -124: "Access token invalid",
    -127: "Test template can only be sent to administrators",
    -131: "ZNS template not approved",
    -132: "Parameter invalid",
    -133: "Cannot send at night",
    -135: "OA has no permission to send ZNS",
    -136: "ZCA connection required",
    -137: "ZCA charge failure",
    -139: "User refused this ZNS content type",
    -141: "User refused ZNS from this OA",
    -144: "OA exceeded daily ZNS sending limit",
    -146: "Template disabled due to low sending quality",
    -147: "Template exceeded its daily sending limit",
    -1121: "Parameter data exceeds max length",
    -1122: "Missing template parameter",
    -1124: "Parameter has invalid format",
}


class RefusedError(Exception):
    """An application error: HTTP 200, `error` below zero."""

    def __init__(self, code: int, field_name: str = "") -> None:
        super().__init__(code, field_name)
        self.code = code
        self.field_name = field_name

    def message(self, *, business: bool = False) -> str:
        if self.code == -201:
            return f"{self.field_name} is invalid!"
        tables = (BUSINESS_ERRORS, ERRORS) if business else (ERRORS, BUSINESS_ERRORS)
        return next((table[self.code] for table in tables if self.code in table), "Send message failed")


@dataclass
class Citizen:
    user_id: str
    last_interaction: datetime | None = None
    name: str = "Nguyễn Văn Thử"
    user_id_by_app: str = "552177279717587730"
    phone: str = ""
    follows: bool = True
    blocked: bool = False
    inactive: bool = False
    error: int = 0
    """Every message to this person ends in this error, e.g. -213 or -218."""
    template_error: int = 0
    """The same for templates by phone, e.g. -139 or -141."""
    shared_info: dict[str, Any] = field(default_factory=dict)

    @property
    def hashed_phone(self) -> str:
        return hashlib.sha256(self.phone.encode()).hexdigest()


@dataclass(frozen=True)
class Sent:
    """A message the platform accepted."""

    message_id: str
    recipient: str
    """A user_id, an anonymous_id, or a phone number (or its hash)."""
    kind: str
    """text, image, gif, sticker, file, buttons, request_user_info, reaction, anonymous, template, phone_template."""
    body: dict[str, Any]
    at: datetime
    text: str = ""
    paid: int = 0


@dataclass(frozen=True)
class Upload:
    upload_id: str
    kind: str
    name: str
    content: bytes
    at: datetime


@dataclass
class Template:
    """A message template; `parameters` are names and greatest lengths."""

    template_id: str
    parameters: dict[str, int] = field(default_factory=dict)
    approved: bool = True
    by_user_id: bool = True
    at_night: bool = True
    error: int = 0
    """Every use ends in this error, e.g. -146 or -147."""

    def check(self, data: object) -> None:
        if not isinstance(data, dict) or (self.parameters and not data):
            raise RefusedError(-111)
        for name, longest in self.parameters.items():
            if not data.get(name):
                raise RefusedError(-1122)
            if not isinstance(data[name], str):
                raise RefusedError(-1124)
            if len(data[name]) > longest:
                raise RefusedError(-1121)


@dataclass(frozen=True)
class Call:
    """Every request that reached a host, answered well or not."""

    host: str
    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes
    at: datetime


def milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


def is_night(moment: datetime) -> bool:
    return not 6 <= moment.astimezone(VIETNAM).hour < 22


def oa_info(oa_id: str) -> dict[str, Any]:
    """What `getoa` says; type 4 is an OA of a state body."""
    return {
        "oaid": oa_id,
        "name": OA_NAME,
        "description": "Trang chính thức của UBND xã",
        "oa_alias": "ubndxatanan",
        "is_verified": True,
        "oa_type": 4,
        "cate_name": "Cơ quan nhà nước",
        "num_follower": 1284,
        "avatar": "https://s160-ava-talk.zadn.vn/example.jpg",
        "cover": "https://cover-talk.zadn.vn/example.jpg",
        "package_name": "",
        "linked_ZCA": "",
    }
