"""Answers about procedures are made of published fields, cited, marked when doubtful, and short enough."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot import limits
from bot.dialogue import payloads, procedures
from bot.dialogue import texts_vi as say
from bot.domain import forms
from bot.domain.meaning import PROCEDURE_ASPECTS
from bot.domain.messages import Link, Reply
from bot.domain.records import Document, Fee, Form, Procedure
from bot.domain.views import PublishedProcedure, UnitView
from knowledge import files

MARK = "cần hỏi lại Bộ phận Một cửa"
IDS = sorted(path.stem for path in files.PROCEDURES.glob("*.yaml"))
EVERY_ANSWER = pytest.mark.parametrize("aspect", PROCEDURE_ASPECTS)
EVERY_PROCEDURE = pytest.mark.parametrize("name", IDS)
Ask = Callable[..., Reply]


@pytest.fixture(scope="session")
def ask(view: UnitView) -> Ask:
    def ask(name: str, *aspects: str, question: str = "") -> Reply:
        return procedures.answer(view.procedures[name], aspects, view, procedures.Asked(question))

    return ask


@pytest.fixture
def invent(view: UnitView) -> Callable[..., Callable[..., str]]:
    """A procedure of the test's own making, ready to be asked."""

    def invent(**fields: Any) -> Callable[..., str]:
        record = view.procedures["tach-ho"].record.model_copy(update=fields)

        def ask(*aspects: str, question: str = "") -> str:
            return procedures.answer(
                PublishedProcedure("thu", 1, record), aspects, view, procedures.Asked(question)
            ).text

        return ask

    return invent


def document(name: str, when: str | None = None, **fields: Any) -> Document:
    return Document(**{"original_or_copy": None, "quantity": None, "note": None, **fields, "name": name, "when": when})


def stated(record: Procedure, aspect: str) -> list[str]:
    """The published words which the answer must repeat letter by letter."""
    match aspect:
        case "overview":
            return [record.result, record.processing_time.text, record.receiving_place.split(". ")[0]]
        case "documents":
            return [text for one in record.documents for text in (one.name, one.when, one.note) if text]
        case "fee":
            return [text for fee in record.fees for text in (fee.text, fee.when) if text]
        case "duration":
            return [record.processing_time.text]
        case "place":
            return [record.receiving_place]
        case "steps":
            return [f"{number}. {step}" for number, step in enumerate(record.steps, 1)]
        case "form":
            return [form.name for form in record.forms[: procedures.MAX_FORMS]]
        case "online":
            return [say.ONLINE_YES if "trực tuyến" in record.channels else say.ONLINE_NO]
        case "eligibility":
            return [*(who[1:] for who in record.audience), *record.eligibility]
        case "result":
            return [record.result]
        case _:
            return [text for law in record.legal_basis for text in (law.number, law.title)]


@EVERY_ANSWER
@EVERY_PROCEDURE
def test_the_published_field_is_repeated_word_by_word(ask: Ask, view: UnitView, name: str, aspect: str) -> None:
    text = ask(name, aspect).text
    assert [part for part in stated(view.procedures[name].record, aspect) if part not in text] == []


@EVERY_ANSWER
@EVERY_PROCEDURE
def test_an_answer_begins_with_the_aspect_and_ends_with_its_source(
    ask: Ask, view: UnitView, name: str, aspect: str
) -> None:
    record, text = view.procedures[name].record, ask(name, aspect).text
    head, source = text.split("\n")[0], text.split("\n")[-1]
    assert head.startswith("Dạ, ")
    assert record.short_name[1:] in head
    assert source.startswith("Nguồn: ")
    assert source.endswith(f"Kiểm tra lần cuối {record.as_of:%d/%m/%Y}.")
    assert all(law.number in source for law in record.legal_basis[:2])
    assert record.code is None or record.code in source


@EVERY_ANSWER
@EVERY_PROCEDURE
def test_an_answer_is_clean_and_fits_a_message(ask: Ask, name: str, aspect: str) -> None:
    text = ask(name, aspect).text
    assert len(text) < 4_000
    assert len(text.split("\n")) >= 3
    assert not re.search(r"\bNone\b|\bnull\b|[{}]|  |\.\.(?!\.)|\. \.|: ?\n•? *\n", text)


@EVERY_ANSWER
@EVERY_PROCEDURE
def test_a_doubtful_answer_carries_the_mark_and_a_sure_one_does_not(
    ask: Ask, view: UnitView, name: str, aspect: str
) -> None:
    sure = view.procedures[name].record.is_verified(*procedures.FIELDS[aspect])
    assert (MARK in ask(name, aspect).text) is not sure


@EVERY_ANSWER
@EVERY_PROCEDURE
def test_the_next_taps_ask_for_other_aspects_of_the_same_procedure(ask: Ask, name: str, aspect: str) -> None:
    buttons = ask(name, aspect).buttons
    asked = [payloads.parse(button.payload) for button in buttons]
    assert 0 < len(buttons) <= limits.NEXT_TAPS
    assert all(one is not None and one[0] == "ask" and one[1][1] == name for one in asked)
    assert payloads.ask(aspect, name) not in [button.payload for button in buttons]


def test_every_document_always_needed_stands_before_those_needed_at_times(view: UnitView, ask: Ask) -> None:
    for name, published in view.procedures.items():
        text = ask(name, "documents").text
        always = [text.index(f"• {one.name}") for one in published.record.documents if not one.when]
        at_times = [text.index(f"• Khi {one.when}: ") for one in published.record.documents if one.when]
        assert not always or not at_times or max(always) < min(at_times), name


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("không có giấy chứng sinh thì khai sinh sao", "Văn bản của người làm chứng về việc sinh"),
        ("nhặt được trẻ bị bỏ rơi, làm khai sinh cần gì", "Biên bản về việc trẻ bị bỏ rơi"),
        ("bé do mang thai hộ sinh ra", "Văn bản xác nhận của cơ sở y tế về kỹ thuật hỗ trợ sinh sản"),
        ("nho nguoi khac di lam thay khai sinh duoc khong", "Văn bản ủy quyền có chứng thực"),
    ],
)
def test_the_case_a_citizen_names_gets_its_paper_first(ask: Ask, question: str, paper: str) -> None:
    text = ask("dang-ky-khai-sinh", "documents", question=question).text
    own, others = text.index(say.YOUR_CASE), text.index(say.ALWAYS_NEEDED)
    assert own < text.index(paper) < others
    assert text.count(paper) == 1


def test_a_late_registration_gets_its_fee_first(ask: Ask) -> None:
    text = ask("dang-ky-khai-sinh", "fee", question="đăng ký quá hạn tốn bao nhiêu").text
    assert text.split("\n")[1].startswith("• Khi đăng ký quá hạn: ")


def test_a_birth_out_of_wedlock_gets_the_extra_papers(ask: Ask, view: UnitView) -> None:
    record = view.procedures["khai-sinh-ket-hop-nhan-cha-me-con"].record
    text = ask("khai-sinh-ket-hop-nhan-cha-me-con", "documents", question="chưa đăng ký kết hôn").text
    assert [one.name for one in record.documents if one.name not in text] == []
    assert "Chứng cứ" in text or "chứng cứ" in text


@pytest.mark.parametrize("question", ["làm {} cần giấy tờ gì", "ho so {} gom nhung gi", "{} có mất lệ phí không"])
@EVERY_PROCEDURE
def test_a_plain_question_names_no_special_case(ask: Ask, view: UnitView, name: str, question: str) -> None:
    text = ask(name, "documents", question=question.format(view.procedures[name].record.short_name)).text
    assert say.YOUR_CASE not in text


def test_papers_show_kind_number_note_and_condition(invent: Callable[..., Callable[..., str]]) -> None:
    papers = (
        document("Đơn", original_or_copy="bản chính", quantity=2, note="Viết tay được"),
        document("Giấy ủy quyền", "nhờ người khác nộp", quantity=1),
    )
    text = invent(documents=papers)("documents")
    assert "• Đơn (bản chính, 02 bản). Viết tay được\n" in text
    assert "• Khi nhờ người khác nộp: Giấy ủy quyền\n" in text


def test_a_procedure_without_papers_forms_steps_or_fees_says_so(invent: Callable[..., Callable[..., str]]) -> None:
    ask = invent(documents=(), forms=(), steps=(), fees=(), legal_basis=())
    assert say.NO_DOCUMENTS in ask("documents")
    assert say.NO_FORM in ask("form")
    for aspect in ("steps", "fee", "legal_basis"):
        assert say.NOT_PUBLISHED in ask(aspect)
    assert "hồ sơ thủ tục của xã Tân An" in ask("legal_basis")


def test_forms_are_linked_at_the_address_citizens_reach(view: UnitView) -> None:
    file = forms.address_of("a" * 64, "to-khai", "docx")
    there = replace(view, public_url="https://bot.example.vn")

    def told(*urls: str | None) -> Reply:
        named = tuple(Form(name=f"Mẫu {number}", url=url) for number, url in enumerate(urls, 1))
        record = view.procedures["tach-ho"].record.model_copy(update={"forms": named})
        return procedures.answer(PublishedProcedure("thu", 1, record), ("form",), there)

    one = told(file, None)
    assert one.link == Link("Tải tờ khai", f"https://bot.example.vn{file}")
    assert "• Mẫu 1 (tải bằng nút bên dưới)\n• Mẫu 2\n" in one.text
    several = told(file, "https://example.gov.vn/mau.doc").text
    assert f"• Mẫu 1: https://bot.example.vn{file}\n• Mẫu 2: https://example.gov.vn/mau.doc\n" in several


def test_a_fee_the_province_sets_sends_to_the_counter(invent: Callable[..., Callable[..., str]]) -> None:
    ask = invent(fees=(Fee(amount_vnd=None, text="Theo mức của tỉnh", when=None),))
    assert "• Theo mức của tỉnh\nMức thu do địa phương quy định, xin hỏi Trung tâm" in ask("fee")
    assert "địa phương quy định" not in invent(fees=(Fee(amount_vnd=0, text="Miễn phí", when=None),))("fee")


@pytest.mark.parametrize(
    ("verified", "doubts", "marked"),
    [
        (True, (), set()),
        (True, ("fees",), {"fee", "overview"}),
        (False, ("fees",), {"fee", "overview"}),
        (False, ("legal_basis",), {"legal_basis"}),
        (False, (), set(PROCEDURE_ASPECTS)),
        (False, ("*",), set(PROCEDURE_ASPECTS)),
    ],
)
def test_the_mark_stands_only_where_the_doubt_is(
    invent: Callable[..., Callable[..., str]], verified: bool, doubts: tuple[str, ...], marked: set[str]
) -> None:
    ask = invent(verified=verified, unverified_fields=doubts)
    assert {aspect for aspect in PROCEDURE_ASPECTS if MARK in ask(aspect)} == marked


def test_the_mark_gives_the_phone_of_the_counter(invent: Callable[..., Callable[..., str]]) -> None:
    assert f"{MARK} (0251 000 0011)" in invent(verified=False)("fee")


def test_two_aspects_are_answered_one_after_the_other_with_one_source(ask: Ask) -> None:
    reply = ask("tach-ho", "fee", "duration")
    assert (
        reply.text.index("lệ phí của thủ tục tách")
        < reply.text.index("thời hạn của thủ tục tách")
        < reply.text.index("Nguồn:")
    )
    assert reply.text.count("Nguồn:") == 1
    assert "ask:duration:tach-ho" not in [button.payload for button in reply.buttons]


def test_two_aspects_are_marked_when_one_of_them_is_doubtful(invent: Callable[..., Callable[..., str]]) -> None:
    ask = invent(verified=True, unverified_fields=("fees",))
    assert ask("duration", "fee").count(MARK) == 1


def test_the_portal_is_linked_where_it_helps(ask: Ask, view: UnitView) -> None:
    url = view.procedures["tach-ho"].record.portal_url
    for aspect in ("form", "online", "overview"):
        link = ask("tach-ho", aspect).link
        assert link is not None
        assert link.url == url
    assert ask("tach-ho", "fee").link is None


def test_dates_are_written_as_people_read_them(invent: Callable[..., Callable[..., str]]) -> None:
    assert "Kiểm tra lần cuối 05/02/2026." in invent(as_of=date(2026, 2, 5))("fee")
