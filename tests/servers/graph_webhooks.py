"""Posts webhooks as Meta does: signed raw bytes, again until answered 200, unsubscribed in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self

import aiohttp

from tests.servers import graph_events as events
from tests.servers.graph import PretendGraph
from tests.servers.graph_errors import JsonObject
from tests.servers.graph_events import Event, Signing
from tests.servers.graph_state import CITIZEN, INBOX_APP, PAGE_ID, WINDOW, Person, Sent, Stored, new_mid, number_id

Batch = Literal["one by one", "entries", "items"]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Post:
    """One attempt. `status` is None when no answer came in time."""

    body: bytes
    headers: dict[str, str]
    status: int | None


class GraphWebhooks:
    """`says`, `taps`, `comments`... make an event and change the world of `graph`; `deliver` posts events.

    Deliver an event twice for a duplicate, in another order for a late one, with `batch` for several in one POST.
    """

    def __init__(
        self,
        graph: PretendGraph,
        url: str,
        *,
        delays: Sequence[float] = (),
        sleep: Sleep = asyncio.sleep,
        patience: float = 5.0,
        echoes: bool = True,
    ) -> None:
        self.graph = graph
        self.url = url
        self.delays = tuple(delays)
        self.posts: list[Post] = []
        self.signing: Signing = "right"
        self._sleep = sleep
        self._patience = aiohttp.ClientTimeout(total=patience)
        if echoes:
            graph.on_sent = self.deliver_echo
            graph.on_comment = self._deliver_own_comment

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=self._patience)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.graph.on_sent = self.graph.on_comment = None
        await self._session.close()

    # Delivering

    async def verify(
        self, token: str | None = None, challenge: str = "1158201444", mode: str = "subscribe"
    ) -> tuple[int, str, str]:
        """Status, body and content type of the answer to the question Meta asks first."""
        given = token if token is not None else self.graph.verify_token
        query = {"hub.mode": mode, "hub.verify_token": given, "hub.challenge": challenge}
        async with self._session.get(self.url, params=query) as answer:
            return answer.status, await answer.text(), answer.content_type

    async def deliver(self, *happened: Event, batch: Batch = "one by one") -> list[int | None]:
        """The last status of each POST. Nothing is posted for a Page the app is not subscribed to."""
        known = [event for event in happened if self.graph.pages[event.page].subscribed]
        if batch == "one by one":
            bodies = [events.body(events.entry(event)) for event in known]
        elif batch == "entries":
            bodies = [events.body(*(events.entry(event) for event in known))] if known else []
        else:
            bodies = [events.body(events.entry(*known))] if known else []
        return [await self.post(raw, {event.page for event in known}) for raw in bodies]

    async def post(self, raw: bytes, pages: Iterable[str] = ()) -> int | None:
        """These bytes, signed as `signing` says, again after each of `delays` until the answer is 200.

        In vain: "Webhooks Disabled", the app gets nothing more of these Pages until it subscribes again.
        """
        status = await self._attempt(raw)
        for delay in self.delays:
            if status == 200:
                break
            await self._sleep(delay)
            status = await self._attempt(raw)
        if self.delays and status != 200:
            for page in pages:
                self.graph.pages[page].subscribed = []
        return status

    async def _attempt(self, raw: bytes) -> int | None:
        headers = events.headers(self.graph.app_secret, raw, self.signing)
        status = None
        try:
            async with self._session.post(self.url, data=raw, headers=headers) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            pass
        self.posts.append(Post(raw, headers, status))
        return status

    async def deliver_echo(self, sent: Sent) -> None:
        await self.deliver(self.echo(sent))

    async def _deliver_own_comment(self, sent: Sent) -> None:
        author = (sent.page, self.graph.pages[sent.page].name)
        own = events.comment(sent.page, sent.time, sent.mid, sent.text, author, parent=sent.recipient)
        await self.deliver(own)

    async def ask_deletion(self, url: str, user_id: str = "218471", *, secret: str | None = None) -> tuple[int, Any]:
        """The data deletion callback: status and JSON of the answer."""
        issued = events.seconds(self.graph.time())
        payload = {"user_id": user_id, "algorithm": "HMAC-SHA256", "issued_at": issued, "expires": issued + 3600}
        form = {"signed_request": events.signed_request(secret or self.graph.app_secret, payload)}
        async with self._session.post(url, data=form) as answer:
            return answer.status, await answer.json() if answer.status == 200 else None

    # What citizens do

    def says(self, text: str, psid: str = CITIZEN, *, page: str = PAGE_ID, **more: Any) -> Event:
        """`more`: quick_reply, reply_to, attachments, referral, as they stand in the message."""
        return self._opens(psid, page, message={"mid": new_mid(), "text": text, **more})

    def chooses(self, title: str, payload: str, psid: str = CITIZEN, *, page: str = PAGE_ID) -> Event:
        """A quick reply."""
        return self.says(title, psid, page=page, quick_reply={"payload": payload})

    def attaches(self, *attachments: JsonObject, psid: str = CITIZEN, page: str = PAGE_ID, **more: Any) -> Event:
        return self._opens(psid, page, message={"mid": new_mid(), **more, "attachments": list(attachments)})

    def taps(
        self, title: str, payload: str, psid: str = CITIZEN, *, page: str = PAGE_ID, ref: str | None = None
    ) -> Event:
        """A button, the menu, an ice breaker, or Get Started behind an m.me link (`ref`)."""
        known = {"mid": new_mid(), "title": title, "payload": payload}
        return self._opens(psid, page, postback=known if ref is None else {**known, "referral": _referral(ref)})

    def follows_link(self, ref: str, psid: str = CITIZEN, *, page: str = PAGE_ID) -> Event:
        """An m.me link into a thread that exists."""
        return self._opens(psid, page, referral=_referral(ref))

    def reacts(
        self, mid: str, reaction: str = "love", emoji: str = "❤", psid: str = CITIZEN, *, page: str = PAGE_ID
    ) -> Event:
        return self._opens(psid, page, reaction={"mid": mid, "action": "react", "emoji": emoji, "reaction": reaction})

    def edits(self, mid: str, text: str, count: int = 1, psid: str = CITIZEN, *, page: str = PAGE_ID) -> Event:
        return self._happens(psid, page, message_edit={"mid": mid, "text": text, "num_edit": count})

    def reads(self, psid: str = CITIZEN, *, page: str = PAGE_ID) -> Event:
        return self._happens(psid, page, read={"watermark": events.millis(self.graph.time())})

    def receives(self, *mids: str, psid: str = CITIZEN, page: str = PAGE_ID) -> Event:
        known = {"mids": list(mids)} if mids else {}
        return self._happens(psid, page, delivery={**known, "watermark": events.millis(self.graph.time())})

    def comments(
        self,
        text: str | None,
        psid: str = CITIZEN,
        *,
        post: str = "690891113073877",
        name: str = "Trần Thị Lan",
        parent: str | None = None,
        page: str = PAGE_ID,
        **more: Any,
    ) -> Event:
        """Below a post, in public; does not open the window."""
        comment_id = f"{post}_{number_id()}"
        self.graph.add_comment(comment_id, psid, page)
        return events.comment(page, self.graph.time(), comment_id, text, (psid, name), parent=parent, **more)

    # What the Page and its other tools do

    def staff_type(
        self, text: str, psid: str = CITIZEN, *, app_id: str | None = INBOX_APP, page: str = PAGE_ID
    ) -> Event:
        """In the Page inbox, or in a tool without an id (None). With routing the inbox takes control."""
        person = self._person(psid, page)
        now = self.graph.time()
        mid = new_mid()
        if self.graph.pages[page].default_app is not None:
            person.gives_control(app_id, now + WINDOW)
        person.history.append(Stored(mid, now, page, text))
        return self._routed(person, events.echo(page, psid, now, mid, app_id, text=text))

    def echo(self, sent: Sent) -> Event:
        """Of a message this app sent."""
        message = sent.message
        kept: JsonObject = {key: message[key] for key in ("metadata", "text") if key in message}
        if "attachment" in message:
            kept["attachments"] = [_echoed(message["attachment"])]
        return events.echo(sent.page, sent.recipient, sent.time, sent.mid, sent.app_id, **kept)

    def passes_control(
        self, to: str | None, psid: str = CITIZEN, *, verb: str = "pass", metadata: str = "", page: str = PAGE_ID
    ) -> Event:
        """Between apps, `verb` pass or take."""
        person = self._person(psid, page)
        now = self.graph.time()
        before = self.graph.pages[page].owner(person, now)
        person.gives_control(to, now + WINDOW if to else None)
        owners = {"previous_owner_app_id": before, "new_owner_app_id": to, "metadata": metadata}
        return self._happens(psid, page, **{f"{verb}_thread_control": owners})

    def enforces_policy(self, action: str, reason: str | None = None, *, page: str = PAGE_ID) -> Event:
        known = {"action": action} | ({"reason": reason} if reason else {})
        return events.from_page(page, "", self.graph.time(), policy_enforcement=known).altered(
            sender=None, recipient={"id": page}
        )

    # Helpers

    def _person(self, psid: str, page: str) -> Person:
        known = self.graph.pages[page].people
        return known[psid] if psid in known else self.graph.add_person(psid, page, wrote=False)

    def _opens(self, psid: str, page: str, **what: Any) -> Event:
        """An act that opens the window, and brings back who had blocked the Page."""
        person = self._person(psid, page)
        now: datetime = self.graph.time()
        person.last_opened, person.blocked = now, False
        if "message" in what:
            person.history.append(Stored(what["message"]["mid"], now, psid, what["message"].get("text")))
        return self._happens(psid, page, **what)

    def _happens(self, psid: str, page: str, **what: Any) -> Event:
        return self._routed(self._person(psid, page), events.from_citizen(page, psid, self.graph.time(), **what))

    def _routed(self, person: Person, event: Event) -> Event:
        """To standby while another app owns the thread; handovers themselves always come the normal way."""
        handover = any(key.endswith("_thread_control") for key in event.item)
        owner = self.graph.pages[event.page].owner(person, event.time)
        return event if handover or owner in (None, self.graph.app_id) else event.on_standby()


def _referral(ref: str) -> JsonObject:
    return {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}


def _echoed(attachment: JsonObject) -> JsonObject:
    """Templates come back with an empty title and address beside the type."""
    if attachment["type"] == "template":
        return {"title": "", "url": "", "type": "template", "payload": attachment["payload"]}
    return attachment
