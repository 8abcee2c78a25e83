from __future__ import annotations

from typing import Any

import pytest

from bot.domain.records import Procedure


@pytest.fixture(scope="session")
def records(sample_procedures: dict[str, Procedure]) -> dict[str, dict[str, Any]]:
    """All shipped procedures in their JSON form, by id."""
    return {name: record.model_dump(mode="json") for name, record in sample_procedures.items()}
