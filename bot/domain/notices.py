"""What a citizen is told about their ticket, in Vietnamese (domain paper 6.1 to 6.5). No kind of ticket is named: the
words are the same for sensitive ones."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from bot.domain.messages import Button, Notice
from bot.domain.texts import APOLOGY_LETTER, filled
from bot.domain.tickets import TicketResult
from bot.domain.views import LOCAL_ZONE

MAY_NOTIFY = frozenset({"2026-12-2"})
"""Versions of the consent sentence (bot.dialogue.texts_tickets_vi.CONSENT_WORDING) that say the number may be used to
tell of the ticket, not only to call."""


class NoticeKind(StrEnum):
    """What a message about a ticket tells; each may have a template of its own."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    TRANSFERRED = "transferred"
    LATE = "late"
    EXTENDED = "extended"
    ASKED = "asked"
    ANSWERED = "answered"
    APOLOGY = "apology"
    CLOSED = "closed"
    REOPENED = "reopened"


_STATUS = {
    NoticeKind.RECEIVED: "Đã tiếp nhận",
    NoticeKind.ASSIGNED: "Đã giao xử lý",
    NoticeKind.TRANSFERRED: "Đã chuyển đơn vị khác",
    NoticeKind.LATE: "Quá hạn, thành thật xin lỗi",
    NoticeKind.EXTENDED: "Lùi hạn trả lời",
    NoticeKind.ASKED: "Cần ông/bà bổ sung",
    NoticeKind.ANSWERED: "Đã có câu trả lời",
    NoticeKind.APOLOGY: "Thư xin lỗi, hẹn lại ngày",
    NoticeKind.CLOSED: "Đã đóng phiếu",
    NoticeKind.REOPENED: "Đã mở lại",
}
"""Thirty letters at most: what a template takes as a status."""
_RESULTS = {
    TicketResult.SOLVED: "đã giải quyết xong",
    TicketResult.EXPLAINED: "đã giải thích, hướng dẫn",
    TicketResult.NOT_COMPETENT: "không thuộc thẩm quyền của xã, đã hướng dẫn nơi giải quyết",
    TicketResult.DUPLICATE: "được gộp theo dõi chung với một phiếu cùng nội dung",
    TicketResult.WITHDRAWN: "đã rút theo đề nghị của ông/bà",
    TicketResult.ABUSE: "không có nội dung để giải quyết",
}


def notice(kind: NoticeKind, code: str, unit: str, phone: str | None) -> Notice:
    """No value is empty: a template refuses that."""
    values = {"ma_phieu": code, "don_vi": unit, "trang_thai": _STATUS[kind], "dien_thoai": phone or unit}
    return Notice(kind.value, values)


def below_answer(code: str) -> tuple[Button, ...]:
    """What a citizen may tap below an answer (payloads as bot.dialogue.payloads reads them)."""
    return (Button("Đánh giá", f"ticket:rate:{code}"), Button("Chưa xong", f"ticket:reopen:{code}"))


def below_question(code: str) -> tuple[Button, ...]:
    return (Button("Bổ sung", f"ticket:add:{code}"),)


def when(moment: datetime) -> str:
    """`16:30 ngày 20/11/2026`, local time."""
    return f"{moment.astimezone(LOCAL_ZONE):%H:%M ngày %d/%m/%Y}"


def day(value: date) -> str:
    return f"{value:%d/%m/%Y}"


def signed(text: str, unit: str, title: str) -> str:
    """A person's words with the line that says whose they are."""
    return f"{text.strip()}\n\n{title}, {unit}" if title else f"{text.strip()}\n\n{unit}"


def received(code: str, unit: str, due: datetime | None) -> str:
    promise = f" {_capital(unit)} sẽ trả lời trước {when(due)}." if due else ""
    return f"Dạ, thưa ông/bà, {unit} đã tiếp nhận phiếu {code}.{promise}"


def assigned(code: str, unit: str, who: str) -> str:
    return f"Dạ, thưa ông/bà, phiếu {code} đã được {unit} giao cho {who} xử lý."


def transferred(code: str, old: str, new: str, phone: str | None, due: datetime | None) -> str:
    reached = f" (điện thoại {phone})" if phone else ""
    promise = f" Hạn trả lời: {when(due)}." if due else ""
    return (
        f"Dạ, thưa ông/bà, phiếu {code} thuộc trách nhiệm của {new}{reached} nên {old} đã chuyển đến {new} để trả lời "
        f"ông/bà. Mã phiếu giữ nguyên.{promise}"
    )


def late(code: str, unit: str) -> str:
    return (
        f"Dạ, {unit} thành thật xin lỗi ông/bà vì phiếu {code} đã quá hạn trả lời. Phiếu đã được báo lên lãnh đạo để "
        "giải quyết ngay."
    )


def extended(code: str, unit: str, reason: str, due: datetime) -> str:
    return (
        f"Dạ, thưa ông/bà, {unit} xin phép lùi hạn trả lời phiếu {code} đến {when(due)}. Lý do: {_sentence(reason)} "
        "Rất mong ông/bà thông cảm."
    )


def asked(code: str, question: str) -> str:
    return (
        f"Dạ, thưa ông/bà, về phiếu {code}, xin ông/bà cho biết thêm: {question.strip()}\n"
        "Ông/bà trả lời ngay tại đây. Trong lúc chờ ông/bà, thời hạn tạm dừng."
    )


def answered(code: str, text: str) -> str:
    return f"Dạ, thưa ông/bà, về phiếu {code}:\n{text.strip()}"


def files_elsewhere(code: str, where: str, phone: str | None) -> str:
    """Of files a chat does not take. `where`: name and address."""
    called = f" hoặc gọi {phone}" if phone else ""
    return f"Kênh trò chuyện này không chuyển được tệp đó; mời ông/bà nhận tại {where}{called}, nêu mã phiếu {code}."


def closed(code: str, result: TicketResult) -> str:
    return (
        f"Dạ, phiếu {code} {_RESULTS[result]} và được đóng lại. Ông/bà chưa hài lòng thì nhắn “chưa giải quyết xong "
        f"{code}”. Xin trân trọng cảm ơn ông/bà."
    )


def joined(code: str, other: str) -> str:
    return (
        f"Dạ, thưa ông/bà, phiếu {code} cùng nội dung với phiếu {other} nên được theo dõi chung. Khi có kết quả của phiếu "
        f"{other}, ông/bà sẽ nhận được trả lời."
    )


def reopened(code: str, unit: str, due: datetime | None) -> str:
    promise = f" Hạn trả lời mới: {when(due)}." if due else ""
    return f"Dạ, thưa ông/bà, {unit} đã mở lại phiếu {code} để tiếp tục giải quyết.{promise}"


def apology(
    code: str,
    unit: str,
    received_at: datetime,
    due: datetime,
    reason: str,
    new_day: date,
    *,
    letter: str = APOLOGY_LETTER,
    phone: str | None = None,
) -> str:
    """The draft of a letter; somebody reads, mends and sends it, the head signs it. `letter`: as the unit words it."""
    values = {
        "ten_don_vi": unit,
        "ma_phieu": code,
        "ngay_nhan": when(received_at),
        "han": when(due),
        "ly_do": _sentence(reason),
        "ngay_hen": day(new_day),
        "dien_thoai": phone or "",
    }
    return f"{unit.upper()}\n{filled(letter, values, typed=('ly_do',))}"


def taken_over(unit: str, title: str) -> str:
    who = f"{title} của {unit}" if title else f"cán bộ {unit}"
    return f"Dạ, {who} đang trực tiếp trả lời ông/bà trong cuộc trò chuyện này. Trợ lý ảo tạm ngừng trả lời."


def handed_back(unit: str) -> str:
    return f"Dạ, từ đây trợ lý ảo của {unit} tiếp tục hỗ trợ ông/bà. Cần gặp cán bộ, ông/bà nhắn “gặp cán bộ”."


def unfinished(unit: str) -> str:
    return f"Dạ, ông/bà đang gửi dở một phản ánh tới {unit}. Ông/bà nhắn tiếp để hoàn tất, hoặc nhắn “hủy” nếu không gửi nữa."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
