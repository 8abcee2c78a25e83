"""A handful of the sample procedures, for tests to which the others make no difference."""

from __future__ import annotations

from bot.domain.records import Procedure
from knowledge import files

FEW = ("dang-ky-khai-sinh", "dang-ky-ket-hon", "dang-ky-khai-tu", "chung-thuc-ban-sao-tu-ban-chinh")


def few_procedures() -> dict[str, Procedure]:
    records: dict[str, Procedure] = {}
    for name in FEW:
        records |= files.read_procedures(files.PROCEDURES / f"{name}.yaml")
    return records
