from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.domain.records import REPLY_VARIABLES, ReplyTemplate, Unit
from bot.domain.views import UnitView


def view(units: dict[str, Unit], *own: ReplyTemplate) -> UnitView:
    commune = units["xa-tan-an"].model_copy(update={"reply_templates": own})
    return UnitView((commune, units["dong-nai"], units["viet-nam"]), {}, 1)


def template(template_id: str, text: str = "Dạ {ma_phieu}") -> ReplyTemplate:
    return ReplyTemplate(id=template_id, title="Mẫu", text=text)


def test_a_variable_nobody_can_fill_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValidationError, match=r"không có biến \{ten\}") as refused:
        template("mau", "Thưa {ten}")
    assert all(name in str(refused.value) for name in REPLY_VARIABLES)


def test_a_commune_inherits_the_texts_of_the_country(sample_units: dict[str, Unit]) -> None:
    offered = {one.id for one in view(sample_units).reply_templates}
    assert {"da-xu-ly-xong", "khong-thuoc-tham-quyen", "xin-loi-thai-do"} <= offered


def test_a_text_of_its_own_hides_the_inherited_one_of_the_same_id(sample_units: dict[str, Unit]) -> None:
    found = view(sample_units, template("da-xu-ly-xong", "Xong rồi ạ")).reply_templates
    assert [one.text for one in found if one.id == "da-xu-ly-xong"] == ["Xong rồi ạ"]
    assert found[0].id == "da-xu-ly-xong"
