from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select, update

from bot import limits
from bot.domain.tickets import TicketKind, TicketResult, TicketState
from bot.storage.staff_tables import audit
from bot.storage.tables import conversations, outbox
from tests import cast
from tests.fakes import FakeClock
from tests.web.console.desk_fixtures import JPEG, PDF, Town, fields
from tests.web.console.fixtures import SignIn
from tests.web.console.visitor import Page, Visitor

SCRIPT = "<script>alert(1)</script>"


def path(ticket: Any, action: str = "") -> str:
    return f"/console/tickets/{ticket.code}" + (f"/{action}" if action else "")


async def send(visitor: Visitor, ticket: Any, action: str, **more: Any) -> Page:
    await visitor.get(path(ticket))
    return await visitor.post(path(ticket, action), fields(ticket, **more))


async def upload(visitor: Visitor, ticket: Any, name: str, content: bytes, text: str = "Xin xem tệp kèm theo") -> Page:
    await visitor.get(path(ticket))
    form = aiohttp.FormData({"csrf": visitor.csrf, **fields(ticket, text=text)})
    form.add_field("files", io.BytesIO(content), filename=name, content_type="application/octet-stream")
    return await visitor.request("POST", path(ticket, "reply"), data=form)


async def test_the_page_shows_words_place_map_deadline_and_timeline(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Ổ gà sâu", place="trước chợ", latitude=10.95, longitude=106.84, phone="+84912345678")
    page = await (await sign_in(cast.LAN)).get(path(ticket))
    assert page.root is not None
    for words in ("Ổ gà sâu", "trước chợ", "Gửi phiếu", "Hạn trả lời"):
        assert words in page.words
    link = page.root.xpath("//a[contains(@href, 'openstreetmap.org')]")[0]
    assert "noreferrer" in link.get("rel")
    assert page.root.xpath("//a[@href='tel:+84912345678']")


async def test_receiving_assigning_answering_and_closing_are_told_to_the_citizen(
    sign_in: SignIn, town: Town, people: dict[str, int]
) -> None:
    ticket = await town.file("Rác")
    lan = await sign_in(cast.LAN)
    assert (await send(lan, ticket, "receive")).location == path(ticket)
    ticket = await town.now(ticket)
    await send(lan, ticket, "assign", assignee=str(people["hung"]))
    ticket = await town.now(ticket)
    assert (ticket.state, ticket.assignee) == (TicketState.IN_PROGRESS, "Trần Văn Hùng")
    hung = await sign_in(cast.HUNG)
    await send(hung, ticket, "reply", text="Mai sẽ thu gom rác tại {noi_xay_ra}." if ticket.place else "Mai thu gom.")
    ticket = await town.now(ticket)
    assert ticket.state is TicketState.ANSWERED
    await send(hung, ticket, "close", result="solved", reason="Đã thu gom", answer="")
    ticket = await town.now(ticket)
    assert (ticket.state, ticket.result) == (TicketState.CLOSED, TicketResult.SOLVED)
    told = "\n".join(await town.told(ticket.conversation_id))
    assert "Mai thu gom." in told
    assert "Công chức Địa chính" in told
    assert "Đã thu gom" not in told


async def test_an_interim_answer_leaves_the_ticket_open(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác")
    await send(await sign_in(cast.LAN), ticket, "reply", text="Đang kiểm tra", interim="1")
    assert (await town.now(ticket)).state is TicketState.IN_PROGRESS


async def test_a_question_stops_the_clock_and_resuming_starts_it(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác")
    lan = await sign_in(cast.LAN)
    await send(lan, ticket, "ask", question="Ở đoạn nào ạ?")
    ticket = await town.now(ticket)
    assert ticket.state is TicketState.WAITING
    assert ticket.paused_at is not None
    await send(lan, ticket, "resume")
    assert (await town.now(ticket)).paused_at is None


async def test_an_internal_note_never_reaches_the_citizen_and_looks_different(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác")
    lan = await sign_in(cast.LAN)
    await send(lan, ticket, "note", text=f"Gọi đội vệ sinh {SCRIPT}")
    page = await lan.get(path(ticket))
    assert page.root is not None
    note = page.root.xpath("//li[contains(@class, 'note')]")[0]
    assert "Chỉ cán bộ thấy" in note.text_content()
    assert SCRIPT not in page.text
    assert not any("đội vệ sinh" in one for one in await town.told(ticket.conversation_id))


async def test_a_call_is_recorded(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác", phone="+84912345678")
    lan = await sign_in(cast.LAN)
    assert (await send(lan, ticket, "call", text="Đã hẹn")).status == 422
    await send(lan, ticket, "call", text="Đã hẹn", reached="yes")
    assert "gặp được công dân" in (await lan.get(path(ticket))).words
    assert (await town.now(ticket)).first_answer_at is not None


@pytest.mark.parametrize(
    ("action", "typed", "told"),
    [
        ("reply", {"text": "  "}, "Xin nhập nội dung"),
        ("reply", {"text": "Thưa {ong_ba}"}, "Còn chỗ chưa điền: {ong_ba}"),
        ("close", {"result": "solved", "reason": "", "answer": "Xong"}, "Xin ghi lý do"),
        ("close", {"result": "solved", "reason": "Xong", "answer": ""}, "Công dân chưa được trả lời"),
        ("close", {"result": "x", "reason": "Xong"}, "Xin chọn kết quả"),
        ("assign", {"assignee": ""}, "Xin chọn người xử lý"),
        ("transfer", {"unit": "nowhere", "reason": "Nhầm"}, "Không có đơn vị này"),
        ("reclassify", {"kind": "x", "reason": "Nhầm"}, "Xin chọn loại"),
        ("link", {"other": "PA-000000-0000A"}, "Không có phiếu mang mã này"),
    ],
)
async def test_what_is_missing_is_said_and_what_was_typed_stays(
    sign_in: SignIn, town: Town, action: str, typed: dict[str, str], told: str
) -> None:
    ticket = await town.file("Rác")
    page = await send(await sign_in(cast.LAN), ticket, action, **typed)
    assert page.status == 422
    assert told in page.words
    assert page.root is not None
    kept = [one for one in typed.values() if len(one.strip()) > 3 and one != "nowhere"]
    for words in kept:
        assert words in page.text
    assert (await town.now(ticket)).version == ticket.version


async def test_the_second_of_two_who_save_is_told_what_changed_and_keeps_the_words(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác")
    lan, hung = await sign_in(cast.LAN), await sign_in(cast.HUNG)
    opened = await hung.get(path(ticket))
    assert opened.root is not None
    seen = str(opened.root.xpath("//form[contains(@action, '/reply')]//input[@name='seen']/@value")[0])
    await send(lan, ticket, "note", text="Đã gọi đội vệ sinh")
    page = await hung.post(path(ticket, "reply"), fields(ticket, seen=seen, text="Câu trả lời dài của tôi"))
    assert page.status == 409
    assert "Nguyễn Thị Lan đã thay đổi phiếu này" in page.words
    assert page.root is not None
    changes = page.root.xpath("//section[contains(@class, 'conflict')]//li")
    assert [one.text_content().split(" – ")[0] for one in changes] == ["Ghi chú nội bộ"]
    assert page.root.xpath("//textarea[@id='reply-text']")[0].text == "Câu trả lời dài của tôi"
    assert "Vẫn gửi sau khi đã xem" in page.words
    version = page.root.xpath("//form[contains(@action, '/reply')]//input[@name='version']/@value")[0]
    again = await hung.post(path(ticket, "reply"), {"version": version, "text": "Câu trả lời dài của tôi"})
    assert again.status == 303
    assert any("Câu trả lời dài của tôi" in one for one in await town.told(ticket.conversation_id))


async def test_those_who_look_at_the_same_ticket_see_each_other_and_that_it_changed(
    sign_in: SignIn, town: Town
) -> None:
    ticket = await town.file("Rác")
    lan, hung = await sign_in(cast.LAN), await sign_in(cast.HUNG)
    for visitor in (lan, hung):
        await visitor.get(path(ticket))
        page = await visitor.post(path(ticket, "presence"), fields(ticket), headers={"HX-Request": "true"})
    assert "Nguyễn Thị Lan" in page.text
    await lan.post(path(ticket, "note"), fields(ticket, text="x"))
    page = await hung.post(path(ticket, "presence"), fields(ticket), headers={"HX-Request": "true"})
    assert "Phiếu vừa được thay đổi" in page.text
    await lan.get(path(ticket))
    await lan.post(path(ticket, "leave"))
    page = await hung.post(path(ticket, "presence"), fields(ticket), headers={"HX-Request": "true"})
    assert "Nguyễn Thị Lan" not in page.text


async def test_a_photo_is_served_only_to_those_who_see_the_ticket(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Cán bộ quát dân", kind=TicketKind.CONDUCT)
    file_id = await town.photo(ticket)
    mai = await sign_in(cast.MAI)
    for address, kind in ((f"files/{file_id}", "image/jpeg"), (f"files/{file_id}/thumbnail", "image/jpeg")):
        async with mai._client.get(path(ticket, address), cookies=mai._cookies) as response:
            assert (response.status, response.content_type) == (200, kind)
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in response.headers["Content-Security-Policy"]
            assert response.headers["Content-Disposition"].startswith("inline")
    lan = await sign_in(cast.LAN)
    assert (await lan.get(path(ticket, f"files/{file_id}"))).status == 404
    other = await town.file("Rác")
    assert (await mai.get(path(other, f"files/{file_id}"))).status == 404


async def test_what_is_no_picture_is_saved_not_shown(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác")
    file_id = await town.photo(ticket, b"<html><script>alert(1)</script>", "text/html")
    page = await (await sign_in(cast.LAN)).get(path(ticket, f"files/{file_id}"))
    assert page.headers["Content-Type"] == "application/octet-stream"
    assert page.headers["Content-Disposition"].startswith("attachment")


async def test_files_of_staff_are_kept_with_the_ticket_and_go_out_with_the_answer(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác")
    lan = await sign_in(cast.LAN)
    page = await upload(lan, ticket, "ke-hoach.pdf", PDF)
    assert page.status == 303
    told = await town.last_reply(ticket.conversation_id)
    assert [(one.name, one.content_type, one.size) for one in told.files] == [
        ("ke-hoach.pdf", "application/pdf", len(PDF))
    ]
    assert "mời ông/bà nhận tại" in told.elsewhere
    assert ticket.code in told.elsewhere
    shown = await lan.get(path(ticket))
    assert shown.root is not None
    address = str(shown.root.xpath("//a[@class='document']/@href")[0])
    kept = await lan.get(address)
    assert kept.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("hoa-don.pdf", JPEG, "bên trong là JPG"),
        ("anh.jpg", PDF, "bên trong là PDF"),
        ("chay.exe", b"MZ" + b"\0" * 200, "không được đính kèm"),
        ("trang.html", b"<html><script>alert(1)</script></html>", "không rõ loại tệp"),
        ("anh.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "không rõ loại tệp"),
        ("rong.pdf", b"", "tệp rỗng"),
        ("hong.png", b"\x89PNG\r\n\x1a\n" + b"0" * 300, "ảnh hỏng"),
    ],
)
async def test_disguised_or_unsuitable_files_are_refused_in_a_sentence_and_nothing_is_sent(
    sign_in: SignIn, town: Town, name: str, content: bytes, told: str
) -> None:
    ticket = await town.file("Rác")
    before = await town.told(ticket.conversation_id)
    page = await upload(await sign_in(cast.LAN), ticket, name, content, "Câu trả lời giữ nguyên")
    assert page.status == 422
    assert told in page.words
    assert name in page.words
    assert "Câu trả lời giữ nguyên" in page.text
    assert await town.told(ticket.conversation_id) == before


async def test_a_file_that_is_too_large_is_refused_in_a_sentence(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác")
    page = await upload(await sign_in(cast.LAN), ticket, "lon.pdf", PDF + b"0" * limits.MEDIA_BYTES)
    assert page.status == 422
    assert "lớn hơn 10 MB" in page.words


async def test_a_transfer_leaves_the_queue_and_the_citizen_is_told(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Cầu tỉnh lộ hỏng")
    lan = await sign_in(cast.LAN)
    page = await send(lan, ticket, "transfer", unit=cast.OTHER_UNIT, reason="Đường tỉnh")
    assert page.location == "/console/tickets"
    assert (await lan.get(path(ticket))).status == 404
    assert any("đã chuyển đến" in one for one in await town.told(ticket.conversation_id))
    assert (await (await sign_in(cast.BINH)).get(path(ticket))).status == 200


async def test_reclassifying_to_conduct_hides_it_from_the_operator(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Cán bộ quát dân")
    lan = await sign_in(cast.LAN)
    page = await send(lan, ticket, "reclassify", kind="conduct", category="", reason="Phản ánh thái độ")
    assert page.location == "/console/tickets"
    assert (await lan.get(path(ticket))).status == 404
    mai = await sign_in(cast.MAI)
    assert "Phân loại lại" in (await mai.get(path(ticket))).words


async def test_duplicates_are_suggested_and_joined_by_a_person(sign_in: SignIn, town: Town) -> None:
    first = await town.file("Rác không ai thu ở đầu ấp 1", citizen="an", hamlet="Ấp 1", category="rubbish")
    second = await town.file("Rác không ai thu gom ở đầu ấp 1", citizen="ba", hamlet="Ấp 1", category="rubbish")
    lan = await sign_in(cast.LAN)
    page = await lan.get(path(second))
    assert first.code in page.words
    await send(lan, second, "link", other=first.code.lower())
    assert (await town.now(second)).result is TicketResult.DUPLICATE
    assert "1 người theo dõi" in (await lan.get(path(first))).words


async def test_extending_once_and_apologising_when_late(sign_in: SignIn, town: Town, clock: FakeClock) -> None:
    ticket = await town.file("Rác")
    lan = await sign_in(cast.LAN)
    await send(lan, ticket, "extend", reason="Chờ đơn vị thu gom")
    ticket = await town.now(ticket)
    assert ticket.extensions == 1
    assert (await send(lan, ticket, "extend", reason="Lại chờ")).status == 422
    clock.advance(timedelta(days=40))
    mai = await sign_in(cast.MAI)
    page = await mai.get(path(ticket))
    assert "Soạn thư xin lỗi" in page.words
    page = await mai.get(path(ticket, "apology"))
    assert (await mai.post(path(ticket, "apology-draft"), {"reason": "", "new_day": ""})).status == 422
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    page = await mai.post(path(ticket, "apology-draft"), {"reason": "Xe thu gom hỏng", "new_day": day})
    assert page.root is not None
    letter = page.root.xpath("//textarea[@name='letter']")[0].text
    assert "Xe thu gom hỏng" in letter
    paper = await mai.post(path(ticket, "apology-print"), {"letter": letter})
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in paper.words
    assert (await mai.get(path(ticket, "apology-print"))).status == 404
    sent = await mai.post(path(ticket, "apology"), fields(ticket, letter=letter, new_day=day))
    assert sent.status == 303
    assert "Xe thu gom hỏng" in (await mai.get(path(ticket, "apology-print"))).words
    assert any("THƯ XIN LỖI" in one for one in await town.told(ticket.conversation_id))
    assert "Mỗi phiếu chỉ hẹn lại một lần" in (await mai.get(path(ticket, "apology"))).words


async def test_what_did_not_arrive_is_shown_with_its_reason_and_sent_again(
    sign_in: SignIn, town: Town, clock: FakeClock
) -> None:
    ticket = await town.file("Rác", phone="+84912345678")
    lan = await sign_in(cast.LAN)
    await send(lan, ticket, "reply", text="Đã thu gom")
    async with town.database.write() as connection:
        await connection.execute(
            update(outbox)
            .where(outbox.c.conversation_id == ticket.conversation_id)
            .values(outcome="unreachable", reason="window_closed", closed_at=clock.now())
        )
    listed = await lan.get("/console/outbox")
    assert ticket.code in listed.words
    assert "Gọi 0912 345 678" in listed.words
    administrator = await (await sign_in(cast.QUAN)).get("/console/outbox")
    assert "Tin chưa gửi" in administrator.words
    assert "0912 345 678" not in administrator.words
    page = await lan.get(path(ticket))
    assert "không tới được: đã quá hạn nhắn qua chat" in page.words
    assert page.root is not None
    form = page.root.xpath("//form[contains(@action, '/resend')]")[0]
    assert (await lan.post(path(ticket, "resend"), {"outbox_id": "999999"})).status == 404
    await lan.post(form.get("action"), {"outbox_id": form.xpath(".//input[@name='outbox_id']/@value")[0]})
    assert "Tin chưa tới công dân" not in (await lan.get(path(ticket))).words


async def test_the_reply_window_counts_down_and_says_when_to_call(
    sign_in: SignIn, town: Town, clock: FakeClock
) -> None:
    ticket = await town.file("Rác", phone="+84912345678")
    async with town.database.write() as connection:
        await connection.execute(
            update(conversations).values(last_inbound_at=clock.now() - timedelta(days=6, hours=19))
        )
    await town.plant(ticket, platform="zalo")
    lan = await sign_in(cast.LAN)
    assert "Zalo: còn 4 giờ; sau đó cần gọi điện" in (await lan.get(path(ticket))).words
    clock.advance(timedelta(hours=5))
    lan = await sign_in(cast.LAN)
    assert "Zalo: đã hết hạn nhắn qua chat – cần gọi điện" in (await lan.get(path(ticket))).words


async def test_reply_templates_of_the_unit_are_filled_in(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác", place="trước chợ")
    page = await (await sign_in(cast.LAN)).get(path(ticket))
    assert page.root is not None
    texts = [str(one) for one in page.root.xpath("//option/@data-text")]
    assert any("tại trước chợ và đang xử lý" in one and "Xã Tân An" in one for one in texts)
    assert not any("{ma_phieu}" in one or "{ten_don_vi}" in one for one in texts)


async def test_opening_a_restricted_ticket_leaves_a_line_in_the_audit_trail(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Cán bộ quát dân", kind=TicketKind.CONDUCT)
    await (await sign_in(cast.TAM)).get(path(ticket))
    async with town.database.read() as connection:
        rows = (await connection.execute(select(audit.c.action, audit.c.subject))).all()
    assert ("ticket.read", f"ticket:{ticket.code}") in [tuple(one) for one in rows]


async def test_the_audit_trail_says_in_words_what_was_done_to_a_ticket(sign_in: SignIn, town: Town) -> None:
    lan = await sign_in(cast.LAN)
    ticket = await town.file("Rác")
    await send(lan, ticket, "assign", assignee=str(town.people[cast.HUNG.login]))
    await send(lan, await town.now(ticket), "close", result="abuse", reason="không có nội dung")
    page = await (await sign_in(cast.QUAN)).get("/console/audit")
    assert f"giao cho: {cast.HUNG.name}" in page.words
    assert "kết quả: " in page.words
    assert "abuse" not in page.words


async def test_a_report_about_conduct_can_name_whom_it_is_about_who_then_never_sees_it(
    sign_in: SignIn, town: Town, people: dict[str, int]
) -> None:
    ticket = await town.file("Lãnh đạo quát dân", kind=TicketKind.CONDUCT)
    tam = await sign_in(cast.TAM)
    await send(tam, ticket, "about", person=str(people["mai"]))
    assert (await (await sign_in(cast.MAI)).get(path(ticket))).status == 404
    assert (await tam.get(path(ticket))).status == 200


async def test_a_handler_cannot_route_and_a_forged_form_does_nothing(
    sign_in: SignIn, town: Town, people: dict[str, int]
) -> None:
    ticket = await town.file("Rác")
    hung = await sign_in(cast.HUNG)
    for action in ("assign", "transfer", "reclassify", "link", "hold"):
        assert (await send(hung, ticket, action, assignee=str(people["lan"]), reason="x")).status == 403
    await hung.get(path(ticket))
    assert (await hung.post(path(ticket, "close"), fields(ticket, result="abuse", reason="x"), csrf="")).status == 403
    assert (await town.now(ticket)).version == ticket.version


async def test_a_draft_of_a_reply_is_forgotten_when_the_reply_is_sent(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác")
    place = f"ticket:{ticket.code}:reply"
    await town.parts.console.drafts.keep(town.people["lan"], place, {"text": "nháp"})
    await send(await sign_in(cast.LAN), ticket, "reply", text="Xong")
    assert await town.parts.console.drafts.read(town.people["lan"], place) is None


async def test_a_reply_typed_when_the_session_had_ended_is_carried_over_the_sign_in(
    sign_in: SignIn, town: Town, clock: FakeClock
) -> None:
    ticket = await town.file("Rác")
    lan = await sign_in(cast.LAN)
    await lan.get(path(ticket))
    clock.advance(timedelta(hours=13))
    page = await lan.post(path(ticket, "reply"), fields(ticket, text="Câu trả lời đang viết dở"))
    assert page.status == 401
    assert "Câu trả lời đang viết dở" in page.text


async def test_a_visitor_of_the_counter_gets_a_ticket_typed_in_by_staff(sign_in: SignIn, town: Town) -> None:
    lan = await sign_in(cast.LAN)
    await lan.get("/console/tickets/new")
    bad = await lan.post("/console/tickets/new", {"kind": "report", "text": "", "phone": "12"})
    assert bad.status == 422
    assert "Số điện thoại không đúng" in bad.words
    restricted = await lan.post("/console/tickets/new", {"kind": "conduct", "text": "Cán bộ quát dân"})
    assert restricted.status == 422
    page = await lan.post(
        "/console/tickets/new",
        {"kind": "report", "text": f"Đèn hỏng {SCRIPT}", "category": "lights", "phone": "0912 345.678", "place": "chợ"},
    )
    shown = await lan.get(str(page.location))
    assert "0912 345 678" in shown.words
    assert "Tại quầy" in shown.words
    assert SCRIPT not in shown.text
