"""What the pages about procedures share: which record is meant, who wrote what, and telling everybody of a change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from aiohttp import web

from bot.domain.errors import WrongStateError
from bot.domain.views import LOCAL_ZONE, PublishedProcedure, UnitView
from bot.services.previewing import Said, completed, partial, says
from bot.storage.editing import Key, Revision
from bot.storage.staff import Actor
from bot.web.console.auth import signed
from bot.web.console.live import announce
from bot.web.console.services import CONSOLE

LIST = "/console/procedures"


@dataclass(frozen=True, slots=True)
class Subject:
    """A procedure as the unit at work sees it. `published`: what its citizens are answered from; `inherited`: a unit
    above publishes it, so this one only adds its supplement."""

    record_id: str
    view: UnitView
    published: PublishedProcedure | None
    owner: str
    inherited: bool

    @property
    def key(self) -> Key:
        """Of what this unit may write."""
        return Key("supplement" if self.inherited else "procedure", self.view.unit.id, self.record_id)

    @property
    def key_of_record(self) -> Key:
        """Of the procedure itself, whoever publishes it."""
        return Key("procedure", self.owner, self.record_id)

    @property
    def key_of_switch(self) -> Key:
        """What this unit suspends: for itself and all below it, inherited or not."""
        return Key("procedure", self.view.unit.id, self.record_id)

    @property
    def name(self) -> str:
        return self.published.record.short_name if self.published else self.record_id


def view_of(request: web.Request) -> UnitView:
    view = request.app[CONSOLE].view(signed(request).unit_id)
    if view is None:
        raise web.HTTPNotFound
    return view


def subject(request: web.Request, record_id: str) -> Subject:
    view = view_of(request)
    above = request.app[CONSOLE].view(view.chain[1].id) if len(view.chain) > 1 else None
    inherited = above.procedures.get(record_id) if above else None
    owner = inherited.owner if inherited else view.unit.id
    return Subject(record_id, view, view.procedures.get(record_id), owner, inherited is not None)


async def revision_of(request: web.Request, *, own: bool = True) -> Revision:
    """The one in the address. `own`: only of the unit at work; otherwise of a unit above it, too."""
    try:
        found = await request.app[CONSOLE].editing.get(int(request.match_info["revision"]))
    except WrongStateError:
        raise web.HTTPNotFound from None
    units = [one.id for one in view_of(request).chain]
    allowed = units[:1] if own else units
    if found.key.kind == "unit" or found.key.unit_id not in allowed:
        raise web.HTTPNotFound
    return found


async def people(request: web.Request) -> dict[int, str]:
    """Names of all staff by id."""
    return {one.id: one.name for one in await request.app[CONSOLE].staff.everybody()}


def actor(request: web.Request) -> Actor:
    who = signed(request)
    return Actor(who.staff.id, who.unit_id)


def today(request: web.Request) -> date:
    return request.app[CONSOLE].clock.now().astimezone(LOCAL_ZONE).date()


def names_of(view: UnitView) -> dict[str, str]:
    """Short names of the unit's procedures by id, in the order of the names."""
    return dict(sorted(((one.id, one.record.short_name) for one in view.procedures.values()), key=lambda one: one[1]))


def seen_in(request: web.Request, wanted: str = "") -> tuple[UnitView, list[tuple[str, str]]]:
    """The unit whose citizens the preview is for, and those to choose from: a province's answers are read in its
    communes."""
    console, view = request.app[CONSOLE], view_of(request)
    units = [*console.knowledge.below(view.unit.id), view.unit.id]
    chosen = console.view(wanted if wanted in units else units[0])
    assert chosen is not None  # noqa: S101  (a unit that is known has a view)
    return chosen, [(one, console.unit_name(one)) for one in units]


def preview(request: web.Request, revision: Revision, wanted: str = "") -> list[Said]:
    """What would be said, were the revision published."""
    view, _ = seen_in(request, wanted)
    now, day = request.app[CONSOLE].clock.now(), today(request).isoformat()
    if revision.key.kind == "procedure":
        return says(view, revision.key.record_id, completed(revision.content, day), now)
    published = view.procedures.get(revision.key.record_id)
    if published is None:
        return []
    return says(view, revision.key.record_id, published.record, now, partial(revision.content, day))


async def changed(request: web.Request, record_id: str, *, answers: bool = True) -> None:
    """After the commit: this process answers from what holds now, open pages show it. `answers`: whether what
    citizens are told has changed, or only a draft."""
    console, unit_id = request.app[CONSOLE], signed(request).unit_id
    if answers:
        await console.knowledge.refresh(indexes=False)  # what follows the wake-up makes the indexes
    for one in [unit_id, *(console.knowledge.below(unit_id) if answers else ())]:
        await announce(console.signals, one, "records", f"record:{record_id}")


def named(ids: Iterable[int | None], names: dict[int, str]) -> str:
    return ", ".join(names.get(one, f"tài khoản {one}") for one in ids if one is not None)


async def in_review(request: web.Request) -> int:
    """How many drafts of the unit wait for a second person."""
    return await request.app[CONSOLE].shelf.in_review(signed(request).unit_id)
