from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.domain.errors import TicketNotFoundError
from bot.domain.staff import Role, Staff
from bot.domain.tickets import Folder, QueueFilter, TicketKind, TicketResult, TicketState, Urgency
from bot.storage.tables import outbox
from bot.storage.tickets import reply_window
from tests.conftest import MONDAY_MORNING, UNIT
from tests.storage.desk import NEIGHBOUR, Desk


async def ids(desk: Desk, staff: Staff, chosen: QueueFilter | None = None, unit: str = UNIT) -> list[int]:
    page = await desk.tickets.queue(staff, unit, chosen or QueueFilter())
    return [line.ticket.id for line in page.lines]


async def test_who_sees_which_tickets(desk: Desk) -> None:
    hired = {role: await desk.hire(role.value, role) for role in Role}
    both = await desk.hire("both", Role.HANDLER, Role.APPOINTED_OFFICER)
    free, assigned, own = [await desk.file(f"Việc số {n}", citizen=f"c{n}") for n in range(3)]
    secret = await desk.file("Thái độ", citizen="d", kind=TicketKind.CONDUCT)
    call = await desk.file("Gọi lại", citizen="e", kind=TicketKind.CALL_BACK)
    await desk.plant(assigned, assignee_id=hired[Role.OPERATOR].id)
    await desk.plant(own, assignee_id=hired[Role.HANDLER].id)
    general, restricted = [free.id, assigned.id, own.id], [secret.id, call.id]
    sees = {
        Role.OPERATOR: general,
        Role.HANDLER: [free.id, own.id],
        Role.LEADER: [*general, *restricted],
        Role.APPOINTED_OFFICER: restricted,
        Role.EDITOR: [],
        Role.ADMINISTRATOR: [],
    }
    for role, expected in sees.items():
        assert sorted(await ids(desk, hired[role])) == sorted(expected), role
        assert await ids(desk, hired[role], unit=NEIGHBOUR) == []
        for ticket_id in {*general, *restricted} - set(expected):
            with pytest.raises(TicketNotFoundError):
                await desk.tickets.page(hired[role], ticket_id)
    assert sorted(await ids(desk, both)) == sorted([free.id, *restricted])
    await desk.plant(secret, about_staff_id=hired[Role.LEADER].id)
    assert secret.id not in await ids(desk, hired[Role.LEADER])


async def test_the_folders_and_their_counts(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    tickets = {name: await desk.file(f"Việc {name}", citizen=name) for name in ("new", "mine", "soon", "late", "wait")}
    done = await desk.file("Việc xong", citizen="done")
    await desk.actions.assign(operator, tickets["mine"].id, 1, operator.id)
    await desk.actions.ask(operator, tickets["wait"].id, 1, "Ở đâu?")
    await desk.actions.close(operator, done.id, 1, TicketResult.SOLVED, "xong", "Đã xong.")
    now = MONDAY_MORNING
    await desk.plant(tickets["soon"], soon_due_at=now - timedelta(hours=1))
    await desk.plant(tickets["late"], soon_due_at=now, due_at=now - timedelta(hours=1))
    expected = {
        Folder.ALL: {"new", "mine", "soon", "late", "wait"},
        Folder.MINE: {"mine"},
        Folder.UNASSIGNED: {"new", "soon", "late", "wait"},
        Folder.DUE_SOON: {"soon"},
        Folder.OVERDUE: {"late"},
        Folder.WAITING: {"wait"},
    }
    counts = await desk.tickets.counts(operator, UNIT)
    for folder, names in expected.items():
        assert set(await ids(desk, operator, QueueFilter(folder))) == {tickets[name].id for name in names}, folder
        assert counts[folder] == len(names), folder
    assert await ids(desk, operator, QueueFilter(Folder.DONE)) == [done.id]
    assert counts[Folder.DONE] == 1


async def test_the_queue_begins_with_the_most_urgent_and_goes_on_page_by_page(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    made = []
    for number, days in enumerate((5, 1, None, 3, 1)):
        ticket = await desk.file(f"Việc {number}", citizen=f"c{number}")
        due = MONDAY_MORNING + timedelta(days=days) if days else None
        sort = {"sort_at": due} if due else {}
        if days is None:
            ticket = await desk.actions.reclassify(operator, ticket.id, 1, TicketKind.FEEDBACK, None, "góp ý")
        made.append(await desk.plant(ticket, due_at=due, **sort))
    expected = [made[n].id for n in (1, 4, 3, 0, 2)]
    seen, after = [], None
    while True:
        page = await desk.tickets.queue(operator, UNIT, QueueFilter(), after, limit=2)
        seen += [line.ticket.id for line in page.lines]
        after = page.next
        if after is None:
            break
    assert seen == expected
    assert (await desk.tickets.queue(operator, UNIT, QueueFilter(), "không phải trang", limit=2)).lines[
        0
    ].ticket.id == seen[0]


async def test_filters_narrow_the_queue(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    roads = await desk.file("Ổ gà lớn", category="roads", hamlet="ấp 1")
    lights = await desk.file("Đèn hỏng", citizen="binh", category="lights", hamlet="ấp 2")
    praise = await desk.file("Cảm ơn chị Hai", citizen="chi", kind=TicketKind.PRAISE)
    for chosen, expected in (
        (QueueFilter(category="roads"), [roads]),
        (QueueFilter(hamlet="ấp 2"), [lights]),
        (QueueFilter(kind=TicketKind.PRAISE), [praise]),
        (QueueFilter(state=TicketState.NEW, category="lights"), [lights]),
        (QueueFilter(platform="zalo"), []),
        (QueueFilter(kind=TicketKind.REPORT, search="den"), [lights]),
    ):
        assert await ids(desk, operator, chosen) == [one.id for one in expected], chosen
    assert await desk.tickets.choices(operator, UNIT) == {
        "category": ["lights", "roads"], "hamlet": ["ấp 1", "ấp 2"], "platform": ["web"],
    }  # fmt: skip


async def test_tickets_are_found_without_diacritics_by_beginnings_and_by_code(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    rubbish = await desk.file("Rác chất đống trước chợ Bình An, gọi 0912 345 678")
    other = await desk.file("Đèn đường hỏng", citizen="binh")
    code = rubbish.code
    found = (
        "rac",
        "RÁC chợ",
        "binh an",
        "cho binh",
        "chat don",
        code,
        code.lower()[:13],
        code.replace("-", " "),
        "0912",
    )
    for search in found:
        assert await ids(desk, operator, QueueFilter(search=search)) == [rubbish.id], search
    for search in ("rác đèn", "…", "ac", "' OR 1=1 --", '"*', "AND", "%"):
        assert await ids(desk, operator, QueueFilter(search=search)) == [], search
    assert len(await ids(desk, operator, QueueFilter(search="  "))) == 2
    assert await ids(desk, operator, QueueFilter(search="den")) == [other.id]
    assert await desk.tickets.find(operator, code) == rubbish


async def test_a_search_never_shows_what_the_searcher_may_not_see(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    await desk.file("Cán bộ vòi vĩnh", kind=TicketKind.CONDUCT)
    assert await ids(desk, operator, QueueFilter(search="voi vinh")) == []


async def test_the_page_shows_the_timeline_and_what_could_not_be_delivered(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file(phone="+84912345678", latitude=11.05, longitude=107.01)
    await desk.actions.reply(operator, ticket.id, 1, "Đã thu gom.")
    async with desk.database.write() as connection:
        await connection.execute(update(outbox).values(outcome="unreachable", reason="window_closed"))
    page = await desk.tickets.page(operator, ticket.id)
    assert [(step.kind.value, step.who, step.sending) for step in page.steps] == [
        ("filed", "", None), ("reply", "Lan", "unreachable"), ("answered", "Lan", None),
    ]  # fmt: skip
    assert [(one.outcome, one.reason) for one in page.undelivered] == [("unreachable", "window_closed")]
    assert page.ticket.phone == "+84912345678"
    assert "mlat=11.050000" in (page.ticket.map_url or "")
    assert page.urgency is Urgency.DONE


async def test_others_at_the_same_ticket_are_shown_for_a_while(desk: Desk) -> None:
    lan, minh = await desk.hire("lan", Role.OPERATOR), await desk.hire("minh", Role.OPERATOR)
    ticket = await desk.file()
    assert await desk.tickets.look(lan, ticket.id) == ()
    assert await desk.tickets.look(minh, ticket.id) == ("Lan",)
    assert (await desk.tickets.page(lan, ticket.id)).present == ("Minh",)
    await desk.tickets.leave(minh, ticket.id)
    assert await desk.tickets.look(lan, ticket.id) == ()
    await desk.tickets.look(minh, ticket.id)
    desk.clock.advance(timedelta(minutes=2))
    assert (await desk.tickets.page(lan, ticket.id)).present == ()


def test_the_reply_window_by_platform() -> None:
    wrote = MONDAY_MORNING
    zalo = reply_window("zalo", wrote, wrote)
    assert zalo.free_left(wrote + timedelta(hours=43)) == timedelta(hours=5)
    assert zalo.left(wrote + timedelta(days=8)) == timedelta()
    facebook = reply_window("facebook", wrote, wrote)
    assert (facebook.free_until, facebook.closes_at) == (wrote + timedelta(hours=24), wrote + timedelta(days=7))
    assert reply_window("web", None, wrote).left(wrote) is None
    assert reply_window("zalo", None, wrote).left(wrote) == timedelta()


async def test_whom_a_ticket_may_be_given_to(desk: Desk) -> None:
    leader, handler = await desk.hire("hoa", Role.LEADER), await desk.hire("minh", Role.HANDLER)
    officer = await desk.hire("tam", Role.APPOINTED_OFFICER)
    await desk.hire("kim", Role.EDITOR)
    assert [one[0] for one in await desk.tickets.assignees(leader, UNIT)] == [leader.id, handler.id]
    assert [one[0] for one in await desk.tickets.assignees(leader, UNIT, restricted=True)] == [leader.id, officer.id]
