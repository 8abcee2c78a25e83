from __future__ import annotations

import pytest

from bot.domain.records import Procedure
from tests.servers.rasa import rasa  # noqa: F401
from tests.servers.sample import few_procedures


@pytest.fixture(scope="session")
def sample_procedures() -> dict[str, Procedure]:
    return few_procedures()
