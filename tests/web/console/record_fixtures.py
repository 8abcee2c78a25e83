"""Editors of a province and of its commune, over procedures of their own database that can be published anew."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bot.domain.records import Procedure, Unit
from bot.domain.staff import Role
from bot.services.assistant import Assistant
from bot.services.knowledge import KnowledgeBase
from bot.storage.coordination import LocalCache
from bot.storage.credentials import Seal
from bot.storage.database import Database
from bot.storage.editing import Key, Revision
from bot.storage.revisions import Revisions
from bot.storage.staff import SqlStaff
from bot.web.console.services import Console
from knowledge.emergencies import EmergencyRules
from knowledge.files import SearchTexts
from tests import cast
from tests.fakes import FakeClock, FakeNlu
from tests.servers.chat import SECRET_KEY
from tests.web.console.visitor import Page, Visitor

PROVINCE, RECORD = "dong-nai", "dang-ky-ket-hon"
PATH = f"/console/procedures/{RECORD}"
THU = cast.Person("thu", "Trịnh Thị Thu", "Chuyên viên Sở", {PROVINCE: frozenset({Role.EDITOR})})
VINH = cast.Person("vinh", "Phan Quang Vinh", "Chuyên viên Sở", {PROVINCE: frozenset({Role.EDITOR})})
HOA = cast.Person("hoa", "Bùi Thị Hoa", "Công chức Văn phòng", {cast.UNIT: frozenset({Role.EDITOR})})


@pytest.fixture
async def editors(database: Database, clock: FakeClock) -> dict[str, int]:
    """Two editors of the province, and a second one of the commune; ids by login."""
    return await cast.hire(SqlStaff(database, clock), Seal(SECRET_KEY), THU, VINH, HOA)


@pytest.fixture
async def knowledge(
    database: Database, clock: FakeClock, sample_units: dict[str, Unit], sample_procedures: dict[str, Procedure]
) -> KnowledgeBase:
    """The sample commune in the test's own database."""
    revisions = Revisions(database, clock)
    for kind, unit_id, records in (("unit", None, sample_units), ("procedure", PROVINCE, sample_procedures)):
        content = {name: one.model_dump(mode="json") for name, one in records.items()}
        await revisions.publish(kind, unit_id, content)
    base = KnowledgeBase(revisions, clock, SearchTexts({}, (), ()))
    await base.refresh()
    return base


@pytest.fixture
def assistant(knowledge: KnowledgeBase, nlu: FakeNlu, emergency_rules: EmergencyRules) -> Assistant:
    return Assistant(knowledge, nlu, LocalCache(), emergency_rules)


Ask = Callable[..., Awaitable[str]]


@pytest.fixture
def ask(assistant: Assistant, clock: FakeClock) -> Ask:
    """What a citizen is told about an aspect of the procedure."""

    async def asked(aspect: str = "fee", record_id: str = RECORD, unit: str = cast.UNIT) -> str:
        turn = await assistant.turn(unit, {}, "", f"ask:{aspect}:{record_id}", clock.now())
        return "\n".join(reply.text for reply in turn.replies)

    return asked


@dataclass(frozen=True)
class Typing:
    """The fields of an editor's page as a browser would send them."""

    path: str
    fields: dict[str, Any]

    @classmethod
    def of(cls, page: Page) -> Typing:
        assert page.root is not None, page.text[:300]
        (form,) = page.root.xpath("//form[@id='record-form']")
        fields: dict[str, Any] = {}
        for one in form.xpath(".//input[@name] | .//textarea[@name] | .//select[@name]"):
            if one.get("type") == "checkbox" and one.get("checked") is None:
                continue
            if one.get("name") == "csrf":
                continue
            if one.tag == "textarea":
                text = re.sub(r"^\n", "", one.text or "")  # HTML drops a leading line break
            elif one.tag == "select":
                chosen = one.xpath("./option[@selected]/@value") or one.xpath("./option[1]/@value")
                text = chosen[0]
            else:
                text = one.get("value") or ""
            kept = fields.setdefault(one.get("name"), [])
            kept.append(text)
        return cls(form.get("action"), fields)

    def having(self, **changes: Any) -> dict[str, Any]:
        """`fees__0__text` stands for `fees.0.text`; None leaves a field out."""
        fields = {**self.fields, **{name.replace("__", "."): value for name, value in changes.items()}}
        return {name: value for name, value in fields.items() if value is not None}


async def published(console: Console, editors: dict[str, int], **changes: Any) -> Revision:
    """A change of the province's procedure, written by Thu and published by Vinh."""
    key = Key("procedure", PROVINCE, RECORD)
    now = await console.editing.in_force(key)
    assert now is not None
    draft = await console.editing.start(key, now.content | changes, editors["thu"])
    draft = await console.editing.send(draft.id, draft.version, by=editors["thu"])
    done = await console.editing.publish(draft.id, draft.version, editors["vinh"])
    await console.knowledge.refresh()
    return done


def address(page: Page) -> str:
    assert page.location, page.words
    return page.location


def version_in(page: Page) -> str:
    assert page.root is not None
    return str(page.root.xpath("//input[@name='version']/@value")[0])


async def opened(visitor: Visitor, path: str = PATH) -> str:
    """The address of the revision whose editor opens."""
    await visitor.get(path)
    return address(await visitor.post(f"{path}/edit")).removesuffix("/edit")


async def sent(visitor: Visitor, path: str = PATH, **changes: Any) -> str:
    """A changed draft that waits for a second person; its address."""
    draft = await opened(visitor, path)
    typing = Typing.of(await visitor.get(f"{draft}/edit"))
    page = await visitor.post(typing.path, typing.having(then="send", **changes))
    assert page.location == path, page.words
    return draft


async def publishes(visitor: Visitor, draft: str, **fields: str) -> Page:
    page = await visitor.get(f"{draft}/review")
    return await visitor.post(f"{draft}/publish", {"version": version_in(page), **fields})
