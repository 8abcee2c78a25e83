"""Plays every conversation of the files beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conversations.scripts import Conversation, Script, scripts_of

FILES = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize(
    "script", [pytest.param(one, id=f"{file.stem}: {one.title}") for file in FILES for one in scripts_of(file)]
)
async def test_the_conversation_runs_as_written(conversation: Conversation, script: Script) -> None:
    await conversation.play(script)
