"""The life of the tokens: who loses the pair needs a person, so it is never lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.domain.channels import TokenPair
from bot.domain.errors import SendFailedError, StorageUnavailableError
from connectors.zalo import limits
from connectors.zalo.oauth import TokensRefusedError, challenge_of, new_verifier
from tests.connectors.fakes_zalo import FakeCredentialStore, FakeLeases
from tests.connectors.zalo.conftest import CHANNEL, Process, StartProcess
from tests.fakes import FakeClock
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_faults import Kind
from tests.servers.zalo_oauth import TOKEN_PATH
from tests.servers.zalo_state import APP_ID, CITIZEN, OA_ID

LEASE = f"zalo-tokens:{CHANNEL}"
NEARLY_OVER = timedelta(hours=24, minutes=50)
OVER = timedelta(hours=25)
HALF_A_REST = timedelta(seconds=30)


async def failure(process: Process) -> SendFailedError:
    with pytest.raises(SendFailedError) as caught:
        await process.keeper.access(CHANNEL)
    return caught.value


def refreshes(zalo: PretendZalo) -> list[str]:
    return [one.token for one in zalo.oauth.asked]


async def test_a_token_with_life_is_used_without_asking_anybody(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock, leases: FakeLeases
) -> None:
    clock.advance(timedelta(hours=24, minutes=49, seconds=59))
    assert await process.keeper.access(CHANNEL) == store.pairs[CHANNEL].access
    assert (refreshes(zalo), leases.asked, store.alarms) == ([], [], [])


async def test_a_token_is_renewed_ten_minutes_before_its_end(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock, leases: FakeLeases
) -> None:
    spent = store.pairs[CHANNEL].refresh
    clock.advance(NEARLY_OVER)
    access = await process.keeper.access(CHANNEL)
    assert refreshes(zalo) == [spent]
    assert access == zalo.oauth.newest.access_token
    pair = store.pairs[CHANNEL]
    assert (pair.access, pair.refresh) == (access, zalo.oauth.newest.refresh_token)
    assert pair.access_expires_at == clock.now() + timedelta(hours=25)
    assert pair.refresh_expires_at == clock.now() + timedelta(days=90)
    assert leases.asked == [LEASE]
    assert not leases.taken
    assert store.alarm is None


@pytest.mark.parametrize("as_text", [True, False])
async def test_the_life_comes_as_text_or_number(process: Process, zalo: PretendZalo, as_text: bool) -> None:
    zalo.oauth.expires_in_is_text = as_text
    await process.keeper.replaced(CHANNEL, zalo.oauth.newest.access_token)
    assert zalo.oauth.check(await process.keeper.access(CHANNEL)) == 0


async def test_the_scheduled_task_renews_after_twenty_hours(
    process: Process, store: FakeCredentialStore, clock: FakeClock
) -> None:
    clock.advance(timedelta(hours=19, minutes=59))
    await process.keeper.renew(CHANNEL)
    assert store.kept == []
    clock.advance(timedelta(minutes=1))
    await process.keeper.renew(CHANNEL)
    await process.keeper.renew(CHANNEL)
    assert len(store.kept) == 1


async def test_many_messages_and_many_processes_refresh_once(
    start: StartProcess, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    processes = [start() for _ in range(4)]
    clock.advance(OVER)
    tokens = await asyncio.gather(*(one.keeper.access(CHANNEL) for one in processes for _ in range(5)))
    assert set(tokens) == {zalo.oauth.newest.access_token}
    assert len(refreshes(zalo)) == len(store.kept) == 1


async def test_the_pair_is_committed_before_the_token_is_used(
    start: StartProcess, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    process = start()
    clock.advance(OVER)
    store.away = 99
    with pytest.raises(StorageUnavailableError):
        await process.keeper.access(CHANNEL)
    assert process.naps.seconds == list(limits.COMMIT_PAUSES)
    assert zalo.calls_to("/v3.0/oa/message/cs") == []
    store.away = 1
    assert await process.keeper.access(CHANNEL) == zalo.oauth.newest.access_token
    assert len(refreshes(zalo)) == 1
    assert store.pairs[CHANNEL].refresh == zalo.oauth.newest.refresh_token


async def test_a_stopped_process_still_saves_the_pair_it_was_given(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    clock.advance(OVER)
    task = asyncio.create_task(process.keeper.access(CHANNEL))
    async with asyncio.timeout(5):
        while not refreshes(zalo):  # noqa: ASYNC110  (the pretend Zalo has no event for it)
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert store.pairs[CHANNEL].refresh == zalo.oauth.newest.refresh_token


async def test_a_lost_answer_is_met_with_the_same_token_once_then_alarm(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    spent = store.pairs[CHANNEL].refresh
    clock.advance(OVER)
    zalo.lose_refreshed_tokens()
    error = await failure(process)
    assert (error.outcome, error.reason, error.retry_after) == ("token", "zalo_oauth:-14014", None)
    assert refreshes(zalo) == [spent, spent]
    assert "-14014" in (store.alarm or "")


async def test_a_refresh_that_never_reached_zalo_is_repeated(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    clock.advance(OVER)
    zalo.faults.drop(path=TOKEN_PATH)
    assert await process.keeper.access(CHANNEL) == zalo.oauth.newest.access_token
    assert store.alarm is None


async def test_after_two_lost_answers_zalo_is_left_alone_for_a_while(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    clock.advance(OVER)
    zalo.faults.garbage(Kind.HTML, path=TOKEN_PATH, times=2)
    error = await failure(process)
    assert (error.outcome, error.reason, error.retry_after) == ("token", "token_unanswered", 60.0)
    assert "without an answer" in (store.alarm or "")
    clock.advance(HALF_A_REST)
    assert (await failure(process)).retry_after == 30.0
    assert len(zalo.calls_to(TOKEN_PATH)) == 2
    clock.advance(HALF_A_REST)
    assert await process.keeper.access(CHANNEL) == zalo.oauth.newest.access_token
    assert store.alarm is None


async def test_a_crash_between_refresh_and_commit_ends_in_an_alarm(
    start: StartProcess, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    clock.advance(OVER)
    await start().oauth.refresh(store.known[CHANNEL], store.pairs[CHANNEL].refresh)
    error = await failure(start())
    assert (error.outcome, error.retry_after) == ("token", None)
    assert store.alarm is not None
    assert len(refreshes(zalo)) == 2


async def test_a_refused_refresh_token_is_not_tried_in_a_loop(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    zalo.oauth.revoke()
    clock.advance(OVER)
    for _ in range(5):
        assert (await failure(process)).outcome == "token"
    assert len(refreshes(zalo)) == 1
    clock.advance(limits.TOKEN_DEAD_REST)
    await failure(process)
    assert len(refreshes(zalo)) == 2


async def test_new_consent_is_noticed_at_once(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    zalo.oauth.revoke()
    clock.advance(OVER)
    await failure(process)
    granted = await process.oauth.exchange(store.known[CHANNEL], zalo.oauth.issue_code())
    store.pairs[CHANNEL] = granted
    assert await process.keeper.access(CHANNEL) == granted.access
    clock.advance(OVER)
    assert await process.keeper.access(CHANNEL) == zalo.oauth.newest.access_token


async def test_a_token_that_lives_is_used_while_no_new_one_is_to_be_had(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    zalo.oauth.app_active = False
    clock.advance(NEARLY_OVER)
    assert await process.keeper.access(CHANNEL) == store.pairs[CHANNEL].access
    assert "-14002" in (store.alarm or "")
    zalo.citizen()
    await process.api.send(CHANNEL, CITIZEN, {"text": "còn gửi được"})
    assert "-14002" in (store.alarm or ""), "a message with the old token proves nothing about the next"
    assert len(refreshes(zalo)) == 1
    zalo.oauth.app_active = True
    clock.advance(limits.TOKEN_DEAD_REST - timedelta(seconds=1))
    await process.keeper.access(CHANNEL)
    clock.advance(timedelta(seconds=1))
    await process.keeper.access(CHANNEL)
    assert store.alarm is None


@pytest.mark.parametrize("away", [True, False])
async def test_an_oauth_host_that_is_away_costs_no_token(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock, away: bool
) -> None:
    clock.advance(OVER)
    if away:
        process.oauth._url = "http://127.0.0.1:1"
    else:
        zalo.faults.too_many_requests(20, path=TOKEN_PATH)
    error = await failure(process)
    assert error.retry_after == (5.0 if away else 20.0)
    assert not error.uncertain
    assert store.alarms == []
    assert refreshes(zalo) == []


async def test_a_process_that_waits_takes_the_pair_of_the_other(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock, leases: FakeLeases
) -> None:
    clock.advance(OVER)
    leases.taken.add(LEASE)
    waiting = asyncio.create_task(process.keeper.access(CHANNEL))
    await asyncio.sleep(0.01)
    store.pairs[CHANNEL] = await process.oauth.refresh(store.known[CHANNEL], store.pairs[CHANNEL].refresh)
    assert await waiting == store.pairs[CHANNEL].access
    assert len(refreshes(zalo)) == 1


async def test_a_process_does_not_wait_for_ever(
    process: Process, zalo: PretendZalo, clock: FakeClock, leases: FakeLeases
) -> None:
    clock.advance(OVER)
    leases.taken.add(LEASE)
    error = await failure(process)
    assert (error.reason, error.retry_after) == ("token_refreshing", limits.RETRY)
    assert sum(process.naps.seconds) == pytest.approx(limits.TOKEN_WAIT, abs=0.3)
    assert refreshes(zalo) == []


async def test_a_pair_somebody_else_stored_meanwhile_wins(
    process: Process, store: FakeCredentialStore, zalo: PretendZalo, clock: FakeClock
) -> None:
    clock.advance(OVER)
    theirs = TokenPair("theirs", "their-refresh", clock.now() + OVER, clock.now() + OVER)
    zalo.faults.hang(path=TOKEN_PATH)
    asking = asyncio.create_task(process.keeper.access(CHANNEL))
    await asyncio.sleep(0.05)
    store.pairs[CHANNEL] = theirs
    assert await asking == "theirs"
    assert refreshes(zalo) == []


async def test_a_channel_without_tokens_or_secrets_asks_for_a_person(
    process: Process, store: FakeCredentialStore, clock: FakeClock
) -> None:
    clock.advance(OVER)
    store.known.clear()
    assert (await failure(process)).reason == "credentials_missing"
    store.pairs.clear()
    assert (await failure(process)).reason == "token_missing"
    assert len([reason for _, reason in store.alarms if reason]) == 2


async def test_secrets_nobody_can_read_ask_for_a_person(
    process: Process, store: FakeCredentialStore, clock: FakeClock
) -> None:
    store.unreadable = True
    assert (await failure(process)).reason == "secrets_unreadable"
    assert "another key" in (store.alarm or "")
    store.unreadable = False
    await process.api.send(CHANNEL, CITIZEN, {"text": "Xin chào"})
    assert store.alarm is None


async def test_a_code_is_exchanged_with_its_verifier(process: Process, zalo: PretendZalo, clock: FakeClock) -> None:
    credentials = await process.keeper._credentials(CHANNEL)
    verifier = new_verifier()
    assert len(verifier) == 43
    pair = await process.oauth.exchange(credentials, zalo.oauth.issue_code(challenge_of(verifier)), verifier)
    assert zalo.oauth.check(pair.access) == 0
    with pytest.raises(TokensRefusedError) as caught:
        await process.oauth.exchange(credentials, zalo.oauth.issue_code(challenge_of(verifier)), new_verifier())
    assert caught.value.code == -118


async def test_the_consent_leads_to_zalo_and_back(process: Process, zalo: PretendZalo) -> None:
    back = "https://xatanan.example.vn/zalo/callback"
    url = process.oauth.consent_url(APP_ID, back, "state-1", challenge_of("x"))
    async with process.api._http._session.get(url, allow_redirects=False) as response:
        target = response.headers["Location"]
    assert target.startswith(f"{back}?code=code-")
    assert f"oa_id={OA_ID}" in target
    assert target.endswith("state=state-1")


async def test_no_token_is_ever_shown(
    process: Process,
    store: FakeCredentialStore,
    zalo: PretendZalo,
    clock: FakeClock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock.advance(OVER)
    await process.keeper.access(CHANNEL)
    clock.advance(OVER)
    zalo.lose_refreshed_tokens()
    error = await failure(process)
    printed = capsys.readouterr()
    shown = printed.out + printed.err + repr(error) + repr(store.pairs) + repr(store.alarms)
    assert "access-" not in shown
    assert "refresh-" not in shown
    assert CITIZEN not in shown
