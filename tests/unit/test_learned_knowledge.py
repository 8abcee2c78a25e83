"""What editors teach reaches the search at once, and a model's project only when it is trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.domain.learning import Decision
from bot.domain.records import Procedure
from bot.services.knowledge import KnowledgeBase
from bot.storage.database import Database
from bot.storage.learning import SqlLearning
from bot.storage.revisions import Revisions
from bot.storage.staff import Actor
from bot.training import RASA_PROJECT, Origin, model_id, origin, taught
from knowledge.files import SearchTexts
from tests.conftest import UNIT
from tests.fakes import FakeClock
from tests.servers.sample import few_procedures

ACTOR = Actor(None, UNIT)


@pytest.fixture(scope="session")
def sample_procedures() -> dict[str, Procedure]:
    return few_procedures()


async def test_a_taught_phrase_finds_its_procedure_and_a_foreign_text_finds_none(
    published: Revisions, clock: FakeClock, database: Database, sample_procedures: dict[str, Procedure]
) -> None:
    learning = SqlLearning(database, clock)
    base = KnowledgeBase(published, clock, SearchTexts({}, (), ("xin cấp wifi miễn phí",)), learning)
    await base.refresh()
    name = min(sample_procedures)
    known = base.of(UNIT)
    assert known is not None
    before = known.procedures.find("mần giấy cho đứa nhỏ mới đẻ")
    await learning.teach(ACTOR, UNIT, 0, Decision.PHRASE, name, ["mần giấy cho đứa nhỏ mới đẻ"])
    await learning.teach(ACTOR, UNIT, 0, Decision.FOREIGN, "out_of_scope", ["bùng nổ khuyến mãi điện máy"])
    assert await base.refresh()
    known = base.of(UNIT)
    assert known is not None
    after = known.procedures.find("man giay cho dua nho moi de")
    assert after.best is not None
    assert after.best.id == name
    assert after.best.score > max((hit.score for hit in before.hits if hit.id == name), default=0.0)
    assert known.procedures.find("bùng nổ khuyến mãi điện máy").foreign > 0.5


async def test_what_is_taught_as_an_intent_does_not_touch_the_search(
    published: Revisions, clock: FakeClock, database: Database
) -> None:
    learning = SqlLearning(database, clock)
    base = KnowledgeBase(published, clock, SearchTexts({}, (), ()), learning)
    await base.refresh()
    await learning.teach(ACTOR, UNIT, 0, Decision.INTENT, "thank", ["cám ơn hen"])
    assert not await base.refresh()


def test_a_project_with_taught_texts_has_an_id_of_its_own_and_a_file_rasa_reads() -> None:
    with taught([("thank", "cám ơn hen [x](y)"), ("greet", "chào bà con")]) as project:
        content = yaml.safe_load((project / "data" / "learned.yml").read_text(encoding="utf-8"))
        one = model_id(project)
    assert content["nlu"] == [
        {"intent": "greet", "examples": "- chào bà con\n"}, {"intent": "thank", "examples": "- cám ơn hen x y\n"},
    ]  # fmt: skip
    with taught([("greet", "chào bà con"), ("thank", "cám ơn hen [x](y)")]) as project:
        assert model_id(project) == one != model_id(), "the id depends on what was taught, not on when"
    with taught([]) as project:
        assert project == RASA_PROJECT


def test_a_model_without_a_note_of_its_origin_was_made_of_the_data_alone(tmp_path: Path) -> None:
    model = tmp_path / "abc" / "abc.tar.gz"
    model.parent.mkdir()
    assert origin(model) == Origin("abc", 0)
    (model.parent / "origin.json").write_text('{"base": "xyz", "learned": 3}')
    assert origin(model) == Origin("xyz", 3)
    (model.parent / "origin.json").write_text("[]")
    assert origin(model) == Origin("abc", 0)
