"""The pretend OAuth host gives each token once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.fakes import FakeClock
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_oauth import TOKEN_PATH, challenge_of
from tests.servers.zalo_state import APP_ID, APP_SECRET

VERIFIER = "v" * 43
Answer = dict[str, Any]


class Client:
    def __init__(self, zalo: PretendZalo, session: aiohttp.ClientSession) -> None:
        self.zalo = zalo
        self.session = session

    async def ask(self, secret: str = APP_SECRET, **form: str) -> Answer:
        url = self.zalo.oauth_url + TOKEN_PATH
        async with self.session.post(url, data={"app_id": APP_ID} | form, headers={"secret_key": secret}) as response:
            assert response.status == 200
            answer: Answer = await response.json()
            return answer

    async def refresh(self, token: str, **changes: str) -> Answer:
        return await self.ask(**({"grant_type": "refresh_token", "refresh_token": token} | changes))

    async def exchange(self, code: str, verifier: str = VERIFIER) -> Answer:
        return await self.ask(grant_type="authorization_code", code=code, code_verifier=verifier)


@pytest.fixture
async def client(clock: FakeClock) -> AsyncIterator[Client]:
    async with PretendZalo(clock.now) as zalo, aiohttp.ClientSession() as session:
        yield Client(zalo, session)


async def test_a_refresh_gives_a_new_pair_and_ends_the_old_one(client: Client) -> None:
    office = client.zalo.oauth
    old = office.grant()
    answer = await client.refresh(old.refresh_token)
    assert answer["expires_in"] == "90000"
    assert (office.check(old.access_token), office.check(answer["access_token"])) == (-220, 0)
    again = await client.refresh(old.refresh_token)
    assert (again["error"], again["error_name"]) == (-14014, "Invalid refresh token")
    assert office.check(answer["access_token"]) == 0
    assert [one.error for one in office.asked] == [0, -14014]


async def test_the_doubtful_points_can_be_switched(client: Client) -> None:
    office = client.zalo.oauth
    office.old_access_token_survives, office.expires_in_is_text = True, False
    old = office.grant()
    answer = await client.refresh(old.refresh_token)
    assert (answer["expires_in"], office.check(old.access_token)) == (90000, 0)
    office.reuse_revokes = True
    await client.refresh(old.refresh_token)
    assert (await client.refresh(answer["refresh_token"]))["error"] == -14014


async def test_a_refresh_token_ends_after_three_months(client: Client, clock: FakeClock) -> None:
    pair = client.zalo.oauth.grant()
    clock.advance(timedelta(days=90))
    assert (await client.refresh(pair.refresh_token))["error"] == -14014


@pytest.mark.parametrize("rotated", [True, False])
async def test_the_answer_of_a_refresh_can_get_lost(client: Client, rotated: bool) -> None:
    pair = client.zalo.oauth.grant()
    if rotated:
        client.zalo.lose_refreshed_tokens()
    else:
        client.zalo.faults.hang(path=TOKEN_PATH)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.refresh(pair.refresh_token), 0.1)
    assert (client.zalo.oauth.newest != pair) == rotated
    assert (await client.refresh(pair.refresh_token)).get("error", 0) == (-14014 if rotated else 0)


@pytest.mark.parametrize("changes", [{"secret": "wrong"}, {"app_id": "1"}, {"grant_type": "password"}])
async def test_a_wrong_secret_app_or_grant_keeps_the_refresh_token(client: Client, changes: dict[str, str]) -> None:
    pair = client.zalo.oauth.grant()
    assert (await client.refresh(pair.refresh_token, **changes))["error"] == -118
    assert "access_token" in await client.refresh(pair.refresh_token)


async def test_an_app_that_is_not_active_gets_nothing(client: Client) -> None:
    client.zalo.oauth.app_active = False
    assert (await client.refresh(client.zalo.oauth.grant().refresh_token))["error"] == -14002


async def test_json_is_no_form(client: Client) -> None:
    pair = client.zalo.oauth.grant()
    body = {"app_id": APP_ID, "grant_type": "refresh_token", "refresh_token": pair.refresh_token}
    url = client.zalo.oauth_url + TOKEN_PATH
    async with client.session.post(url, json=body, headers={"secret_key": APP_SECRET}) as response:
        assert (await response.json())["error"] == -118


async def test_a_code_is_good_once_for_ten_minutes_and_its_verifier(client: Client, clock: FakeClock) -> None:
    office = client.zalo.oauth
    code = office.issue_code(challenge_of(VERIFIER))
    assert "access_token" in await client.exchange(code)
    assert (await client.exchange(code))["error"] == -118
    assert (await client.exchange(office.issue_code(challenge_of(VERIFIER)), "w" * 43))["error"] == -118
    late = office.issue_code()
    clock.advance(timedelta(minutes=10))
    assert (await client.exchange(late))["error"] == -118


async def test_consent_sends_a_code_to_the_address_of_the_console_only(client: Client) -> None:
    callback = "https://xa.example.vn/zalo/callback"
    client.zalo.oauth.redirect_uri = callback
    url = f"{client.zalo.oauth_url}/v4/oa/permission"
    query = {"app_id": APP_ID, "redirect_uri": callback, "state": "s"}
    async with client.session.get(url, params=query, allow_redirects=False) as response:
        location = response.headers["Location"]
    assert location.startswith(f"{callback}?code=code-")
    assert location.endswith(f"&oa_id={client.zalo.oa_id}&state=s")
    wrong = query | {"redirect_uri": "https://other.example.vn"}
    async with client.session.get(url, params=wrong, allow_redirects=False) as response:
        assert response.headers["Location"].endswith("error_code=-14003")
