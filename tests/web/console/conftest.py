from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.web.console.services import Console
from tests import cast
from tests.fakes import FakeClock
from tests.servers.chat import Client, Parts
from tests.web.console.visitor import Visitor

SignIn = Callable[[cast.Person], Awaitable[Visitor]]


@pytest.fixture
def console(parts: Parts) -> Console:
    return parts.console


@pytest.fixture
async def people(console: Console) -> dict[str, int]:
    """The cast at work; ids by login."""
    return await cast.hire(console.staff, console.seal)


@pytest.fixture
async def stranger(client: Client, clock: FakeClock, people: dict[str, int]) -> AsyncIterator[Visitor]:
    yield Visitor(client, clock)


@pytest.fixture
async def sign_in(client: Client, clock: FakeClock, people: dict[str, int]) -> SignIn:
    """A browser in which somebody of the cast is signed in. The clock moves, so that no one-time code comes twice."""

    async def signed_in(person: cast.Person) -> Visitor:
        visitor = Visitor(client, clock)
        await visitor.sign_in(person)
        return visitor

    return signed_in
