from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.channels import Outgoing
from bot.domain.errors import SendFailedError
from bot.domain.messages import Button, Link, Reply
from connectors.facebook import limits
from connectors.facebook.connector import FacebookConnector
from tests.connectors.fakes_facebook import CHANNEL, MemoryCredentials
from tests.fakes import FakeClock
from tests.servers import graph_errors
from tests.servers.graph import PretendGraph
from tests.servers.graph_state import CITIZEN, NEIGHBOUR, PAGE_ID, PAGE_TOKEN

REPLY = Reply("Xin chào", (Button("Lệ phí", "ask:fee:tach-ho"),))
LONG = Reply("Xã xin trả lời bà con như sau. " * 150, REPLY.buttons, Link("Cổng", "https://dichvucong.gov.vn/"))
DAY = timedelta(hours=24)


class Sending:
    """Sends one message as the core does, in as many attempts as it takes, and keeps what was accepted."""

    def __init__(self, connector: FacebookConnector, clock: FakeClock) -> None:
        self.connector = connector
        self.mids: list[str] = []
        self.outgoing = Outgoing("out:1", CHANNEL, PAGE_ID, CITIZEN, REPLY, last_inbound_at=clock.now())

    async def __call__(self, **change: object) -> None:
        self.outgoing = replace(self.outgoing, parts_sent=len(self.mids), **change)  # type: ignore[arg-type]
        await self.connector.send(self.outgoing, self._accepted)

    async def failure(self, **change: object) -> SendFailedError:
        with pytest.raises(SendFailedError) as error:
            await self(**change)
        return error.value

    async def _accepted(self, mid: str) -> None:
        self.mids.append(mid)


@pytest.fixture
def sending(connector: FacebookConnector, clock: FakeClock) -> Sending:
    return Sending(connector, clock)


async def test_a_reply_is_sent_with_our_key(graph: PretendGraph, sending: Sending) -> None:
    await sending()
    (sent,) = graph.sent
    assert (sent.recipient, sent.text, sending.mids) == (CITIZEN, "Xin chào", [sent.mid])
    assert sent.message["metadata"] == "out:1#0"
    assert sent.message["quick_replies"][0]["payload"] == "ask:fee:tach-ho"
    assert (sent.body["messaging_type"], "tag" in sent.body) == ("RESPONSE", False)


async def test_an_empty_reply_is_sent_by_sending_nothing(graph: PretendGraph, sending: Sending) -> None:
    await sending(reply=Reply(""))
    assert graph.calls == []


@pytest.mark.parametrize("fault", ["next_hang", "next_reset", "next_status", "next_truncated"])
async def test_after_a_failure_in_the_middle_only_the_rest_is_sent_in_order(
    graph: PretendGraph, sending: Sending, connector: FacebookConnector, fault: str
) -> None:
    await sending(reply=LONG)
    whole = [sent.message for sent in graph.sent]
    assert len(whole) > 2
    graph.sent.clear()
    again = Sending(connector, FakeClock(graph.time()))

    async def fails_after_the_first(mid: str) -> None:
        again.mids.append(mid)
        if len(again.mids) == 1:
            getattr(graph, fault)()

    with pytest.raises(SendFailedError) as error:
        await connector.send(replace(again.outgoing, reply=LONG), fails_after_the_first)
    assert error.value.uncertain
    assert len(graph.sent) == len(again.mids) == 1
    await again(reply=LONG)
    assert [sent.message for sent in graph.sent] == whole
    assert again.mids == [sent.mid for sent in graph.sent]
    assert [sent.message["metadata"] for sent in graph.sent] == [f"out:1#{number}" for number in range(len(whole))]


async def test_what_was_accepted_as_a_whole_is_not_sent_again(graph: PretendGraph, sending: Sending) -> None:
    await sending(reply=LONG)
    calls = len(graph.calls)
    await sending(reply=LONG)
    assert len(graph.calls) == calls


@pytest.mark.parametrize(
    ("age", "by_staff", "kind"),
    [
        (timedelta(0), False, "RESPONSE"),
        (DAY - timedelta(minutes=6), False, "RESPONSE"),
        (DAY - timedelta(minutes=4), False, None),
        (DAY * 2, False, None),
        (DAY - timedelta(minutes=4), True, "RESPONSE"),
        (DAY, True, "MESSAGE_TAG"),
        (DAY * 6, True, "MESSAGE_TAG"),
        (DAY * 7, True, None),
        (None, True, None),
        (None, False, None),
    ],
)
async def test_who_may_write_when(
    graph: PretendGraph, sending: Sending, clock: FakeClock, age: timedelta | None, by_staff: bool, kind: str | None
) -> None:
    graph.page.human_agent = True
    since = None if age is None else clock.now() - age
    graph.citizen.last_opened = since
    if kind is None:
        error = await sending.failure(last_inbound_at=since, by_staff=by_staff)
        assert (error.reason, error.outcome, error.retry_after) == ("window_closed", "unreachable", None)
        assert graph.calls == []
    else:
        await sending(last_inbound_at=since, by_staff=by_staff)
        assert graph.sent[0].body["messaging_type"] == kind
        assert graph.sent[0].body.get("tag") == ("HUMAN_AGENT" if kind == "MESSAGE_TAG" else None)


@pytest.mark.parametrize("refusal", [graph_errors.OUTSIDE_WINDOW, graph_errors.NOT_PERMITTED, graph_errors.NO_ROLE])
async def test_without_the_approval_staff_learn_why_and_the_page_goes_on(
    graph: PretendGraph, sending: Sending, clock: FakeClock, store: MemoryCredentials, refusal: graph_errors.GraphError
) -> None:
    graph.page.human_agent_refusal = refusal
    error = await sending.failure(by_staff=True, last_inbound_at=clock.now() - DAY * 2)
    named = refusal is graph_errors.NO_ROLE
    assert error.reason == ("app_not_live" if named else "human_agent_refused")
    assert store.alarms == (["app_not_live"] if named else [])
    await sending(by_staff=False, last_inbound_at=clock.now())


async def test_a_blocked_person_stops_nobody_else(graph: PretendGraph, sending: Sending) -> None:
    graph.citizen.blocked = True
    graph.add_person(NEIGHBOUR)
    assert (await sending.failure()).outcome == "unreachable"
    await sending(citizen_id=NEIGHBOUR)


async def test_a_dead_token_raises_the_alarm_once_and_is_not_tried_again_until_it_is_another(
    graph: PretendGraph, sending: Sending, store: MemoryCredentials
) -> None:
    graph.kill_token(graph_errors.PASSWORD_CHANGED)
    for _ in range(3):
        error = await sending.failure()
        assert (error.reason, error.outcome, error.retry_after) == ("password_changed", "token", None)
    assert (len(graph.calls), store.alarms) == (1, ["password_changed"])
    graph.tokens["EAAnew"] = replace(graph.tokens[PAGE_TOKEN], dead=None)
    store.secrets["page_token"] = "EAAnew"
    await sending()
    assert store.alarms == ["password_changed", None]


async def test_a_token_that_lives_again_is_found_out_after_a_while(
    graph: PretendGraph, sending: Sending, clock: FakeClock
) -> None:
    graph.kill_token()
    await sending.failure()
    graph.renew_token()
    clock.advance(timedelta(seconds=limits.DEAD_TOKEN_PAUSE))
    await sending(last_inbound_at=clock.now())


async def test_a_channel_without_credentials_is_an_administrators_matter(sending: Sending) -> None:
    error = await sending.failure(channel_id=99)
    assert (error.reason, error.outcome) == ("no_credentials", "token")


async def test_a_token_missing_from_the_credentials_too(sending: Sending, store: MemoryCredentials) -> None:
    del store.secrets["page_token"]
    assert (await sending.failure()).reason == "no_credentials"


async def test_a_page_over_its_quota_is_left_alone_as_long_as_meta_says(
    graph: PretendGraph, sending: Sending, clock: FakeClock
) -> None:
    graph.next_error(graph_errors.MESSENGER_LIMIT)
    assert (await sending.failure()).retry_after == limits.UNKNOWN_PAUSE
    clock.advance(timedelta(seconds=100))
    error = await sending.failure()
    assert (error.reason, error.retry_after) == ("rate_limited", limits.UNKNOWN_PAUSE - 100)
    assert len(graph.calls) == 1
    clock.advance(timedelta(seconds=limits.UNKNOWN_PAUSE - 100))
    await sending()


async def test_a_quota_filled_by_a_message_stops_its_other_parts(
    graph: PretendGraph, sending: Sending, clock: FakeClock
) -> None:
    graph.quotas[PAGE_ID].shown = 100
    graph.quotas[PAGE_ID].regain_minutes = 3
    error = await sending.failure(reply=LONG)
    assert (error.reason, error.retry_after, error.uncertain) == ("rate_limited", 180, False)
    assert len(sending.mids) == len(graph.calls) == 1
    graph.quotas[PAGE_ID].shown = 10
    clock.advance(timedelta(minutes=3))
    await sending(reply=LONG)
    assert [sent.mid for sent in graph.sent] == sending.mids


async def test_a_restricted_page_is_left_alone_for_half_an_hour(
    graph: PretendGraph, sending: Sending, clock: FakeClock, store: MemoryCredentials
) -> None:
    graph.page.refusal = graph_errors.PAGE_RESTRICTED
    error = await sending.failure()
    assert (error.reason, error.outcome, error.retry_after) == ("page_restricted", "token", 1800)
    await sending.failure()
    assert len(graph.calls) == 1
    graph.page.refusal = None
    clock.advance(timedelta(minutes=30))
    await sending()
    assert store.alarms == ["page_restricted", None]


async def test_an_alarm_that_cannot_be_kept_does_not_hide_the_failure(
    graph: PretendGraph, sending: Sending, store: MemoryCredentials
) -> None:
    store.away = True
    graph.kill_token()
    assert (await sending.failure()).reason == "token_expired"


async def test_typing_and_seen_are_shown_and_left_out_when_the_quota_runs_low(
    graph: PretendGraph, connector: FacebookConnector
) -> None:
    await connector.show(CHANNEL, CITIZEN, "mark_seen")
    graph.quotas[PAGE_ID].shown = limits.SLOW_DOWN_PERCENT
    await connector.show(CHANNEL, CITIZEN, "typing_on")
    await connector.show(CHANNEL, CITIZEN, "typing_on")
    assert [one.name for one in graph.actions] == ["mark_seen", "typing_on"]


async def test_typing_that_fails_is_no_failure(graph: PretendGraph, connector: FacebookConnector) -> None:
    graph.citizen.blocked = True
    await connector.show(CHANNEL, CITIZEN, "typing_on")
    await connector.show(99, CITIZEN, "typing_on")


async def test_a_comment_is_answered_privately_once_and_within_a_week(
    graph: PretendGraph, connector: FacebookConnector, clock: FakeClock
) -> None:
    comment = graph.add_comment("1_2", NEIGHBOUR)
    mid = await connector.reply_privately(CHANNEL, "1_2", comment.time, LONG, "comment:1_2")
    (sent,) = graph.sent
    assert (sent.mid, sent.recipient, sent.message["metadata"]) == (mid, NEIGHBOUR, "comment:1_2#0")
    with pytest.raises(SendFailedError, match="already_replied"):
        await connector.reply_privately(CHANNEL, "1_2", None, REPLY, "k")
    calls = len(graph.calls)
    with pytest.raises(SendFailedError, match="comment_not_valid"):
        await connector.reply_privately(CHANNEL, "1_3", clock.now() - DAY * 8, REPLY, "k")
    assert await connector.reply_privately(CHANNEL, "1_3", None, Reply(""), "k") is None
    assert len(graph.calls) == calls


async def test_a_sent_part_is_logged_by_numbers_only(sending: Sending) -> None:
    with capture_logs() as logs:
        await sending()
    assert logs == [{"event": "facebook.sent", "channel_id": CHANNEL, "part": 1, "parts": 1, "log_level": "info"}]


async def test_a_refusal_is_logged_with_its_codes_and_the_shape_of_the_body(
    graph: PretendGraph, sending: Sending
) -> None:
    graph.next_error(graph_errors.RETIRED_TAG)
    with capture_logs() as logs:
        await sending.failure(reply=Reply("Bà Lan ở 12 Lê Lợi"))
    (entry,) = logs
    assert (entry["event"], entry["code"], entry["subcode"]) == ("facebook.refused", 100, 1893061)
    assert entry["body"]["message"] == {"text": 18, "metadata": 7}
    assert not any(secret in str(entry) for secret in ("Lan", CITIZEN, PAGE_TOKEN, "out:1"))
