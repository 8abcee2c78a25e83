from __future__ import annotations

import time

import aiohttp
import pytest

from connectors.facebook import limits, messages, profile
from connectors.facebook.api import Access, GraphApi
from connectors.facebook.errors import GraphError
from tests.connectors.facebook.test_profile import PROFILE
from tests.servers import free_port, graph_errors
from tests.servers.graph import PretendGraph
from tests.servers.graph_state import APP_ID, APP_SECRET, CITIZEN, PAGE_ID, PAGE_TOKEN

HELLO = messages.to_person(CITIZEN, {"text": "Xin chào"})


async def failure(api: GraphApi, access: Access) -> GraphError:
    with pytest.raises(GraphError) as error:
        await api.send(access, HELLO)
    return error.value


def test_the_proof_is_as_in_the_vector_of_the_reference_and_nothing_secret_is_shown(access: Access) -> None:
    assert access.proof == "a4e790a4f33cc8f26016f1e617391e91ce692425d30fa8a9c99b5f528ee804d5"
    assert repr(access) == f"Access(account='{PAGE_ID}')"


async def test_a_message_is_accepted_with_its_id_and_the_state_of_the_quota(
    graph: PretendGraph, api: GraphApi, access: Access
) -> None:
    graph.quotas[PAGE_ID].shown = 42
    mid, used = await api.send(access, HELLO)
    assert (mid, graph.sent[0].body, used.percent) == (graph.sent[0].mid, HELLO, 42)
    call = graph.calls[0]
    assert (call.version, call.path) == (limits.VERSION, (PAGE_ID, "messages"))
    assert call.headers["Authorization"] == f"Bearer {PAGE_TOKEN}"


async def test_typing_is_shown(graph: PretendGraph, api: GraphApi, access: Access) -> None:
    await api.act(access, messages.action(CITIZEN, "typing_on"))
    assert [(one.recipient, one.name) for one in graph.actions] == [(CITIZEN, "typing_on")]


async def test_a_refusal_has_codes_and_a_trace_and_no_words(graph: PretendGraph, api: GraphApi, access: Access) -> None:
    graph.citizen.blocked = True
    error = await failure(api, access)
    assert (error.code, error.subcode, error.reason) == (551, 1545041, "person_unavailable")
    assert (error.outcome, error.retry_after, error.uncertain) == ("unreachable", None, False)
    assert error.trace
    assert "isn't available" not in f"{error}{error.__dict__}"


async def test_an_error_in_an_answer_of_200_is_an_error(graph: PretendGraph, api: GraphApi, access: Access) -> None:
    graph.next_error(graph_errors.GraphError(10, "(#10)", 2018278, status=200))
    assert (await failure(api, access)).reason == "window_closed"


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("next_hang", "timeout"),
        ("next_reset", "connection_lost"),
        ("next_html", "unreadable_answer"),
        ("next_truncated", "unreadable_answer"),
        ("next_status", "server_error"),
    ],
)
async def test_without_a_clear_answer_a_message_may_have_gone_out(
    graph: PretendGraph, api: GraphApi, access: Access, fault: str, reason: str, done: bool
) -> None:
    getattr(graph, fault)(done=done)
    error = await failure(api, access)
    assert (error.reason, error.uncertain, error.retry_after) == (reason, True, limits.ECHO_WAIT)
    assert len(graph.sent) == done


async def test_an_error_of_the_server_itself_is_uncertain_too(
    graph: PretendGraph, api: GraphApi, access: Access
) -> None:
    graph.next_error(graph_errors.TEMPORARY, done=True)
    error = await failure(api, access)
    assert (error.reason, error.uncertain, error.retry_after) == ("temporary", True, limits.ECHO_WAIT)
    graph.next_error(graph_errors.SEND_FAILED)
    error = await failure(api, access)
    assert (error.reason, error.uncertain, error.retry_after) == ("temporary", False, limits.RETRY)


async def test_what_may_have_been_delivered_is_never_sent_again(
    graph: PretendGraph, api: GraphApi, access: Access
) -> None:
    graph.next_error(graph_errors.MAYBE_DELIVERED, done=True)
    error = await failure(api, access)
    assert (error.uncertain, error.retry_after) == (True, None)


async def test_a_message_that_never_left_is_certain(access: Access) -> None:
    async with aiohttp.ClientSession() as session:
        api = GraphApi(session, base_url=f"http://127.0.0.1:{free_port()}")
        error = await failure(api, access)
    assert (error.reason, error.uncertain, error.retry_after) == ("not_connected", False, limits.RETRY)


async def test_a_hanging_server_is_left_after_the_time_limit(
    graph: PretendGraph, api: GraphApi, access: Access
) -> None:
    graph.next_hang()
    start = time.perf_counter()
    await failure(api, access)
    assert time.perf_counter() - start < 2


async def test_calls_that_change_nothing_are_never_uncertain(
    graph: PretendGraph, api: GraphApi, access: Access
) -> None:
    graph.next_html()
    with pytest.raises(GraphError) as error:
        await api.act(access, messages.action(CITIZEN, "mark_seen"))
    assert error.value.uncertain is False


async def test_a_limit_is_waited_for_as_long_as_meta_says(graph: PretendGraph, api: GraphApi, access: Access) -> None:
    graph.quotas[PAGE_ID].per_person = 1
    await api.send(access, HELLO)
    error = await failure(api, access)
    assert (error.code, error.reason, error.retry_after) == (80006, "rate_limited", 19 * 60)
    assert error.verdict.pause == 19 * 60
    graph.next_too_many(seconds=77)
    assert (await failure(api, access)).retry_after == 77
    graph.next_error(graph_errors.CALL_LIMIT)
    assert (await failure(api, access)).retry_after == limits.THREAD_PAUSE


async def test_a_refusal_between_us_and_meta_is_tried_again(graph: PretendGraph, api: GraphApi, access: Access) -> None:
    graph.next_html(status=403)
    error = await failure(api, access)
    assert (error.reason, error.uncertain) == ("refused_on_the_way", False)
    assert error.retry_after


async def test_the_profile_of_the_page_is_set_read_and_taken_away(
    graph: PretendGraph, api: GraphApi, access: Access
) -> None:
    body = profile.body(PROFILE)
    await api.set_profile(access, body)
    assert graph.page.profile == body
    assert await api.profile(access, profile.FIELDS) == body
    await api.delete_profile(access, ["persistent_menu"])
    assert "persistent_menu" not in await api.profile(access, profile.FIELDS)
    await api.delete_profile(access, profile.FIELDS)
    assert await api.profile(access, profile.FIELDS) == {}


@pytest.mark.parametrize("as_text", [True, False])
async def test_the_app_is_subscribed_to_the_page_and_says_to_what(
    graph: PretendGraph, api: GraphApi, access: Access, as_text: bool
) -> None:
    graph.success_as_text = as_text
    await api.unsubscribe(access)
    assert await api.subscribed_fields(access, APP_ID) == ()
    await api.subscribe(access)
    assert await api.subscribed_fields(access, APP_ID) == limits.FIELDS
    assert await api.subscribed_fields(access, "1") == ()


async def test_the_state_of_a_token_is_told(graph: PretendGraph, api: GraphApi) -> None:
    app = Access.of_app(APP_ID, APP_SECRET)
    state = await api.token_state(app, PAGE_TOKEN)
    assert (state.is_valid, state.kind, state.app_id, state.expires_at) == (True, "PAGE", APP_ID, None)
    assert "pages_messaging" in state.scopes
    assert state.data_access_expires_at is not None
    graph.kill_token(graph_errors.PASSWORD_CHANGED)
    assert (await api.token_state(app, PAGE_TOKEN)).reason == "password_changed"
    unknown = await api.token_state(app, "EAAother")
    assert (unknown.is_valid, unknown.reason) == (False, "token_invalid")
