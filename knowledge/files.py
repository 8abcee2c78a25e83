"""Reading content files: procedures and units. A fault names the file, the field and the mend; one bad file
rejects the whole import."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError
from yaml.scanner import ScannerError

from bot import limits
from bot.domain.errors import InvalidContentError
from bot.domain.records import ID_PATTERN, Procedure, Unit

ROOT = Path(__file__).resolve().parent.parent
CONTENT = ROOT / "knowledge" / "content"
PROCEDURES = CONTENT / "procedures"
UNITS = CONTENT / "units"
NO_PROCEDURE = CONTENT / "no_procedure.yaml"
PHRASES = CONTENT / "phrases.tsv"
TRAINING = ROOT / "nlu" / "rasa" / "data"
GATE = ROOT / "nlu" / "calibration" / "messages.jsonl"
OUT_OF_SCOPE = TRAINING / "out_of_scope.yml"
EMERGENCIES = CONTENT / "emergencies.yaml"

Model = TypeVar("Model", bound=BaseModel)
_EXAMPLE = "    - "

_MENDS = {
    "missing": "thêm trường này vào tệp",
    "extra_forbidden": "bỏ trường này hoặc sửa lại tên trường cho đúng",
    "string_type": "ghi bằng chữ, đặt trong dấu nháy nếu chỉ gồm chữ số",
    "string_too_short": "ghi nội dung, hoặc ghi null nếu chưa có",
    "string_too_long": "rút ngắn nội dung",
    "string_pattern_mismatch": "sửa theo đúng mẫu {pattern}",
    "int_parsing": "ghi một số nguyên, không có dấu chấm hay chữ",
    "int_type": "ghi một số nguyên, hoặc null nếu chưa biết",
    "int_from_float": "ghi một số nguyên",
    "greater_than_equal": "ghi số không nhỏ hơn {ge}",
    "less_than_equal": "ghi số không lớn hơn {le}",
    "bool_parsing": "ghi true hoặc false",
    "bool_type": "ghi true hoặc false",
    "date_from_datetime_parsing": "ghi ngày dạng 2026-11-20",
    "date_parsing": "ghi ngày dạng 2026-11-20",
    "date_type": "ghi ngày dạng 2026-11-20",
    "literal_error": "dùng một trong các giá trị: {expected}",
    "too_short": "cần ít nhất {min_length} mục",
    "too_long": "chỉ được tối đa {max_length} mục",
    "tuple_type": "ghi thành danh sách, mỗi mục một dòng bắt đầu bằng “- ”",
    "model_type": "ghi thành các trường con, mỗi trường một dòng",
}


def read_procedures(path: Path) -> dict[str, Procedure]:
    """Procedures by id (the file's name) from a file or a folder. Raises InvalidContentError."""
    return _read(path, Procedure)


def read_units(path: Path) -> dict[str, Unit]:
    """Units by id. Raises InvalidContentError."""
    units = _read(path, Unit)
    problems = [
        f"{name}.yaml: id: ghi “{unit.id}” nhưng tên tệp là “{name}”: đặt hai tên giống nhau"
        for name, unit in units.items()
        if unit.id != name
    ]
    if problems:
        raise InvalidContentError(problems)
    return units


@dataclass(frozen=True, slots=True)
class SearchTexts:
    """What the search learns from besides the published records. `phrases`: more wordings by procedure id;
    `no_procedure`: bare follow-ups and small talk; `foreign`: matters of somebody else."""

    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    no_procedure: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


def read_search_texts() -> SearchTexts:
    phrases: dict[str, list[str]] = defaultdict(list)
    for line in PHRASES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            procedure, text = line.split("\t")
            phrases[procedure].append(text)
    content = yaml.safe_load(NO_PROCEDURE.read_text(encoding="utf-8"))
    no_procedure = TypeAdapter(dict[str, tuple[str, ...]]).validate_python(content)["phrases"]
    return SearchTexts(
        {name: tuple(own) for name, own in phrases.items()}, no_procedure, tuple(read_examples(OUT_OF_SCOPE))
    )


def read_examples(path: Path) -> list[str]:
    """The examples of a Rasa training file: the lines of its literal blocks. Read by line, for YAML's own reader takes
    seconds for all of them."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix(_EXAMPLE).strip() for line in lines if line.startswith(_EXAMPLE)]


def read_training() -> list[tuple[str, str]]:
    """(intent, example) of all training files; each is named after its intent."""
    return [(file.stem, text) for file in sorted(TRAINING.glob("*.yml")) for text in read_examples(file)]


def read_gate_texts() -> list[str]:
    """The messages new models are judged by."""
    return [str(json.loads(line)["text"]) for line in GATE.read_text(encoding="utf-8").splitlines()]


def _read(path: Path, model: type[Model]) -> dict[str, Model]:
    if not path.exists():
        raise InvalidContentError([f"{path}: không có tệp hay thư mục này: kiểm tra lại đường dẫn"])
    files = sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
    if not files:
        raise InvalidContentError([f"{path}: không có tệp .yaml nào trong thư mục"])
    records: dict[str, Model] = {}
    problems: list[str] = []
    for file in files:
        data = _load(file, problems)
        if data is None:
            continue
        try:
            records[file.stem] = model.model_validate(data)
        except ValidationError as error:
            problems += [_problem(file, dict(fault)) for fault in error.errors()]
    if problems:
        raise InvalidContentError(problems)
    return records


def _load(file: Path, problems: list[str]) -> dict[str, Any] | None:
    if not _is_id(file.stem):
        problems.append(f"{file.name}: tên tệp: chỉ dùng chữ thường không dấu, chữ số và dấu gạch nối")
        return None
    try:
        if file.stat().st_size > limits.IMPORT_FILE_BYTES:
            problems.append(f"{file.name}: tệp lớn hơn {limits.IMPORT_FILE_BYTES // 1000} kB: chia nhỏ nội dung")
            return None
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        problems.append(f"{file.name}: không phải chữ UTF-8: lưu lại tệp với bảng mã UTF-8")
        return None
    except OSError as error:
        problems.append(f"{file.name}: không đọc được ({error.strerror}): kiểm tra quyền đọc tệp")
        return None
    except ValueError as error:
        problems.append(f"{file.name}: có ngày hoặc số viết sai ({error}): ghi ngày dạng 2026-11-20")
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"dòng {mark.line + 1}" if mark else "không rõ dòng"
        kind = "dấu tab hoặc dấu hai chấm đặt sai" if isinstance(error, ScannerError) else "thụt lề hoặc dấu nháy sai"
        problems.append(f"{file.name}: {place}: không đúng dạng YAML ({kind}): sửa dòng này")
        return None
    if not isinstance(data, dict):
        problems.append(f"{file.name}: tệp phải gồm các dòng “tên trường: giá trị”")
        return None
    return data


def _is_id(name: str) -> bool:
    return re.fullmatch(ID_PATTERN, name) is not None


def _problem(file: Path, fault: dict[str, Any]) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in fault["loc"])
    return f"{file.name}: {place}: {mend(fault)}"


def mend(fault: dict[str, Any]) -> str:
    """What to do about a fault of pydantic's, in Vietnamese."""
    kind = fault["type"]
    if kind == "value_error":
        return str(fault["ctx"]["error"])
    return str(_MENDS.get(kind, fault["msg"])).format(**{"expected": "", "pattern": "", **fault.get("ctx", {})})
