"""Emergencies are found in what citizens write, and look-alikes are left alone."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.emergencies import PLACEHOLDERS, EmergencyCase, EmergencyFileError, EmergencyRules
from knowledge.normalise import fold

FILE = Path(__file__).parents[2] / "knowledge" / "content" / "emergencies.yaml"
RULES = EmergencyRules.load(FILE)
PHONES = set(
    "canh-sat-113 cuu-hoa-114 cap-cuu-115 cuu-nan-112 tre-em-111 duong-day-ngay-mai cong-an-xa tram-y-te "
    "hoi-phu-nu ban-chi-huy-quan-su".split()
)

MESSAGES = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "emergency_messages.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
POSITIVES = [(case, text) for case, text in MESSAGES if case not in {"+", "-"}]
OTHER_WORDINGS = [text for case, text in MESSAGES if case == "+"]
NEGATIVES = [text for case, text in MESSAGES if case == "-"]


@pytest.mark.parametrize(("case", "text"), POSITIVES)
def test_emergency_is_found_with_and_without_diacritics(case: str, text: str) -> None:
    found = RULES.detect(text)
    assert found is not None
    assert found.id == case
    assert RULES.detect(fold(text)) is not None
    assert RULES.detect(unicodedata.normalize("NFD", text.upper())) is not None


@pytest.mark.parametrize("text", OTHER_WORDINGS)
def test_other_wordings_are_found_too(text: str) -> None:
    assert RULES.detect(text) is not None
    assert RULES.detect(fold(text)) is not None


@pytest.mark.parametrize("text", NEGATIVES)
def test_look_alike_is_left_alone(text: str) -> None:
    found = RULES.detect(text)
    assert found is None, found.id


def test_the_tables_are_large_enough() -> None:
    assert len({text for _, text in POSITIVES}) >= 120
    assert len(set(NEGATIVES)) >= 120
    told = Counter(case for case, _ in POSITIVES)
    assert set(told) == {case.id for case in RULES.cases}
    assert min(told.values()) >= 3


@pytest.mark.parametrize(
    ("typed", "case"),
    [
        ("tôi muốn từ từ suy nghĩ", None),
        ("tôi muốn tự tử", "self-harm"),
        ("ông chạy nhà hàng xóm", None),
        ("cháy nhà hàng xóm", "fire"),
        ("CHÁY!!!!", "fire"),
        ("thằng đó bị đám bạn rủ", None),
        ("thằng đó bị đâm", "crime"),
        ("xe chạy mau lên", None),
        ("nó chãy máu nhiều", "medical"),
    ],
)
def test_typed_diacritics_decide(typed: str, case: str | None) -> None:
    found = RULES.detect(typed)
    assert (found.id if found else None) == case


@pytest.mark.parametrize(
    "text",
    ["chya nha roi", "nha toi bi chayy roi", "tai nann xe chet nguoi", "cuuvoi", "khoong muoons soongs nuwax"],
)
def test_slips_of_the_finger_are_tolerated(text: str) -> None:
    assert RULES.detect(text) is not None


def test_strong_cue_is_heard_beside_any_procedure() -> None:
    text = "Cho hỏi thủ tục khai tử và phòng cháy chữa cháy, mà khoan nhà bên đang cháy lớn cứu với"
    assert getattr(RULES.detect(text), "id", None) == "fire"


def test_emergency_far_down_a_long_text_is_found() -> None:
    assert RULES.detect("xin hỏi giấy tờ. " * 300 + "nhà tôi đang cháy") is not None


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_never_raises(text: str) -> None:
    RULES.detect(text)


@given(
    st.lists(st.sampled_from("cháy chay nhà tự tử + | > ! ~ đánh \u0301 cứu 113 \ud800 muốn chết".split()), max_size=60)
)
@settings(deadline=None)
def test_never_raises_on_cue_words(words: list[str]) -> None:
    RULES.detect(" ".join(words))


@pytest.mark.parametrize("case", RULES.cases, ids=lambda case: case.id)
def test_answer_gives_number_first_and_keeps_the_tone(case: EmergencyCase) -> None:
    first = case.answer.partition("\n")[0]
    assert re.search(r"\b11[1-5]\b", first)
    assert case.answer == unicodedata.normalize("NFC", case.answer)
    assert set(re.findall(r"\{(\w+)\}", case.answer)) <= PLACEHOLDERS
    assert set(case.phones) <= PHONES
    assert "ông/bà" in case.answer.lower()
    assert case.answer.count("?") == (1 if case.id == "self-harm" else 0)
    assert "{" not in case.answer.format(cong_an_xa="0251 123 456", tram_y_te="0251 654 321")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("cases: []", ["cases"]),
        ("cases: [", ["YAML"]),
        ("- a", ["(top)"]),
        ("cases: [{id: fire, answer: Gọi 114., phones: []}]", ["case fire", "field phones"]),
        ("cases: [{id: fire, answer: Xin chào., phones: [a]}]", ["case fire", "field answer", "first line"]),
        ("cases: [{id: fire, answer: 'Gọi 114 {xã}', phones: [a]}]", ["case fire", "field answer", "cong_an_xa"]),
        ("cases: [{id: fire, answer: Gọi 114, phones: [a], cues: ['a + ']}]", ["field cues.0", "no word"]),
        ("cases: [{id: fire, answer: Gọi 114, phones: [a], cue: [a]}]", ["case fire", "field cue"]),
        ("cases: [{id: A B, answer: Gọi 114, phones: [a]}]", ["field id"]),
        (
            "cases: [{id: a, answer: Gọi 114, phones: [a]}, {id: a, answer: Gọi 114, phones: [a]}]",
            ["case a", "field id", "rename"],
        ),
    ],
)
def test_faulty_file_is_explained(tmp_path: Path, content: str, told: list[str]) -> None:
    path = tmp_path / "emergencies.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EmergencyFileError) as caught:
        EmergencyRules.load(path)
    for part in [str(path), *told]:
        assert part in str(caught.value)
