"""Emergencies are found in what citizens write, and look-alikes are left alone."""

from __future__ import annotations

import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.emergencies import PLACEHOLDERS, EmergencyFileError, EmergencyRules
from knowledge.normalise import fold

FILE = Path(__file__).parents[2] / "knowledge" / "content" / "emergencies.yaml"
RULES = EmergencyRules.load(FILE)
PHONES = set(
    "canh-sat-113 cuu-hoa-114 cap-cuu-115 cuu-nan-112 tre-em-111 duong-day-ngay-mai cong-an-xa tram-y-te "
    "hoi-phu-nu ban-chi-huy-quan-su".split()
)

EMERGENCIES = {
    "fire": """
        chay nha roi cuu voi
        nha hang xom boc khoi nghi ngut
        Cháy nhà rồi bà con ơi
        nhà tôi đang cháy, có người kẹt bên trong
        dang chay lon o ap 3
        chay nha
        nhà kho cháy rồi
        Cháy rừng cao su gần suối
        chay rung o tieu khu 5
        bình gas phát nổ, lửa cháy lan qua nhà bên
        binh ga no cháy bep roi
        trụ điện cháy, tóe lửa tùm lum
        lửa bốc cao quá, gọi 114 giùm
        chasy nhaf rooif
        có đám cháy lớn sau chợ
        nhà bên cạnh cháy kìa mọi người ơi
        xe tải bốc cháy trên đường DT761
        chay cho roi, khoi mu mit
        nha toi chay roi
        phòng trọ bị chập điện bốc khói mùi khét
        dãy trọ đang cháy có mấy đứa nhỏ kẹt trong phòng
        có người tưới xăng đốt nhà
        xin gọi xe chữa cháy tới gấp
        hàng xóm cháy nhà, tôi học phòng cháy chữa cháy rồi mà không dập nổi
        xưởng gỗ phát cháy ai giúp với
        ray nha toi bi chay lan qua vuon dieu
        đang cháy hàng xóm nhà tôi
    """,
    "gas-leak": """
        nhà tôi có mùi gas nồng nặc
        binh ga bi xi
        rò rỉ khí gas trong bếp
        van ga xì mạnh quá không khóa được
        mui gas nong nac khap nha
    """,
    "electric": """
        có người bị điện giật
        chong toi bi dien giat nam bat dong
        dây điện đứt rớt xuống đường
        day dien cao the roi xuong ruong
        thợ sửa nhà bị giật điện té xuống
        trụ điện gãy ngã ra đường
        trạm biến áp nổ
        cột điện sắp đổ rồi
        con toi bi dien giut roi
    """,
    "drowning": """
        co nguoi rot xuong kinh
        bé trai bị đuối nước ở suối
        be gai bi duoi nuoc
        mấy đứa nhỏ chết đuối ngoài hồ
        con tôi té xuống ao
        thang be lot xuong gieng
        ghe bị lật, có 4 người
        chìm đò trên sông Đồng Nai
        có người nhảy sông
        nước cuốn mất một em học sinh
        chau be roi xuong ho ga
        co nguoi te song
    """,
    "rescue": """
        công nhân mắc kẹt trong thang máy
        sập nhà rồi có người bên trong
        giàn giáo sập đè công nhân
        cây đổ đè người
        nguoi bi vui lap duoi ham
        bé bị kẹt trong xe hơi khóa trái cửa
        cay nga de trung nha toi
    """,
    "poisoning": """
        con tui uong nham thuoc trong cay
        bé nhà em uống nhầm dầu hôi
        ba tôi uống thuốc trừ sâu
        chi toi uong thuoc co roi
        cả nhà bị ngộ độc nấm
        ăn đám cưới xong nhiều người ngộ độc ói mửa
        ngo doc thuc an
        cháu nuốt phải pin
        nó chơi ma túy bị sốc thuốc
        vợ em uống cả vỉ thuốc ngủ
        an nam la bi oi qua troi
        xịt thuốc ngoài rẫy về bị xỉu
    """,
    "wild-animal-bite": """
        bị chó cắn
        con toi bi cho can
        bé bị chó nhà hàng xóm cắn chảy máu
        rắn cắn vô chân rồi
        ran ho can ba toi
        chó dại cắn người ở ấp 2
        ong vò vẽ đốt mấy người
        bi ong dot sung mat kho tho
        mèo cắn vào tay có sao không
        bo cap chich
    """,
    "wild-animals": """
        voi rừng về phá rẫy
        dan voi keo ve lang
        bay voi rung pha vuon xoai
        rắn hổ mang bò vô nhà
        heo rừng húc người
        con ran bo vo nha
        cá sấu xổng chuồng
    """,
    "medical": """
        ba tôi bị ngất xỉu
        me toi bat tinh roi
        có tai nạn giao thông ở ngã ba, người nằm giữa đường
        tai nan xe may chay mau nhieu
        chồng em bị đột quỵ
        kho tho qua cuu
        ông nội khó thở tím tái
        cháu co giật sùi bọt mép
        bé bị hóc xương
        vợ em đau đẻ, vỡ ối rồi
        vo toi sap de roi
        máy cuốn đứt tay công nhân
        xe tông người bỏ chạy
        xe ben can chet nguoi
        lật xe khách rất nhiều người bị thương
        cần xe cấp cứu gấp
        goi cap cuu giup
        anh tôi té giàn giáo bất tỉnh
        ong cu nam bat dong ben duong
        không thở được
        toi k tho dc
        mẹ tôi ói ra máu
        bé bị phỏng nước sôi
        ba em lên cơn đau tim
        sốt cao co giật
        bị tai biến méo miệng
        bệnh nhân ngưng tim
        nguoi nha toi nguy kich
        tai nạn lao động, có người đang bị thương nặng chảy máu
        thấy xác chết trôi sông
    """,
    "self-harm": """
        không muốn sống nữa
        chỉ muốn chết cho xong
        nghi quan toi muon tu tu
        tôi muốn tự tử
        em muon tu tu
        toi ko muon song nua
        chán sống quá rồi
        sống làm gì nữa
        tôi muốn chết
        con muốn chết quá
        bạn em đòi tự tử
        nó nói muốn nhảy cầu
        em đang cắt tay
        co nguoi dinh nhay lau
        thà chết còn hơn
        muốn kết thúc cuộc đời
        khong con ly do de song
        tuyet vong qua muon chet
        chồng tôi đòi treo cổ
        cháu để lại thư tuyệt mệnh
        buồn quá muốn chết
        k mun song nua
        toi chi muon chet di cho roi
        sống mệt mỏi quá muốn chết
        có người tự tử
        bị cắt trợ cấp tôi không muốn sống nữa
        t muon chet
        con gái tôi rạch tay tự tử
    """,
    "child-abuse": """
        hàng xóm đánh con nít dã man
        ba duong danh con be bam het nguoi
        bé gái bị xâm hại
        be bi nhot trong nha ca ngay
        bảo mẫu đánh trẻ
        me ke hanh ha con chong
        cháu bị ba đánh hoài
        con bi cha duong sam so
        thầy giáo sờ soạng học sinh
        có đứa bé sơ sinh bị bỏ rơi trước cổng chùa
        đứa nhỏ bị trói ngoài sân
        em bị bố đánh
        tre em bi bao hanh
        ông hàng xóm hiếp dâm cháu bé
        bỏ đói con nhỏ mấy ngày nay
        ba mẹ đánh em đau quá
        bao luc hoc duong danh hoi dong hoc sinh
    """,
    "domestic-violence": """
        chong danh toi bam dap
        chồng tôi nhậu say về đánh đập vợ con
        bị chồng đánh
        em bi ck danh
        toi bi bao hanh
        chồng đang cầm dao rượt tôi
        bạo lực gia đình đang xảy ra ở nhà bên
        con trai đánh mẹ già
        bạn trai bóp cổ em
        bi danh
        hôm qua chồng đánh tôi, giờ nó đòi đánh nữa
        chong toi doa giet toi
        ổng say ổng đánh tôi hoài
        vợ chồng hàng xóm đánh nhau chảy máu
        nó đánh em sưng mặt
    """,
    "crime": """
        có trộm đang trong nhà
        co trom vo nha toi
        đang đánh nhau trước quán nhậu
        dang danh nhau o cho
        nó cầm dao đòi chém tôi
        thang kia cam dao dam nguoi
        bị cướp giật dây chuyền
        cuop dang chay ra quoc lo, vua giat tui
        giang hồ kéo tới nhà đập phá
        có người dọa giết cả nhà tôi
        ngáo đá quậy phá la hét
        có người lạ leo rào vô nhà
        dam nhau chay mau roi
        bi chem
        nghe tiếng súng nổ, có người cầm súng
        phát hiện quả bom trong rẫy
        kẻ trộm đang cạy cửa nhà bên
        nó tạt axit vào người ta
        tụi nó đánh hội đồng một anh thợ hồ
        em bị hiếp dâm
        có kẻ bám theo tôi trên đường
        nhà tôi vừa bị trộm
        đang bị người ta đánh ở quán
        người tâm thần cầm rựa rượt người
        doi no tat son vo nha toi
        oánh lộn quá trời ngoài đường
        co an trom trong vuon
    """,
    "flood-landslide": """
        nước lũ lên nhanh quá
        lu quet cuon nha
        ngập tới nóc nhà rồi
        nuoc ngap ngang nguc ca nha con ket
        sạt lở đất đè nhà
        bo song sat lo sap sup nha
        nhà tôi bị ngập
        nước tràn vô nhà
        lốc xoáy tốc mái nhà
        toc mai het roi
        vỡ đập rồi
        cả xóm bị cô lập do mưa lũ
        nuoc dang cao qua
        hố tử thần sụp ngay trước nhà
        sét đánh
    """,
    "missing-person": """
        con tôi mất tích
        me toi di lac tu sang gio
        bé 5 tuổi đi lạc ở chợ
        ba tôi bị lẫn đi đâu mất chưa về từ hôm qua
        con gai toi bo nha di 2 ngay nay
        tim tre lac
        có người mất tích trong rừng
        ông nội em lạc đường không thấy về
        cháu tôi đi học tới giờ chưa về
        lac mat con o cho roi
        thấy một cụ già đi lạc
        mất tích
        chong toi mat lien lac trong rung
    """,
    "scam": """
        tôi vừa chuyển tiền cho kẻ giả công an
        lo doc ma otp cho nguoi la roi
        bị lừa chuyển khoản 50 triệu
        họ xưng công an bắt tôi chuyển tiền
        co nguoi gia danh cong an keu chuyen tien
        mẹ tôi đang bị lừa
        em lỡ bấm vào link lạ
        tai khoan ngan hang cua toi bi tru tien
        nó đòi mã otp
        vừa bị lừa đảo mất hết tiền
        tôi lỡ tải app giả
        co so la goi tu xung vien kiem sat doa bat keu chuyen tien
    """,
    "help": """
        cứu với
        cuu toi voi
        cứu em với mọi người ơi
        ai cứu tôi
        cuu mang
        nguy hiem tinh mang
        gọi 113 không được
        làm ơn cứu giúp với
    """,
}

LOOK_ALIKES = """
    thủ tục phòng cháy chữa cháy cho quán karaoke
    thu tuc phong chay chua chay
    xin giấy phép phòng cháy chữa cháy ở đâu
    nghiệm thu PCCC làm sao
    hàng cháy hàng rồi phải không
    tháng này cháy túi quá
    vé xe tết cháy vé rồi
    bóng đèn đường bị cháy
    đèn đường hư
    den duong hu may hom nay
    đèn đường cháy bóng ba tuần nay
    chạy nhà nghỉ làm giấy tạm trú thế nào
    cho hỏi chạy xe ba gác có cần giấy phép không
    chay xe may can bang lai gi
    diễn tập chữa cháy khi nào
    mua bình chữa cháy ở đâu
    cúng chay ở chùa có cần xin phép không
    bảo hiểm cháy nổ bắt buộc là gì
    giấy tờ bị cháy giờ làm lại sao
    cơm cháy kho quẹt bán ở đâu
    sổ đỏ bị cháy năm ngoái xin cấp lại
    nhà máy đốt rác khói mù mịt gây ô nhiễm
    từ từ rồi làm
    tu tu roi lam
    cứ từ từ tôi chờ được
    noi tu tu thoi toi nghe khong kip
    nóng muốn chết
    nong muon chet
    mệt muốn chết
    met muon chet ma chua xong ho so
    đông muốn chết chờ hoài không tới lượt
    buồn cười muốn chết
    chết cười với cán bộ xã
    xa muốn chết sao không làm ở xã
    giấy báo tử làm ở đâu
    giay bao tu
    khai tử cho ba tôi cần giấy gì
    khai tu cho ong noi
    chế độ tử tuất gồm những gì
    ba tôi đã mất năm ngoái giờ làm khai tử
    mẹ tôi mất rồi cần làm giấy gì
    chồng tôi mất hồi tháng trước vì tai nạn, xin hỏi trợ cấp mai táng
    chết rồi quên giấy ở nhà
    tai nạn lao động hưởng chế độ gì
    tai nan lao dong huong che do the nao
    bị tai nạn giao thông năm ngoái có được trợ cấp không
    giấy xác nhận bị thương tật
    thủ tục xác nhận thương binh bị thương hồi chiến tranh
    xã Tam Hiệp ở đâu
    phuong tam hiep co lam can cuoc khong
    mất căn cước phải làm sao
    mat can cuoc roi
    mất sổ hộ khẩu
    mất giấy khai sinh thì xin lại ở đâu
    mất bằng lái xe
    bao mat thong tin ca nhan the nao
    bị mất trộm hôm qua
    bi mat trom hom qua
    nhà tôi bị trộm tuần trước, trình báo ở đâu
    đêm qua nhà tôi mất trộm con gà
    thủ tục tố giác trộm cắp
    số điện thoại 0901234567 có phải lừa đảo không
    số này của ai có phải công an thật không
    so 0251 co phai lua dao khong
    có người gọi xưng là công an xã kêu cập nhật VNeID có thật không
    tin nhắn này có phải lừa đảo không
    làm sao biết tin nhắn lừa đảo
    không nhận được mã otp khi đăng nhập VNeID
    khong nhan duoc otp
    cảnh báo lừa đảo qua mạng là gì
    đóng phí qua chuyển khoản được không
    dường hư ổ gà hay gây tai nạn
    đường nhiều ổ gà dễ bị tai nạn đề nghị sửa
    đường ngập nước mỗi khi mưa
    duong ngap moi khi mua
    cống nghẹt gây ngập đường
    bao giờ làm kè chống sạt lở
    hỗ trợ thiệt hại do bão lũ năm ngoái
    quyên góp ủng hộ đồng bào lũ lụt
    công việc ngập đầu
    nước yếu quá không có nước dùng
    cúp điện từ sáng tới giờ
    mất điện cả ấp
    tiền điện tháng này tăng điện giật mình luôn
    xin lắp điện kế mới
    dây điện chằng chịt mất mỹ quan
    lớp dạy bơi phòng chống đuối nước cho trẻ em
    tuyên truyền phòng chống đuối nước
    dưới nước ta có nhiều hộ nghèo
    nuoc duoi kenh ban qua
    rớt hồ sơ rồi nộp lại được không
    lam rot ho so o dau khong biet
    đăng ký hộ kinh doanh
    dang ky kinh doanh thuoc bao ve thuc vat
    tập huấn sử dụng thuốc trừ sâu
    tập huấn an toàn thực phẩm phòng ngộ độc
    tiêm phòng dại cho chó ở đâu
    cho can bo goi lai cho toi
    cho can cuoc cua con toi lam o dau
    con chó nhà tôi đi lạc
    chó hàng xóm sủa ồn quá
    chó thả rông ngoài đường đề nghị xử lý
    bị chó cắn năm ngoái giờ đòi bồi thường
    tuyên bố mất tích ở tòa án thủ tục sao
    liệt sĩ mất tích trong chiến tranh xin giấy báo tử
    trợ cấp cho trẻ em mồ côi
    danh sách trẻ em đi học
    danh sach tre em duoc nhan qua
    quà dành cho trẻ em nghèo
    danh cho tre em duoi 6 tuoi
    đánh giá cán bộ thế nào
    chồng tôi đánh máy sai tên trong giấy khai sinh
    chong toi dung ten so do
    hàng xóm đánh bài ăn tiền suốt đêm
    hang xom danh bac
    thủ tục ly hôn
    luật phòng chống bạo lực gia đình quy định gì
    khen thưởng danh hiệu gia đình văn hóa
    đám cưới hát karaoke ồn ào
    đám tang có cần xin phép không
    dam cuoi to chuc o dau
    đâm đơn kiện hàng xóm ở đâu
    đâm ra tôi không biết hỏi ai
    cán bộ hành dân chạy tới chạy lui
    chay len chay xuong may lan chua xong giay to
    gấp gấp cần làm giấy khai sinh
    cần gấp hôm nay lấy căn cước
    bảo hiểm y tế đi cấp cứu trái tuyến
    thẻ bảo hiểm cấp cứu có được hưởng không
    vợ tôi sắp sinh cần chuẩn bị giấy tờ gì
    khai sinh cho con mới đẻ
    bảo vệ khẩn cấp trẻ em là thủ tục gì
    hàng xóm nuôi gà hôi quá
    mùi gà hôi thối
    trai ga mui ga nong nac hoi qua
    quán bán gas ở đâu
    kẹt xe trước cổng trường
    hồ sơ bị kẹt trong hệ thống
    cây xanh ngã chắn ngang đường đề nghị cắt tỉa
    cho hỏi số điện thoại công an xã
    cám ơn em nhiều nha
    alo có ai không
    xin lịch tiếp công dân
    giấy chứng nhận tạm trú
    chuyển khẩu về xã
    bắn pháo hoa giao thừa ở đâu
    nghĩa vụ quân sự khám khi nào
    quán này chặt chém quá
    giá chém quá
    loa kẹo kéo ồn muốn chết
    ghét muốn chết mấy ông cán bộ
    trợ cấp người khuyết tật bị tai biến
    chồng bị tai biến nhiều năm xin xác nhận khuyết tật
    người hôn mê thì ký giấy ủy quyền thế nào
    xin giấy phép xây dựng nhà
    thủ tục nhận tiền hỗ trợ nhà bị cháy
    lũ trẻ chơi trước nhà ồn quá
    voi toi thi sao cung duoc
    bao giờ có sổ đỏ
    con tôi 5 tuổi vào lớp 1 trường nào
    me toi 80 tuoi huong tro cap gi
    ba tôi là bộ đội phục viên
    trẻ bị rớt hồ sơ nhập học
    uống nước đóng chai của xã ở đâu
    tôi bức xúc với thái độ cán bộ
    cán bộ nạt tôi
    bị phạt vì không đội nón bảo hiểm
    hôm qua tôi nộp hồ sơ rồi
    cười xỉu với cái mẫu đơn này
    đơn xin xác nhận độc thân
    tôi muốn đăng ký kết hôn
    chuyen tien dien qua ngan hang
"""


def lines(block: str) -> list[str]:
    return [line.strip() for line in block.splitlines() if line.strip()]


POSITIVES = [(case, text) for case, block in EMERGENCIES.items() for text in lines(block)]
NEGATIVES = lines(LOOK_ALIKES)


@pytest.mark.parametrize(("case", "text"), POSITIVES)
def test_emergency_is_found_with_and_without_diacritics(case: str, text: str) -> None:
    found = RULES.detect(text)
    assert found is not None
    assert found.id == case
    assert RULES.detect(fold(text)) is not None
    assert RULES.detect(unicodedata.normalize("NFD", text.upper())) is not None


@pytest.mark.parametrize("text", NEGATIVES)
def test_look_alike_is_left_alone(text: str) -> None:
    found = RULES.detect(text)
    assert found is None, found.id


def test_the_tables_are_large_enough() -> None:
    assert len({text for _, text in POSITIVES}) >= 120
    assert len(set(NEGATIVES)) >= 120
    assert set(EMERGENCIES) == {case.id for case in RULES.cases}
    assert min(len(lines(block)) for block in EMERGENCIES.values()) >= 3


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
    "text", ["chya nha roi", "nha toi bi chayy roi", "tai nann xe chet nguoi", "cuuvoi", "khoong muoons soongs nuwax"]
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


@given(st.lists(st.sampled_from("cháy chay nhà tự tử + | > ! ~ đánh \u0301 cứu 113 \ud800 muốn chết".split()), max_size=60))
@settings(deadline=None)
def test_never_raises_on_cue_words(words: list[str]) -> None:
    RULES.detect(" ".join(words))


def test_detection_is_fast() -> None:
    texts = [text for _, text in POSITIVES] + NEGATIVES
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for text in texts:
            RULES.detect(text)
        best = min(best, time.perf_counter() - began)
    assert best / len(texts) < 0.000_3


@pytest.mark.parametrize("case", RULES.cases, ids=lambda case: case.id)
def test_answer_gives_number_first_and_keeps_the_tone(case: object) -> None:
    case = RULES.cases[RULES.cases.index(case)]  # type: ignore[arg-type]
    first = case.answer.partition("\n")[0]
    assert re.search(r"\b11[1-5]\b", first)
    assert case.answer == unicodedata.normalize("NFC", case.answer)
    assert set(re.findall(r"\{(\w+)\}", case.answer)) <= PLACEHOLDERS
    assert set(case.phones) <= PHONES
    assert "ông/bà" in case.answer.lower()
    assert case.answer.count("?") == (1 if case.id == "self-harm" else 0)
    filled = case.answer.format(cong_an_xa="0251 123 456", tram_y_te="0251 654 321")
    assert RULES.detect(filled) is None or filled


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
