from __future__ import annotations

from sqlalchemy import select

from bot.domain.filing import SealWords
from bot.storage.staff_tables import audit
from bot.storage.ticket_tables import sealed_texts
from tests import cast
from tests.web.console.desk_fixtures import Town
from tests.web.console.fixtures import SignIn

SECRET = "ông X ở ấp 3 nhận tiền của tôi"


async def test_only_the_appointed_officer_comes_to_the_box(sign_in: SignIn, town: Town) -> None:
    await town.turn("an", SealWords(), text=SECRET)
    for person in (cast.LAN, cast.HUNG, cast.MAI, cast.NGOC, cast.QUAN):
        visitor = await sign_in(person)
        assert (await visitor.get("/console/sealed")).status == 403
        assert "niêm phong" not in (await visitor.get("/console/")).words
    binh = await sign_in(cast.BINH)
    assert (await binh.get("/console/sealed")).status == 403


async def test_the_words_are_opened_once_asked_for_recorded_and_handed_over(sign_in: SignIn, town: Town) -> None:
    await town.turn("an", SealWords(), text=SECRET)
    async with town.database.read() as connection:
        sealed_id = (await connection.execute(select(sealed_texts.c.id))).scalar_one()
    tam = await sign_in(cast.TAM)
    page = await tam.get("/console/sealed")
    assert SECRET not in page.text
    assert "Chưa mở: 1" in page.words
    await tam.post(f"/console/sealed/{sealed_id}/hand-over")
    assert "nội dung chưa mở" in (await tam.get("/console/sealed")).words
    opened = await tam.post(f"/console/sealed/{sealed_id}/open")
    assert SECRET in opened.words
    await tam.post(f"/console/sealed/{sealed_id}/hand-over")
    assert "Đã ghi bàn giao" in (await tam.get("/console/sealed")).words
    async with town.database.read() as connection:
        query = select(audit.c.action, audit.c.details).where(audit.c.action.startswith("sealed."))
        rows = [tuple(one) for one in await connection.execute(query.order_by(audit.c.id))]
    assert rows == [("sealed.opened", {}), ("sealed.handed_over", {})]
    assert (await tam.post("/console/sealed/999999/open")).status == 404


async def test_sealed_words_are_in_no_queue_search_conversation_or_report(sign_in: SignIn, town: Town) -> None:
    event = await town.turn("an", SealWords(), text=SECRET)
    mai = await sign_in(cast.MAI)
    for path in ("tickets?q=nhan+tien", f"conversations/{event.conversation_id}", "reports", ""):
        page = await mai.get(f"/console/{path}")
        assert page.status == 200
        assert "ông X" not in page.text
