"""The public catalogue as any browser or program gets it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.records import FreshnessRules, Procedure
from bot.services import catalogue
from bot.services.knowledge import UnitKnowledge
from knowledge.exchange.reading import read_any
from tests.servers.chat import UNIT, Client, Parts


async def get(client: Client, path: str) -> tuple[int, str]:
    async with client.get(path, allow_redirects=False) as response:
        return response.status, await response.text()


@pytest.fixture
def changed(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets the application see one procedure of the unit otherwise than it is published."""

    def change(name: str, suspended: bool = False, **fields: Any) -> None:
        known = parts.knowledge.of(UNIT)
        assert known is not None
        one = known.view.procedures[name]
        other = replace(one, record=one.record.model_copy(update=fields), suspended=suspended)
        view = replace(known.view, procedures={**known.view.procedures, name: other})
        monkeypatch.setattr(parts.knowledge, "of", lambda _: UnitKnowledge(view, known.procedures, known.positions))

    return change


async def test_all_procedures_are_listed_by_field(client: Client, sample_procedures: dict[str, Procedure]) -> None:
    status, page = await get(client, "/procedures")
    assert status == 200
    assert page.count('href="/procedures/') >= len(sample_procedures)
    assert page.index(">Chứng thực</h2>") < page.index(">Hộ tịch</h2>")


@pytest.mark.parametrize("question", ["khai tu", "Khai tử", "KHAI TỬ", "1.000656"])
async def test_a_search_needs_no_diacritics(client: Client, question: str) -> None:
    _, page = await get(client, f"/procedures?q={question}")
    assert 'href="/procedures/dang-ky-khai-tu?unit=xa-tan-an"' in page


async def test_words_no_record_holds_are_looked_up_like_in_the_chat(client: Client) -> None:
    _, page = await get(client, "/procedures?q=mun lam giay to cho be moi de")
    assert "dang-ky-khai-sinh" in page


async def test_a_search_without_a_hit_says_what_to_do(client: Client) -> None:
    _, page = await get(client, "/procedures?q=xyzzy&unit=xa-tan-an")
    assert "Không tìm thấy" in page
    assert "/chat?unit=xa-tan-an" in page


async def test_a_page_shows_every_field_of_its_procedure(
    client: Client, sample_procedures: dict[str, Procedure]
) -> None:
    _, page = await get(client, "/procedures/dang-ky-khai-sinh")
    record = sample_procedures["dang-ky-khai-sinh"]
    for text in (
        record.name, record.receiving_place, record.processing_time.text, record.result, *record.steps,
        *(paper.name for paper in record.documents), *(fee.text for fee in record.fees), *record.eligibility,
        *(law.number for law in record.legal_basis), *(one.answer for one in record.common_questions),
        f"{record.as_of:%d/%m/%Y}",
    ):  # fmt: skip
        assert text.replace('"', "&#34;") in page, text


async def test_what_was_not_verified_is_marked(client: Client, sample_procedures: dict[str, Procedure]) -> None:
    _, doubtful = await get(client, "/procedures/chung-thuc-ban-sao-tu-ban-chinh")
    assert "Chưa đối chiếu" in doubtful
    sure = next(name for name, one in sample_procedures.items() if one.verified and not one.unverified_fields)
    _, page = await get(client, f"/procedures/{sure}")
    assert "Chưa đối chiếu" not in page


async def test_the_code_is_a_drawing_and_the_link_asks_about_the_procedure(client: Client) -> None:
    async with client.get("/procedures/dang-ky-khai-tu/qr.svg") as response:
        assert response.content_type == "image/svg+xml"
        assert (await response.text()).startswith("<svg")
    _, page = await get(client, "/procedures/dang-ky-khai-tu")
    assert 'href="/chat?unit=xa-tan-an&amp;ask=dang-ky-khai-tu"' in page
    _, chat = await get(client, "/chat?ask=dang-ky-khai-tu")
    assert 'data-ask="ask:overview:dang-ky-khai-tu"' in chat


@pytest.mark.parametrize("ask", ["khong-co", "<script>", ""])
async def test_a_link_about_an_unknown_procedure_only_opens_the_chat(client: Client, ask: str) -> None:
    status, page = await get(client, f"/chat?ask={ask}")
    assert status == 200
    assert "data-ask" not in page


@pytest.mark.parametrize("kind", ["docx", "yaml"])
async def test_the_files_hold_the_record(client: Client, sample_procedures: dict[str, Procedure], kind: str) -> None:
    async with client.get(f"/procedures/dang-ky-khai-tu/file.{kind}") as response:
        assert response.status == 200
        assert f'filename="dang-ky-khai-tu.{kind}"' in response.headers["Content-Disposition"]
        [draft] = read_any(await response.read(), "dang-ky-khai-tu").drafts
    assert draft.content == sample_procedures["dang-ky-khai-tu"].model_dump(mode="json")


@pytest.mark.parametrize(
    "path",
    [
        "/procedures/khong-co",
        "/procedures/khong-co/qr.svg",
        "/procedures/dang-ky-khai-tu/file.exe",
        "/procedures?unit=xa-khong-co",
        "/procedures/%3Cscript%3E",
    ],
)
async def test_what_is_not_there_is_said_so(client: Client, path: str) -> None:
    status, page = await get(client, path)
    assert status == 404
    assert "<script>" not in page


async def test_a_suspended_or_very_old_procedure_is_not_shown(client: Client, changed: Any) -> None:
    changed("dang-ky-khai-tu", suspended=True)
    _, page = await get(client, "/procedures/dang-ky-khai-tu")
    assert "đang được cập nhật" in page
    assert "Giấy tờ" not in page
    assert (await get(client, "/procedures/dang-ky-khai-tu/file.docx"))[0] == 404
    _, listed = await get(client, "/procedures")
    assert "Đang được cập nhật" in listed
    changed("dang-ky-khai-tu", as_of=date(2020, 1, 1))
    _, page = await get(client, "/procedures/dang-ky-khai-tu")
    assert "đã quá lâu" in page
    assert "Giấy tờ" not in page


async def test_an_overdue_procedure_is_shown_with_a_warning(client: Client, changed: Any) -> None:
    changed("dang-ky-khai-tu", check_again_by=date(2026, 1, 1))
    _, page = await get(client, "/procedures/dang-ky-khai-tu")
    assert "đã quá hạn kiểm tra lại" in page
    assert "Giấy tờ" in page


def test_a_suspended_record_stands_as_refused(parts: Parts) -> None:
    known = parts.knowledge.of(UNIT)
    assert known is not None
    one = replace(known.view.procedures["dang-ky-khai-tu"], suspended=True)
    assert known.view.freshness_rules is not None
    assert isinstance(known.view.freshness_rules, FreshnessRules)
    assert catalogue.standing(one, known.view, date(2026, 11, 23)).value == "refused"
