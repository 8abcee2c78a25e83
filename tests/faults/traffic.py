"""Some thousand events of both platforms, many of them twice or thrice and out of order, as the bytes to post."""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from bot.dialogue import payloads
from bot.domain.channels import Kind
from tests.servers import graph_events
from tests.servers.graph import PretendGraph
from tests.servers.graph_webhooks import GraphWebhooks
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_webhooks import encode

QUESTIONS = {
    "đăng ký kết hôn cần giấy tờ gì": "procedure_documents",
    "lệ phí đăng ký khai sinh": "procedure_fee",
    "khai tử mất bao lâu": "procedure_duration",
    "xin chào": "greet",
    "cảm ơn": "thank",
    "giờ làm việc": "office_hours",
}
MARK = re.compile(r" \[(\d+)\]")
PLACE = (10.9577, 106.8426)
TAP = payloads.ask("fee", "dang-ky-ket-hon")
WEIGHTS = {
    "text": 52, "tap": 8, "place": 4, "photo": 4, "opened": 4, "receipt": 10, "seen": 8, "reaction": 6, "unknown": 4,
}  # fmt: skip
KINDS = {
    "text": Kind.MESSAGE, "tap": Kind.MESSAGE, "place": Kind.MESSAGE, "photo": Kind.MESSAGE, "opened": Kind.OPENED,
    "receipt": Kind.RECEIPT, "seen": Kind.SEEN, "reaction": Kind.REACTION, "unknown": Kind.OTHER,
}  # fmt: skip
BATCH = 0.15
REPEATED = 0.25
APART = 60
"""A repetition or a late event is at most so many posts away from its place."""


def intent_of(text: str) -> str:
    """The table of the fast NLU server."""
    return QUESTIONS.get(MARK.sub("", text).strip(), "out_of_scope")


class Ticking:
    """The time, a millisecond later at every look: no two events share it."""

    def __init__(self) -> None:
        self._last = datetime.now(UTC)

    def __call__(self) -> datetime:
        self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
        return self._last


@dataclass(frozen=True)
class Post:
    platform: str
    raw: bytes


@dataclass
class Traffic:
    """`kinds`: how many different events of each kind; `marks`: numbers of the questions, each unlike all others."""

    posts: list[Post] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    marks: set[int] = field(default_factory=set)
    photos: int = 0

    @property
    def events(self) -> int:
        return sum(self.kinds.values())


class Maker:
    def __init__(self, seed: int, zalo: PretendZalo, graph: PretendGraph, webhooks: GraphWebhooks) -> None:
        self._dice = random.Random(seed)
        self._zalo, self._graph, self._webhooks = zalo, graph, webhooks
        self._photo = zalo.media.add("anh.jpg", _picture())
        self._made = Traffic()

    def make(self, events: int, citizens: int) -> Traffic:
        people = [str(7_000_000_000_000_000 + number) for number in range(citizens)]
        for who in people:
            self._zalo.citizen(who)
            self._graph.add_person(who)
        unique: list[Post] = []
        while self._made.events < events:
            who = self._dice.choice(people)
            unique.append(self._of_zalo(who) if self._dice.random() < 0.5 else self._of_facebook(who))
        places = [(at + self._dice.uniform(0, APART), post) for at, post in enumerate(unique)]
        for at, post in list(places):
            while self._dice.random() < REPEATED:
                places.append((at + self._dice.uniform(0, APART), post))
        self._made.posts = [post for _, post in sorted(places, key=lambda one: one[0])]
        return self._made

    def _kind(self) -> str:
        kind = self._dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        self._made.kinds[KINDS[kind].value] += 1
        self._made.photos += kind == "photo"
        return kind

    def _question(self) -> str:
        number = len(self._made.marks) + 1
        self._made.marks.add(number)
        return f"{self._dice.choice(list(QUESTIONS))} [{number}]"

    def _of_zalo(self, who: str) -> Post:
        known, kind = self._zalo.events, self._kind()
        event: dict[str, Any]
        if kind == "text":
            event = known.text(who, self._question())
        elif kind == "tap":
            event = known.tap(who, f"#{TAP}")
        elif kind == "place":
            event = known.location(who, *map(str, PLACE))
        elif kind == "photo":
            event = known.images(who, [self._photo])
        elif kind == "opened":
            event = known.click_chatnow(who)
        elif kind == "receipt":
            event = known.received(who, known.message_id())
        elif kind == "seen":
            event = known.seen(who, [known.message_id()])
        elif kind == "reaction":
            event = known.reacted(who, known.message_id())
        else:
            event = known.unknown(who)
        return Post("zalo", encode(event))

    def _of_facebook(self, who: str) -> Post:
        items = [self._facebook_event(who)]
        while self._dice.random() < BATCH:
            items.append(self._facebook_event(who))
        return Post("facebook", graph_events.body(graph_events.entry(*items)))

    def _facebook_event(self, who: str) -> graph_events.Event:
        known, kind = self._webhooks, self._kind()
        if kind == "text":
            return known.says(self._question(), who)
        if kind == "tap":
            return known.chooses("Lệ phí", TAP, who)
        if kind == "place":
            return known.attaches(graph_events.place(*PLACE, "Vị trí", "https://www.bing.com/maps"), psid=who)
        if kind == "photo":
            return known.attaches(graph_events.picture(self._photo), psid=who)
        if kind == "opened":
            return known.taps("Bắt đầu", "GET_STARTED", who)
        if kind == "receipt":
            return known.receives(f"m_{self._dice.getrandbits(60):x}", psid=who)
        if kind == "seen":
            return known.reads(who)
        if kind == "reaction":
            return known.reacts(f"m_{self._dice.getrandbits(60):x}", psid=who)
        page = self._graph.page.page_id
        return graph_events.from_citizen(page, who, self._graph.time(), hologram={"size": self._dice.getrandbits(30)})


def _picture() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(output, "JPEG")
    return output.getvalue()
