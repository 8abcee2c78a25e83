"""What citizens type is brought to one spelling, without guessing."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages import InboundMessage
from bot.services.assistant import Assistant
from bot.storage.channels import Channels
from bot.storage.inbox import SqlInbox
from bot.storage.transcripts import SqlTranscripts
from knowledge.normalise import LONGEST, MAX_CHARACTERS, WORDS_FILE, fold, normalise, normalise_folded
from tests.conftest import UNIT
from tests.fakes import FakeClock

TABLE = [line.split("\t") for line in WORDS_FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
TYPED = sorted({row[0] for row in TABLE})
SPOKEN = "làm giấy con xã được không tiền hồ sơ 50 1.001193 cần ở đâu ạ".split()


def test_composed_and_decomposed_letters_are_the_same_word() -> None:
    composed = "Đăng ký kết hôn ở đâu"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    assert normalise(decomposed) == normalise(composed) == "đăng ký kết hôn ở đâu"


def test_diacritics_are_kept_where_they_were_typed() -> None:
    assert normalise("Khai sinh") == "khai sinh"
    assert normalise("mất THẺ") == "mất thẻ"
    assert normalise("mat the") == "mat the"


def test_folding_meets_text_typed_without_diacritics() -> None:
    assert normalise_folded("Đăng ký thường trú") == normalise_folded("dang ky thuong tru") == "dang ky thuong tru"


def test_both_letters_that_look_like_d_with_a_stroke_are_one() -> None:
    assert normalise("ðăng ký") == "đăng ký"
    assert fold("Ðăng ký") == fold("Đăng ký") == "dang ky"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ddawng kys keets hoon", "dang ky ket hon"),
        ("khai sinhf", "khai sinh"),
        ("nguowif", "nguoi"),
        ("thuwowngf truws", "thuong tru"),
        ("chuwngs thuwcj", "chung thuc"),
        ("teem giaays towf", "tem giay to"),
        ("d9a8ng ky1 ke61t ho6n", "dang ky ket hon"),
        ("tam5 vang1", "tam vang"),
        ("gia61y to72", "giay to"),
    ],
)
def test_telex_and_vni_slips_are_undone(typed: str, meant: str) -> None:
    assert normalise_folded(typed) == meant


@pytest.mark.parametrize(
    "word", ["the", "tinh", "hang", "giang", "moi", "so", "email", "boong", "vneid", "facebook", "gi", "qua"]
)
def test_a_word_that_is_no_slip_is_left_alone(word: str) -> None:
    assert normalise(word) == word


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("lam gks ntn", "lam giấy khai sinh như thế nào"),
        ("k bít", "không biết"),
        ("HỌP BÀN ĐC K", "họp bàn được không"),
        ("tks ad", "cảm ơn quản trị"),
        ("e mún lm cccd", "em muốn làm căn cước công dân"),
        ("dki hkd", "đăng ký hộ kinh doanh"),
        ("gcnqsdđ", "giấy chứng nhận quyền sử dụng đất"),
        ("đóng bhyt", "đóng bảo hiểm y tế"),
        ("nộp qua dvc", "nộp qua dịch vụ công"),
        ("xin sdt cax", "xin số điện thoại công an xã"),
        ("sanh ở đây", "sinh ở đây"),
        ("a công an ơi c.ơn", "anh công an ơi cảm ơn"),
        ("nộp ở TN&TKQ", "nộp ở tiếp nhận và trả kết quả"),
        ("hôn thú mất", "đăng ký kết hôn mất"),
        ("mấy bữa có", "mấy ngày có"),
        ("hổm rày cúp điện", "mấy ngày nay mất điện"),
        ("khi mô lấy", "khi nào lấy"),
        ("khogn bik", "khong biết"),
    ],
)
def test_chat_spellings_and_abbreviations_are_written_out(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("nhập hk cho con", "nhập hộ khẩu cho con"),
        ("làm được hk", "làm được không"),
        ("hk", "hk"),
        ("giấy đăng ký kh", "giấy đăng ký kết hôn"),
        ("kh được", "không được"),
        ("kh", "kh"),
        ("làm ks cho con", "làm khai sinh cho con"),
        ("ngủ ks", "ngủ ks"),
        ("bn tiền", "bao nhiêu tiền"),
        ("cảm ơn bn", "cảm ơn bn"),
        ("đi với ck", "đi với chồng"),
        ("sđt ct", "số điện thoại chủ tịch"),
        ("mở ct", "mở ct"),
        ("cc", "cc"),
        ("thẻ cc hết hạn", "thẻ căn cước hết hạn"),
        ("văn phòng cc", "văn phòng công chứng"),
        ("kt", "kt"),
        ("đăng ký kt", "đăng ký khai tử"),
        ("xem kt lại", "xem kiểm tra lại"),
        ("tt", "tt"),
        ("tt đăng ký", "thủ tục đăng ký"),
        ("tt pvhcc", "trung tâm phục vụ hành chính công"),
        ("cn", "cn"),
        ("t7 cn có nghỉ không", "thứ bảy chủ nhật có nghỉ không"),
        ("hợp đồng cn đất", "hợp đồng chuyển nhượng đất"),
        ("giấy cn", "giấy chứng nhận"),
        ("t2", "t2"),
        ("sáng t2", "sáng thứ hai"),
        ("đơn kn", "đơn kn"),
        ("đơn tc", "đơn tc"),
        ("nộp hs", "nộp hồ sơ"),
        ("em là hs", "em là học sinh"),
        ("điền tk", "điền tờ khai"),
        ("số tk", "số tài khoản"),
        ("bs", "bs"),
        ("khám bs", "khám bác sĩ"),
        ("cần bs giấy", "cần bổ sung giấy"),
        ("dân vp", "dân vp"),
        ("vp ubnd", "văn phòng ủy ban nhân dân"),
        ("vp giao thông", "vi phạm giao thông"),
        ("làm được đk", "làm được đăng ký"),
        ("đủ đk chưa", "đủ điều kiện chưa"),
        ("online dk ko", "online được không"),
        ("dc ubnd", "địa chỉ ủy ban nhân dân"),
        ("nộp dc chưa", "nộp được chưa"),
        ("quên mk", "quên mật khẩu"),
        ("mk hỏi", "mình hỏi"),
        ("ký hd thuê", "ký hợp đồng thuê"),
        ("hd em", "hướng dẫn em"),
        ("đóng bh", "đóng bảo hiểm"),
        ("bh em phải làm sao", "bây giờ em phải làm sao"),
        ("tiền bh", "tiền bh"),
        ("kp 5", "khu phố 5"),
        ("kp em", "không phải em"),
        ("mn", "mn"),
        ("trường mn", "trường mầm non"),
        ("mn ơi", "mọi người ơi"),
        ("15 p", "15 phút"),
        ("p tân hiệp", "phường tân hiệp"),
        ("p", "p"),
        ("so hong", "so hong"),
        ("làm được hong", "làm được không"),
        ("cho em hoi a", "cho em hoi ạ"),
        ("a ơi", "anh ơi"),
        ("lô a", "lô a"),
        ("mẫu c", "mẫu c"),
        ("t muốn", "tôi muốn"),
        ("t", "t"),
        ("sn 85", "sinh năm 85"),
        ("sn", "sn"),
        ("chuyển ck tiền", "chuyển chuyển khoản tiền"),
        ("5 xị", "5 trăm nghìn"),
        ("củ khoai", "củ khoai"),
        ("2 chai rượu", "2 chai rượu"),
        ("xl em nha", "xin lỗi em nha"),
        ("đang xl", "đang xử lý"),
        ("biểu em về", "bảo em về"),
        ("theo nđ nào", "theo nghị định nào"),
        ("12/2024/nđ-cp", "12/2024 nđ cp"),
        ("biểu mẫu", "biểu mẫu"),
        ("không dậy", "không dậy"),
    ],
)
def test_an_ambiguous_token_is_expanded_only_beside_a_telling_word(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


@pytest.mark.parametrize(
    ("typed", "standard"),
    [("kh k dc", "không không được"), ("kh dc", "không được"), ("dki kh", "đăng ký kết hôn")],
)
def test_an_abbreviation_written_out_tells_what_its_neighbour_means(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("50k", "50 nghìn"),
        ("tốn 2tr", "tốn 2 triệu"),
        ("50 k", "50 nghìn"),
        ("2 tr", "2 triệu"),
        ("1tr2", "1 triệu 2"),
        ("1,5tr", "1,5 triệu"),
        ("500đ", "500 đồng"),
    ],
)
def test_short_amounts_of_money_are_written_out(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


@pytest.mark.parametrize(
    "code",
    [
        "1.001193",
        "h61.99-251120-0012",
        "pa-261120-0001a",
        "0251.000.0011",
        "15/9/2025",
        "7h30",
        "ct01",
        "50.000",
        "1022",
        "123/2015",
        "pa-261120-00017",
        "pakn.20200812.0012",
        "000.00.61.h61-251120-0012",
        "h55.242",
        "gy-2611-7k3m",
        "096099012345",
        "na17",
        "b2",
    ],
)
def test_codes_dates_and_numbers_stay_as_one_word(code: str) -> None:
    assert normalise(code.upper()) == code
    assert normalise(f"mã {code} ạ") == f"mã {code} ạ"


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("sinhhhhh", "sinh"),
        ("alôôôô", "alô"),
        ("giúpppp", "giúp"),
        ("đóóóng", "đóng"),
        ("boong", "boong"),
        ("1000000", "1000000"),
        ("điiii", "đi"),
        ("trờiiiii", "trời"),
        ("ạaaa", "ạ"),
        ("vângg", "vâng"),
        ("đừng đừng đừng đừng", "đừng đừng"),
        ("từ từ", "từ từ"),
    ],
)
def test_lengthened_letters_are_shortened_but_not_numbers(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


def test_signs_emoji_and_spaces_leave_only_words() -> None:
    assert normalise("  Khai\t sinh!!! 😀 (gấp)\n") == "khai sinh gấp"
    assert normalise("😀😀 ...!?") == ""


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("hoà", "hòa"),
        ("thuỷ", "thủy"),
        ("khoẻ", "khỏe"),
        ("uỷ ban", "ủy ban"),
        ("quí", "quý"),
        ("qúy", "quý"),
        ("hòan tòan", "hoàn toàn"),
        ("gìa", "già"),
        ("khuỷu tay", "khuỷu tay"),
        ("của người muốn giữ", "của người muốn giữ"),
        ("kĩ lí do", "kỹ lý do"),
    ],
)
def test_a_syllable_has_one_spelling_wherever_its_tone_was_typed(typed: str, standard: str) -> None:
    assert normalise(typed) == normalise(standard) == standard


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("ấp3", "ấp 3"),
        ("ap3 to5", "ap 3 to 5"),
        ("ấp3/tổ5", "ấp 3 tổ 5"),
        ("2bản", "2 bản"),
        ("sn85", "sinh năm 85"),
        ("ngày15/9/2025", "ngày 15/9/2025"),
        ("khai sinh.2 bản", "khai sinh 2 bản"),
        ("8h", "8 giờ"),
        ("ap1 dung5", "ap dung"),
        ("thu3 tuc5", "thu tuc"),
    ],
)
def test_a_word_glued_to_a_number_comes_off_unless_the_digits_are_vni_keys(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("kết-hôn", "kết hôn"),
        ("CCCD/CMND", "căn cước công dân chứng minh nhân dân"),
        ("cảm ơn <3 :v =)) kkk", "cảm ơn"),
        ("trẻ <3 tuổi", "trẻ 3 tuổi"),
        ("khai😀sinh", "khai sinh"),
        ("ＣＣＣＤ　１２", "căn cước công dân 12"),
        ("k\u0430i \u0405\u0435n", "kai sen"),
        ("k\u200bhai\ufeff si\u00adnh", "khai sinh"),
        ("1000m²", "1000m2"),
    ],
)
def test_foreign_letters_and_signs_are_read_as_meant(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


@pytest.mark.parametrize("link", ["https://dichvucong.gov.vn/k?a=1", "www.dongnai.gov.vn/e", "k.c@xa.vn"])
def test_links_and_addresses_are_not_rewritten(link: str) -> None:
    assert normalise(f"xem {link} k") == f"xem {link} không"


@pytest.mark.parametrize("compound", ["thiệt hại", "chánh văn phòng", "nhơn trạch", "chi tiết", "khu phố", "bữa cơm"])
def test_standard_compounds_and_names_are_not_taken_for_dialect(compound: str) -> None:
    assert normalise(compound) == compound


def test_a_very_long_text_is_cut_for_understanding() -> None:
    assert normalise("đất " * 5_000) == normalise(("đất " * 5_000)[:MAX_CHARACTERS])


def test_every_row_of_the_word_table_has_its_three_columns() -> None:
    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in TABLE)
    assert max(len(row[0].split()) for row in TABLE) <= LONGEST


@pytest.mark.parametrize("row", [row for row in TABLE if row[2] == "always"], ids=lambda row: row[0])
def test_every_unconditional_row_of_the_table_takes_effect(row: list[str]) -> None:
    assert normalise(row[0]) == normalise(row[1])


@pytest.mark.parametrize("text", ["ÀÛ", "honthu/0đg"])
def test_what_random_texts_once_broke_is_normalised_only_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_no_standard_word_is_written_out_again() -> None:
    typed = {row[0] for row in TABLE}
    for row in TABLE:
        words = row[1].split()
        parts = {" ".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
        assert parts & typed <= {row[0], "vneid", "online"}, row


@given(st.text(max_size=300))
def test_any_text_is_normalised_without_an_error_and_only_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(max_size=300))
def test_the_result_is_composed_lower_case_with_single_spaces(text: str) -> None:
    result = normalise(text)
    assert result == result.lower() == unicodedata.normalize("NFC", result)
    assert result == " ".join(result.split())
    assert not any(char.isupper() or unicodedata.category(char) in ("Cc", "Cf", "Mn") for char in result if char < "ɐ")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([*TYPED, *SPOKEN, "\U000fdfa9", "ﷺ"]), min_size=300, max_size=500))
def test_the_result_is_never_longer_than_the_limit_and_still_normalised_only_once(words: list[str]) -> None:
    once = normalise(" ".join(words))
    assert len(once) <= MAX_CHARACTERS
    assert normalise(once) == once


@given(st.from_regex(r"[1-9]\.\d{6}|PA-\d{6}-\d{5}|H\d\d\.\d\d-\d{6}-\d{4}|\d{12}", fullmatch=True).filter(str.isascii))
def test_codes_survive_among_any_chat_words(code: str) -> None:
    for word in SPOKEN:
        assert code.lower() in normalise(f"{word} {code} {word}").split()


@given(st.lists(st.sampled_from([*TYPED, *SPOKEN]), max_size=12))
def test_chat_spellings_in_any_order_are_normalised_only_once(words: list[str]) -> None:
    once = normalise(" ".join(words))
    assert normalise(once) == once


@given(st.lists(st.integers(min_value=0, max_value=10**11).map(str), max_size=12))
def test_numbers_are_kept(numbers: list[str]) -> None:
    assert normalise("mã " + " và ".join(numbers)).split() == ("mã " + " và ".join(numbers)).split()


@given(st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạ 0123456789.,-/", max_size=80))
def test_folded_text_has_neither_diacritics_nor_capitals(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9 .,:/-]*", normalise_folded(text.upper()))


async def test_a_message_is_understood_in_its_one_form_and_kept_as_it_was_typed(
    assistant: Assistant, channels: Channels, inbox: SqlInbox, transcripts: SqlTranscripts, clock: FakeClock
) -> None:
    typed = "Ad ơiiii 😀 lm GKS cho con k dc hả\u200b?? hoà, thuỷ, 2bản"
    assert (await assistant.hear(UNIT, typed)).folded == normalise_folded(typed) != fold(typed)
    channel = await channels.ensure("web", UNIT, UNIT)
    [(conversation, _)] = await inbox.save(channel.id, [InboundMessage("1", "an", typed)])
    event = await inbox.claim("worker")
    assert event is not None
    assert event.text == typed
    await inbox.finish(event, "worker", await assistant.turn(UNIT, {}, event.text, None, clock.now()))
    assert (await transcripts.messages(conversation, 0, 9))[0].reply.text == typed
