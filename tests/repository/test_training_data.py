from __future__ import annotations

from collections import Counter

import yaml

from bot.domain.meaning import INTENTS, PROCEDURE_ASPECTS
from knowledge import files
from tests.repository import material

FEWEST = 40
MANY = 120
WITH_MANY = {
    *(f"procedure_{aspect}" for aspect in PROCEDURE_ASPECTS),
    "report_problem", "suggest", "praise", "complain_staff", "lodge_complaint", "denounce", "ticket_status",
}  # fmt: skip
REGISTERS = {"dau", "khong_dau", "teencode", "typo", "mixed"}


def test_domain_training_data_and_code_name_the_same_intents() -> None:
    domain = yaml.safe_load((material.TRAINING.parent / "domain.yml").read_text(encoding="utf-8"))["intents"]
    assert sorted(domain) == sorted(INTENTS) == sorted(material.training_examples())


def test_every_intent_has_enough_distinct_examples() -> None:
    distinct = {intent: len(set(map(material.bare, texts))) for intent, texts in material.training_examples().items()}
    needed = {intent: MANY if intent in WITH_MANY else FEWEST for intent in INTENTS}
    assert {intent: count for intent, count in distinct.items() if count < needed[intent]} == {}


def test_no_example_teaches_two_intents() -> None:
    homes: dict[str, set[str]] = {}
    for intent, texts in material.training_examples().items():
        for text in texts:
            homes.setdefault(material.bare(text), set()).add(intent)
    assert {text: sorted(intents) for text, intents in homes.items() if len(intents) > 1} == {}


def test_no_evaluation_message_is_a_near_copy_of_training_or_search_material() -> None:
    evaluation = material.evaluation_texts()
    for others in (material.training_texts(), material.procedure_texts(), material.calibration_texts()):
        found = material.near_copies(evaluation, others)
        assert sorted({(evaluation[left][0], others[right][0]) for left, right, _ in found}) == []


def test_no_calibration_message_is_taught() -> None:
    taught = {material.bare(text) for _, text in material.training_texts() + material.procedure_texts()}
    assert [where for where, text in material.calibration_texts() if material.bare(text) in taught] == []


def test_near_copies_are_found() -> None:
    one, copy, other = ("a", "làm giấy khai sinh ở đâu"), ("b", "lam giay khai sinh o dau vay"), ("c", "xin chào")
    assert {pair[:2] for pair in material.near_copies([one], [other, copy, one])} == {(0, 1), (0, 2)}


def test_the_evaluation_set_is_large_and_its_ids_are_unique() -> None:
    lines = material.evaluation_lines()
    assert len(lines) >= 400
    assert [name for name, count in Counter(line["id"] for line in lines).items() if count > 1] == []


def test_the_evaluation_set_covers_every_register_and_every_procedure() -> None:
    lines = material.evaluation_lines()
    assert {line["register"] for line in lines} == REGISTERS
    expected = [line["expect"] for line in lines]
    asked = {one for e in expected for one in [e.get("procedure"), *e.get("procedure_any", [])] if one}
    assert asked == {file.stem for file in material.PROCEDURES.glob("*.yaml")}


def test_the_evaluation_set_holds_enough_out_of_scope_and_emergencies() -> None:
    lines = material.evaluation_lines()
    first = Counter([*line["expect"].get("intent_any", []), line["expect"].get("intent")][0] for line in lines)
    assert first["out_of_scope"] >= 60
    assert len([line for line in lines if line["id"].startswith("emg-")]) >= 30


def test_every_expectation_names_intents_that_exist() -> None:
    named = {
        intent
        for line in material.evaluation_lines()
        for intent in [*line["expect"].get("intent_any", []), line["expect"].get("intent")]
        if intent
    }
    assert named <= set(INTENTS)


def test_the_programs_own_reader_of_examples_sees_what_yaml_sees() -> None:
    read: dict[str, list[str]] = {}
    for intent, text in files.read_training():
        read.setdefault(intent, []).append(text)
    assert read == material.training_examples()
