from __future__ import annotations

from knowledge.grouping import Known, grouped, near_copies


def test_questions_about_one_matter_are_one_group_whatever_their_spelling() -> None:
    texts = ["lam giay khai sinh cho be can gi", "wifi nhà tôi bị hư", "làm giấy khai sinh cho bé cần giấy tờ gì"]
    assert grouped([], texts) == [None, None, -1]


def test_a_new_question_joins_the_group_that_is_there() -> None:
    assert grouped([(7, "số điện thoại chủ tịch xã là gì")], ["xin so dien thoai chu tich", "ở đâu nộp"]) == [7, None]


def test_no_texts_make_no_groups() -> None:
    assert grouped([(7, "khai sinh")], []) == []


def test_a_near_copy_is_named_by_where_it_stands() -> None:
    known = Known([("phrase:khai-sinh", "làm giấy khai sinh ở đâu"), ("intent:greet", "xin chào")])
    assert known.near("lam giay khai sinh o dau vay") == "phrase:khai-sinh"
    assert known.near("kết hôn cần giấy tờ gì") is None


def test_nothing_known_holds_no_near_copy() -> None:
    assert Known([]).near("khai sinh") is None


def test_two_texts_with_most_of_their_letters_in_common_are_near_copies() -> None:
    assert near_copies("làm giấy khai sinh ở đâu", "lam giay khai sinh o dau vay")
    assert not near_copies("làm giấy khai sinh ở đâu", "đăng ký kết hôn ở đâu")
