"""What a unit suspended is refused within one refresh, and answered again after the next."""

from __future__ import annotations

import pytest

from bot.domain.messages import Outcome
from bot.domain.records import Procedure, Unit
from bot.services.assistant import Assistant
from bot.services.knowledge import KnowledgeBase
from bot.storage.coordination import LocalCache
from bot.storage.database import Database
from bot.storage.editing import Editing, Key
from bot.storage.revisions import Revisions
from knowledge.emergencies import EmergencyRules
from knowledge.files import SearchTexts
from tests.conftest import UNIT
from tests.conversations.scripts import Conversation
from tests.fakes import FakeClock, FakeNlu
from tests.fakes.desk import FakeDesk


@pytest.mark.parametrize("unit", [UNIT, "dong-nai"])
async def test_a_suspended_procedure_is_refused_with_the_counters_phone_until_it_is_resumed(
    unit: str,
    database: Database,
    revisions: Revisions,
    clock: FakeClock,
    nlu: FakeNlu,
    emergency_rules: EmergencyRules,
    sample_units: dict[str, Unit],
    sample_procedures: dict[str, Procedure],
) -> None:
    editing = Editing(database, clock)
    records = {name: sample_procedures[name].model_dump(mode="json") for name in ("tach-ho", "dang-ky-khai-sinh")}
    await revisions.publish("unit", None, {name: one.model_dump(mode="json") for name, one in sample_units.items()})
    await revisions.publish("procedure", "dong-nai", records)
    knowledge = KnowledgeBase(revisions, clock, SearchTexts())
    await knowledge.refresh()
    assistant = Assistant(knowledge, nlu, LocalCache(), emergency_rules)
    citizen = Conversation(assistant, assistant, nlu, clock, FakeDesk(clock))
    key = Key("procedure", unit, "tach-ho")

    await editing.suspend(key)
    assert await knowledge.refresh()
    turn = await citizen.send_payload("ask:fee:tach-ho")
    assert (turn.outcome, turn.reason) == (Outcome.REFUSE, "suspended")
    assert "đang được cập nhật" in citizen.text
    assert [phone.number for reply in turn.replies for phone in reply.phones] == ["0251 000 0011"]
    assert (await citizen.send_payload("ask:fee:dang-ky-khai-sinh")).outcome is Outcome.ANSWER
    elsewhere = knowledge.of("dong-nai")
    assert elsewhere is not None
    assert elsewhere.view.procedures["tach-ho"].suspended == (unit == "dong-nai")

    await editing.resume(key)
    assert await knowledge.refresh()
    assert (await citizen.send_payload("ask:fee:tach-ho")).outcome is Outcome.ANSWER
