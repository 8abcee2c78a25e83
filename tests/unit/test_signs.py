"""What short messages in a form say, which words are grave, where a thing is, and what it is about."""

from __future__ import annotations

import pytest

from bot.dialogue import places, signs
from bot.domain.tickets import TicketKind
from bot.domain.views import UnitView
from knowledge.categories import OTHER, categories, category_in
from knowledge.normalise import normalise_folded


@pytest.mark.parametrize(
    "text", ["thôi", "Thôi em", "hủy", "huy bo di", "không gửi nữa", "thôi khỏi", "dừng lại", "thôi không cần nữa nha"]
)
def test_a_wish_to_stop_is_heard(text: str) -> None:
    assert signs.cancels(normalise_folded(text))


@pytest.mark.parametrize(
    "text", ["bỏ qua", "thời gian", "không ai lấy rác", "thôi nôi con tôi", "đúng rồi", "rác bỏ đầy"]
)
def test_what_is_no_wish_to_stop_is_not_taken_for_one(text: str) -> None:
    assert not signs.cancels(normalise_folded(text))


@pytest.mark.parametrize("text", ["bỏ qua", "không có", "khong", "thôi không cho số đâu", "ko rõ", "để sau nha"])
def test_a_skipped_question(text: str) -> None:
    assert signs.skips(normalise_folded(text))


@pytest.mark.parametrize(
    "text", ["đúng rồi", "ok ad", "gửi đi em", "dạ đồng ý", "vâng ạ", "chuẩn luôn", "dung r", "được"]
)
def test_a_yes(text: str) -> None:
    assert signs.agrees(normalise_folded(text))


@pytest.mark.parametrize("text", ["đúng ra là ở ấp 4", "được chưa", "gửi thêm ảnh nè", "không", "phải nói là dơ lắm"])
def test_what_is_no_yes(text: str) -> None:
    assert not signs.agrees(normalise_folded(text))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("sửa nơi", "where"), ("sửa nội dung", "what"), ("sua noi dung", "what"), ("đổi địa điểm", "where"),
        ("ghi lại nội dung giúp", "what"), ("thêm số điện thoại", "phone"), ("sửa đường thì lâu lắm", "where"),
        ("đường hư", None),
    ],
)  # fmt: skip
def test_the_part_to_be_changed(text: str, part: str | None) -> None:
    assert signs.edited(normalise_folded(text)) == part


@pytest.mark.parametrize(
    "text", ["không muốn nêu tên", "ẩn danh nha", "giấu tên giúp tôi", "đừng ghi, tôi không để tên"]
)
def test_no_name_wanted(text: str) -> None:
    assert signs.wants_no_name(normalise_folded(text))


@pytest.mark.parametrize(
    "text",
    ["cán bộ đòi 500k", "chị ở xã vòi tiền, cán bộ gì kỳ", "trưởng ấp ăn chặn tiền cứu trợ", "đưa phong bì cho cán bộ"],
)
def test_bribery_of_officials_is_seen(text: str) -> None:
    assert signs.speaks_of_bribery(normalise_folded(text), of_staff=False)


@pytest.mark.parametrize("text", ["xe rác đòi tiền từng nhà", "tiền nước tháng này cao", "lớp bồi dưỡng nghề ở đâu"])
def test_money_alone_is_no_bribery(text: str) -> None:
    assert not signs.speaks_of_bribery(normalise_folded(text), of_staff=False)


@pytest.mark.parametrize(
    "text",
    [
        "tôi muốn tố cáo", "có được tố cáo ẩn danh không", "tố cáo ở đâu vậy em", "toi muon to cao can bo xa",
        "Nếu tôi tố cáo thì có bị lộ tên không, gửi ở đâu?",
    ],
)  # fmt: skip
def test_the_bare_wish_to_denounce_is_not_content(text: str) -> None:
    assert not signs.tells_of_denunciation(normalise_folded(text))


@pytest.mark.parametrize(
    "text",
    [
        "tôi tố cáo ông Nguyễn Văn A", "to cao truong ap an chan tien", "tố cáo hiệu trưởng thu tiền sai quy định",
        "tôi tố cáo cán bộ 5 triệu", "tốcáo kế toán khai khống",
    ],
)  # fmt: skip
def test_who_or_what_is_denounced_is_content(text: str) -> None:
    assert signs.tells_of_denunciation(normalise_folded(text))


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("rất hài lòng", 5), ("hài lòng", 4), ("bình thường", 3), ("chưa hài lòng", 2), ("rất không hài lòng", 1),
        ("3 sao", 3), ("cho năm sao", 5), ("4", 4), ("phục vụ tuyệt vời", 5), ("ấp 3", None), ("6 sao", None),
    ],
)  # fmt: skip
def test_a_rating_in_words_or_digits(text: str, stars: int | None) -> None:
    assert signs.stars_in(normalise_folded(text)) == stars


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("XEM DỮ LIỆU", "see"), ("xoa du lieu cua toi", "erase"), ("xóa hết dữ liệu của tôi đi", "erase"),
        ("Rút lại đồng ý cho lưu số", "consent"), ("phiếu của tôi", "mine"), ("rút phiếu", "withdraw"),
        ("chưa giải quyết xong", "reopen"), ("van chua xong", "reopen"), ("bổ sung", "add"),
        ("rác chưa được xử lý ở ấp 3", None), ("sửa dữ liệu khai sinh", None), ("bổ túc văn hóa", None),
    ],
)  # fmt: skip
def test_commands_about_tickets_and_data(text: str, command: str | None) -> None:
    assert signs.command(normalise_folded(text)) == command


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("phản ánh rác", TicketKind.REPORT), ("báo giùm đèn hư", TicketKind.REPORT), ("góp ý xã", TicketKind.FEEDBACK),
        ("kiến nghị làm cầu", TicketKind.PROPOSAL), ("khen chị Lan", TicketKind.PRAISE),
        ("cán bộ hách sách", TicketKind.CONDUCT), ("làm giấy báo tử", None), ("khai sinh", None),
    ],
)  # fmt: skip
def test_the_kind_words_name(text: str, kind: TicketKind | None) -> None:
    assert signs.kind_named(normalise_folded(text)) == kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Đèn đường trước cổng chùa tắt cả tuần nay", "trước cổng chùa"),
        ("ổ gà ở hẻm 12, ấp 3 to lắm", "ở hẻm 12, ấp 3"),
        ("đèn hỏng đường Nguyễn Văn Cừ gần nhà văn hóa", "đường Nguyễn Văn Cừ gần nhà văn hóa"),
        ("Bãi rác tự phát sau trường bốc mùi", "sau trường"),
        ("rac ap 3 khong ai lay", "ap 3"),
        ("đường hư quá trời", ""),
        ("cho tôi hỏi rác ai thu", ""),
    ],
)
def test_the_place_a_message_tells(text: str, said: str) -> None:
    assert places.said_place(text) == said


def test_a_hamlet_is_known_by_its_published_name(view: UnitView) -> None:
    assert places.whereabouts("rac o ben go khong ai lay", view).hamlet == "ấp Bến Gỗ"
    assert places.answered("chỗ cây xăng, ấp ba", view) == places.Whereabouts("chỗ cây xăng, ấp ba", "ấp 3")
    assert places.whereabouts("đường hư quá", view) == places.Whereabouts()


def test_a_place_is_kept_short(view: UnitView) -> None:
    assert len(places.answered("gần chợ " * 200, view).place) == 300


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("rac chat dong", "rubbish"), ("đèn đường tắt", "lights"), ("đường nhiều ổ gà", "roads"),
        ("hàng xóm karaoke khuya", "noise"), ("chó thả rông", "animals"), ("cúp nước cả ngày", "water_power"),
        ("trại heo xả nước thải", "pollution"), ("xây dựng trái phép", "construction"), ("chợ đông", None),
        ("cho tôi hỏi", None), ("làm khai sinh", None),
    ],
)  # fmt: skip
def test_what_a_report_is_about(text: str, category: str | None) -> None:
    assert category_in(text) == category


def test_every_category_has_a_name_and_words_of_its_own() -> None:
    known = categories()
    assert OTHER in known
    assert all(one.name for one in known.values())
    assert all(one.words for one in known.values() if one.id != OTHER)
    every = [normalise_folded(word) for one in known.values() for word in one.words]
    assert len(every) == len(set(every))
