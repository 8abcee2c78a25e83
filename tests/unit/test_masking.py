from __future__ import annotations

import pytest

from bot.dialogue.masking import without_personal_data


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Tôi là Nguyễn Văn An, sđt 0912345678, CCCD 075123456789 muốn làm khai sinh",
         "Tôi là [tên], sđt [số], CCCD [số] muốn làm khai sinh"),
        ("toi ten nguyen van an sinh nam 1990 can lam giay khai sinh",
         "toi ten [tên] sinh nam 1990 can lam giay khai sinh"),
        ("chuyển khoản vào stk 0123 4567 8901 ngân hàng", "chuyển khoản vào stk [số] ngân hàng"),
        ("hồ sơ H19.12.34-261120-0012 xong chưa", "hồ sơ [mã] xong chưa"),
        ("PA-261123-0001K tới đâu rồi", "[mã] tới đâu rồi"),
        ("ông Bảy Đực ở số nhà 12/3 ấp 2", "ông [tên] ở [địa chỉ] ấp 2"),
        ("gửi về toi.an@gmail.com giúp", "gửi về [email] giúp"),
        ("em Lê Thị Hồng Gấm hỏi", "em [tên] hỏi"),
    ],
)  # fmt: skip
def test_what_names_a_person_is_not_kept(said: str, kept: str) -> None:
    assert without_personal_data(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "lệ phí 50.000 đồng hay 1.000.000 đồng",
        "Bộ phận Một cửa ở đâu, công an xã Tân An",
        "em ở đâu làm ạ",
        "gọi 113",
        "thủ tục 1.004222 theo Nghị định 123/2015",
        "HỒ SƠ KHAI SINH CẦN GÌ",
        "Chồng tôi đi Đồng Nai làm giấy kết hôn ngày 20/11/2026",
    ],
)
def test_what_the_question_is_about_stays(said: str) -> None:
    assert without_personal_data(said) == said
