from __future__ import annotations

from datetime import timedelta

from bot.domain.tickets import TicketKind, TicketState
from bot.web.console.services import Console
from tests import cast
from tests.fakes import FakeClock
from tests.web.console.desk_fixtures import Town, fields
from tests.web.console.fixtures import SignIn
from tests.web.console.visitor import Page

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def codes(page: Page) -> list[str]:
    assert page.root is not None
    return [str(one) for one in page.root.xpath("//tr[@data-row]/@data-code")]


async def test_an_empty_queue_says_so(sign_in: SignIn) -> None:
    page = await (await sign_in(cast.LAN)).get("/console/tickets")
    assert "Không có phiếu nào đang mở" in page.words


async def test_the_queue_shows_the_most_urgent_first_with_words_for_how_urgent(
    sign_in: SignIn, town: Town, clock: FakeClock
) -> None:
    late = await town.file("Đèn đường tắt")
    calm = await town.file("Rác ở chợ")
    await town.plant(late, due_at=clock.now() - timedelta(days=2, hours=1), sort_at=clock.now() - timedelta(days=2))
    page = await (await sign_in(cast.LAN)).get("/console/tickets")
    assert codes(page) == [late.code, calm.code]
    assert "Quá hạn 2 ngày" in page.words
    assert "Còn " in page.words


async def test_folders_count_and_filter(sign_in: SignIn, town: Town, people: dict[str, int]) -> None:
    mine, other = await town.file("Rác"), await town.file("Đèn")
    await town.actions.assign(town.staff(cast.LAN), mine.id, mine.version, people["lan"])
    lan = await sign_in(cast.LAN)
    assert codes(await lan.get("/console/tickets?folder=mine")) == [mine.code]
    assert codes(await lan.get("/console/tickets?folder=unassigned")) == [other.code]
    page = await lan.get("/console/tickets?folder=overdue")
    assert "Không có phiếu quá hạn" in page.words
    assert (await lan.get("/console/tickets?folder=nowhere&kind=x&assignee=y&after=zzz")).status == 200


async def test_search_needs_no_diacritics(sign_in: SignIn, town: Town) -> None:
    found = await town.file("Nước thải chảy ra đường")
    await town.file("Đèn hỏng")
    lan = await sign_in(cast.LAN)
    assert codes(await lan.get("/console/tickets?q=nuoc+thai")) == [found.code]
    assert "Không có phiếu nào khớp" in (await lan.get("/console/tickets?q=khong-co-gi")).words


async def test_a_restricted_ticket_is_shown_only_to_the_leader_and_the_appointed_officer(
    sign_in: SignIn, town: Town
) -> None:
    secret = await town.file("Cán bộ quát dân", kind=TicketKind.CONDUCT)
    for person, sees in ((cast.LAN, False), (cast.HUNG, False), (cast.MAI, True), (cast.TAM, True)):
        visitor = await sign_in(person)
        assert codes(await visitor.get("/console/tickets")) == ([secret.code] if sees else [])
        assert codes(await visitor.get("/console/tickets?q=quat+dan")) == ([secret.code] if sees else [])
        page = await visitor.get(f"/console/tickets/{secret.code}")
        assert page.status == (200 if sees else 404)
        if sees:
            assert "Hạn chế" in page.words


async def test_another_unit_sees_nothing(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác")
    binh = await sign_in(cast.BINH)
    assert codes(await binh.get("/console/tickets")) == []
    assert (await binh.get(f"/console/tickets/{ticket.code}")).status == 404
    assert (await binh.post(f"/console/tickets/{ticket.code}/note", fields(ticket, text="x"))).status == 404


async def test_many_are_assigned_at_once_and_those_changed_meanwhile_are_named(
    sign_in: SignIn, town: Town, people: dict[str, int]
) -> None:
    first, second = await town.file("Rác"), await town.file("Đèn")
    lan = await sign_in(cast.LAN)
    await lan.get("/console/tickets")
    chosen = [f"{first.id}:{first.version}", f"{second.id}:{second.version + 7}", "x:y"]
    page = await lan.post(
        "/console/tickets/assign", {"chosen": chosen, "assignee": str(people["hung"]), "back": "/console/tickets"}
    )
    assert page.location == "/console/tickets"
    said = await lan.get("/console/tickets")
    assert "Đã giao 1 phiếu cho Trần Văn Hùng. 1 phiếu vừa được người khác thay đổi" in said.words
    assert (await town.now(first)).assignee_id == people["hung"]
    assert (await town.now(second)).assignee_id is None


async def test_bulk_assigning_without_a_choice_says_what_is_missing(sign_in: SignIn) -> None:
    lan = await sign_in(cast.LAN)
    await lan.get("/console/tickets")
    await lan.post("/console/tickets/assign", {"back": "https://evil.example/"})
    assert "xin chọn phiếu" in (await lan.get("/console/tickets")).words


async def test_the_line_under_the_cursor_is_taken_without_leaving_the_queue(
    sign_in: SignIn, town: Town, people: dict[str, int]
) -> None:
    ticket = await town.file("Rác")
    hung = await sign_in(cast.HUNG)
    await hung.get("/console/tickets")
    page = await hung.post("/console/tickets/take", {"code": ticket.code, **fields(ticket)})
    assert page.location == "/console/tickets"
    assert (await town.now(ticket)).assignee_id == people["hung"]
    await hung.post("/console/tickets/take", {"code": ticket.code, **fields(ticket)})
    assert "vừa được người khác thay đổi" in (await hung.get("/console/tickets")).words


async def test_news_are_counted_quietly(sign_in: SignIn, town: Town, clock: FakeClock) -> None:
    old = await town.file("Rác")
    clock.advance(timedelta(minutes=1))
    since = clock.now().isoformat()
    lan = await sign_in(cast.LAN)
    path = "/console/tickets/news"
    fresh = {"HX-Request": "true"}
    quiet = await lan.request("GET", path, params={"since": since, "back": "/console/tickets"}, headers=fresh)
    assert quiet.text.strip() == ""
    clock.advance(timedelta(minutes=1))
    await town.file("Đèn")
    await town.actions.note(town.staff(cast.LAN), old.id, old.version, "đã xem")
    told = await lan.request("GET", path, params={"since": since, "back": "/console/tickets"}, headers=fresh)
    assert "1 phiếu mới, 1 phiếu vừa thay đổi" in told.text
    assert (await lan.request("GET", path, params={"since": "hôm qua"}, headers=fresh)).status == 400


async def test_pages_go_on_by_place_not_by_number(sign_in: SignIn, town: Town) -> None:
    filed = [(await town.file(f"Rác số {number}", citizen=f"c{number}")).code for number in range(53)]
    lan = await sign_in(cast.LAN)
    first = await lan.get("/console/tickets")
    assert first.root is not None
    older = str(first.root.xpath("//a[@rel='next']/@href")[0])
    second = await lan.get(older)
    assert sorted(codes(first) + codes(second)) == sorted(filed)
    assert len(codes(second)) == 3


async def test_markup_typed_by_a_citizen_is_only_text(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file(SCRIPT, place=SCRIPT, hamlet=SCRIPT[:100], category=None)
    mai = await sign_in(cast.MAI)
    pages = ("tickets", f"tickets/{ticket.code}", f"tickets/{ticket.code}/print", "reports", f"tickets?q={SCRIPT}")
    for path in pages:
        page = await mai.get(f"/console/{path}")
        assert page.status == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


async def test_home_names_what_is_urgent(sign_in: SignIn, town: Town, clock: FakeClock, console: Console) -> None:
    ticket = await town.file("Rác")
    past = clock.now() - timedelta(hours=1)
    await town.plant(ticket, due_at=past, sort_at=past, state=TicketState.RECEIVED.value)
    page = await (await sign_in(cast.LAN)).get("/console/")
    assert "1 phiếu quá hạn" in page.words
    assert "1 phiếu chưa ai nhận" in page.words
