"""The search finds the procedure meant in what citizens write."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from bot.dialogue.context import Bands
from bot.dialogue.understanding import read
from bot.domain.records import Procedure, Unit
from bot.services.knowledge import position_phrases, procedure_phrases
from knowledge import files
from knowledge.normalise import fold
from knowledge.search import RANKER_MAX_RECORDS, SearchIndex

MESSAGES = {
    "everyday phrase": [
        ("bà xã tôi vừa sanh bé trai, ra xã làm khai sinh cần mang gì", "dang-ky-khai-sinh"),
        ("hai đứa tôi tính lấy nhau, ra xã đăng ký kết hôn", "dang-ky-ket-hon"),
        ("ba tôi mới mất, làm giấy báo tử ở đâu", "dang-ky-khai-tu"),
        ("xin giấy chứng nhận độc thân", "xac-nhan-tinh-trang-hon-nhan"),
        ("photo công chứng căn cước", "chung-thuc-ban-sao-tu-ban-chinh"),
        ("lập di chúc để lại đất cho con", "chung-thuc-di-chuc"),
        ("tạm trú sắp hết hạn, gia hạn sao", "gia-han-tam-tru"),
        ("nhập khẩu về nhà chồng", "dang-ky-thuong-tru"),
        ("bà con ở quê lên ngủ lại vài đêm có phải báo công an không", "thong-bao-luu-tru"),
        ("đi làm xa khai báo tạm vắng", "khai-bao-tam-vang"),
        ("tôi làm mất căn cước", "cap-lai-the-can-cuoc"),
        ("làm thẻ căn cước cho bé 8 tuổi", "cap-the-can-cuoc-duoi-14-tuoi"),
        ("bà tôi 76 tuổi không có lương hưu có được trợ cấp hàng tháng không", "tro-cap-huu-tri-xa-hoi"),
        ("mở tiệm tạp hóa cần đăng ký gì", "dang-ky-thanh-lap-ho-kinh-doanh"),
        ("tạm nghỉ kinh doanh mấy tháng", "tam-ngung-ho-kinh-doanh"),
        ("xin phép cất nhà", "giay-phep-xay-dung-nha-o-rieng-le"),
        ("tách thửa đất chia cho các con", "tach-thua-hop-thua-dat"),
        ("hàng xóm lấn ranh đất, nhờ xã hòa giải", "hoa-giai-tranh-chap-dat-dai"),
        ("giấy khai sinh ghi sai tên đệm, sửa lại", "thay-doi-cai-chinh-bo-sung-ho-tich"),
        ("cưới chồng đài loan đăng ký ở đâu", "dang-ky-ket-hon-co-yeu-to-nuoc-ngoai"),
        ("chuyển trường cho con học lớp 3", "chuyen-truong-tieu-hoc"),
        ("tiền thờ cúng liệt sĩ", "tro-cap-tho-cung-liet-si"),
    ],
    "no diacritics": [
        ("tach ho khau ra rieng", "tach-ho"),
        ("giay doc than de vay ngan hang", "xac-nhan-tinh-trang-hon-nhan"),
        ("khai tu cho ong noi", "dang-ky-khai-tu"),
        ("xin trich luc khai tu", "cap-trich-luc-ho-tich"),
        ("dang ky giam ho cho chau mo coi", "dang-ky-giam-ho"),
        ("sang ten so do cho con", "dang-ky-bien-dong-dat-dai-sang-ten"),
    ],
    "abbreviation": [
        ("lam gks cho con gai", "dang-ky-khai-sinh"),
        ("nhập hk cho vợ", "dang-ky-thuong-tru"),
        ("mat cccd lam lai", "cap-lai-the-can-cuoc"),
        ("xin gpxd nha cap 4", "giay-phep-xay-dung-nha-o-rieng-le"),
        ("đk hkd", "dang-ky-thanh-lap-ho-kinh-doanh"),
        ("xin thẻ bhyt", "cap-the-bao-hiem-y-te"),
        ("xntthn", "xac-nhan-tinh-trang-hon-nhan"),
        ("xin giấy ct07", "xac-nhan-thong-tin-cu-tru"),
    ],
    "typo": [
        ("đăng kí khai snh cho bé", "dang-ky-khai-sinh"),
        ("đang ky tạm trs phòng trọ", "dang-ky-tam-tru"),
        ("chứg thực chữ kí", "chung-thuc-chu-ky"),
    ],
    "telex": [
        ("ddawng kys keets hoon cần gì", "dang-ky-ket-hon"),
        ("lafm khai sinh cho con", "dang-ky-khai-sinh"),
        ("xin hooj ngheof", "cong-nhan-ho-ngheo-thuong-xuyen"),
        ("ta1ch ho65 kha63u", "tach-ho"),
    ],
}
NO_PROCEDURE = [
    "trời hôm nay nắng quá",
    "ăn cơm chưa",
    "giá vàng hôm nay bao nhiêu",
    "kết quả bóng đá tối qua",
    "viết giùm bài thơ tặng vợ",
    "nấu canh chua sao cho ngon",
    "dự báo thời tiết ngày mai",
    "cảm ơn nhiều nha",
    "còn lệ phí thì sao",
    "ok",
]


@pytest.fixture(scope="module")
def index(sample_procedures: dict[str, Procedure]) -> SearchIndex:
    """The published procedures, as the assistant searches them."""
    texts = files.read_search_texts()
    phrases = {name: procedure_phrases(one, texts.phrases.get(name, ())) for name, one in sample_procedures.items()}
    return SearchIndex(phrases, texts.no_procedure, texts.foreign)


@pytest.fixture(scope="module")
def positions(sample_units: dict[str, Unit]) -> SearchIndex:
    found = [position for unit in sample_units.values() for position in unit.positions]
    return SearchIndex({position.id: position_phrases(position) for position in found})


@pytest.mark.parametrize(
    ("text", "procedure"),
    [pytest.param(*one, id=f"{kind}: {one[0]}") for kind, messages in MESSAGES.items() for one in messages],
)
def test_the_procedure_meant_is_found_first(index: SearchIndex, text: str, procedure: str) -> None:
    found = index.find(text)
    assert found.best is not None
    assert found.best.id == procedure
    assert found.best.score > found.none


def test_every_official_name_finds_its_procedure(index: SearchIndex, sample_procedures: dict[str, Procedure]) -> None:
    found = {name: index.find(record.name).best for name, record in sample_procedures.items()}
    assert {name: hit.id for name, hit in found.items() if hit} == {name: name for name in sample_procedures}


@pytest.mark.parametrize("spelling", [str, fold, str.upper, lambda text: unicodedata.normalize("NFD", text)])
def test_every_short_name_finds_its_procedure_however_written(
    index: SearchIndex, sample_procedures: dict[str, Procedure], spelling: Callable[[str], str]
) -> None:
    found = {name: index.find(spelling(record.short_name)).best for name, record in sample_procedures.items()}
    assert {name: hit.id for name, hit in found.items() if hit} == {name: name for name in sample_procedures}


@pytest.mark.parametrize("text", NO_PROCEDURE)
def test_text_that_names_no_procedure_is_told_apart(index: SearchIndex, text: str) -> None:
    found = index.find(text)
    assert found.none > 0.5
    assert all(found.none > hit.score for hit in found.hits)
    assert not found.failed


@pytest.mark.parametrize("text", ["", "   ", "😀😀😀", "!!!"])
def test_text_without_a_known_letter_finds_nothing(index: SearchIndex, text: str) -> None:
    found = index.find(text)
    assert (found.hits, found.none, found.failed) == ((), 1.0, False)


@pytest.mark.parametrize("text", ["你好,请问", "hello how are you", "пожалуйста", "lãi suất ngân hàng agribank"])
def test_other_languages_and_matters_are_below_the_band_of_a_choice(index: SearchIndex, text: str) -> None:
    assert all(hit.score < Bands().choose for hit in index.find(text).hits)


@pytest.mark.parametrize("text", [text for text, _ in MESSAGES["everyday phrase"]] + NO_PROCEDURE)
def test_scores_are_probabilities_best_first(index: SearchIndex, text: str) -> None:
    found = index.find(text, limit=100)
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in [*scores, found.none])
    assert sum(scores) + found.none == pytest.approx(1, abs=1e-3)


def test_only_as_many_hits_as_asked_for_are_given(index: SearchIndex) -> None:
    assert len(index.find("đăng ký", limit=4).hits) == 4
    assert len(index.find("đăng ký").hits) == 10


def test_a_question_that_fits_two_procedures_offers_both(index: SearchIndex) -> None:
    names = [hit.id for hit in index.find("giấy tờ khai sinh, đăng ký hay đăng ký lại").hits[:3]]
    assert {"dang-ky-khai-sinh", "dang-ky-lai-khai-sinh"} <= set(names)


def test_an_empty_index_finds_nothing() -> None:
    found = SearchIndex({}, ["chào"]).find("khai sinh")
    assert (found.hits, found.none, found.failed) == ((), 1.0, False)


def test_an_index_of_one_record_works() -> None:
    assert [hit.id for hit in SearchIndex({"tach-ho": ["tách hộ"]}).find("tách hộ khẩu").hits] == ["tach-ho"]


def test_a_record_of_odd_phrases_does_no_harm() -> None:
    index = SearchIndex({"odd": ["😀", "!!!"], "tach-ho": ["tách hộ"]}, ["chào"])
    best = index.find("tách hộ").best
    assert best is not None
    assert best.id == "tach-ho"


def test_a_published_phrase_is_found_after_rebuilding() -> None:
    phrases = {
        "tach-ho": ["tách hộ khẩu", "tách sổ"],
        "dang-ky-tam-tru": ["đăng ký tạm trú", "ở trọ phải báo"],
        "dang-ky-khai-tu": ["đăng ký khai tử"],
    }
    message = "chẻ sổ làm đôi"
    before = SearchIndex(phrases, ["chào em", "cảm ơn"]).find(message)
    after = SearchIndex({**phrases, "tach-ho": [*phrases["tach-ho"], "chẻ sổ ra"]}, ["chào em", "cảm ơn"]).find(message)
    assert after.best is not None
    assert after.best.id == "tach-ho"
    assert after.best.score > max([hit.score for hit in before.hits if hit.id == "tach-ho"], default=0)


def test_an_index_too_large_for_the_ranker_still_finds_and_tells_nothing_relevant() -> None:
    places = [f"{one}{two}" for one in "bcdghklmnpqrstvx" for two in "ao eo iu oa ung ach ent ong inh uyt yen".split()]
    records = {
        f"so-{number}": [f"cấp phép {places[number % len(places)]} loại {number} nhóm {place}" for place in range(12)]
        for number in range(560)
    }
    assert len(records) > RANKER_MAX_RECORDS
    index = SearchIndex(records, ["chào buổi sáng", "trời mưa to quá"])
    for number in (0, 123, 559):
        found = index.find(f"xin cấp phép {places[number % len(places)]} loại {number}")
        assert found.best is not None
        assert found.best.id == f"so-{number}"
        assert len(found.hits) == 10
    small_talk = index.find("trời mưa to quá")
    assert small_talk.none > max(hit.score for hit in small_talk.hits)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("số điện thoại công an xã", "cong-an-xa"),
        ("sdt tram y te", "tram-y-te"),
        ("ai phụ trách đất đai", "dia-chinh-xay-dung"),
        ("cho xin số bí thư", "bi-thu"),
        ("số của chủ tịch xã", "chu-tich-ubnd"),
        ("cúp điện thì gọi ai", "dien-luc"),
        ("so hoi phu nu xa", "hoi-phu-nu"),
        ("chủ tịch hội nông dân số mấy", "hoi-nong-dan"),
        ("bên bảo hiểm xã hội", "bao-hiem-xa-hoi"),
    ],
)
def test_positions_are_found_by_title_and_by_matter(positions: SearchIndex, text: str, position: str) -> None:
    assert position in [hit.id for hit in positions.find(read(text).contact_subject).hits[:1]]
