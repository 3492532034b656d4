"""The emulated Grok: its answer follows from the question it got, and obeys the schema it got."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.recommendation.prompt import json_schema
from sandbox.answering import answer

PRODUCTS = [
    {"sku": "A1", "produto": "Paracetamol 500 mg", "indicacoes": ["dor de cabeça", "febre"]},
    {"sku": "B2", "produto": "Pastilha", "indicacoes": ["dor de garganta", "rouquidão"]},
    {"sku": "C3", "produto": "Antiácido", "indicacoes": ["azia", "queimação no estômago"]},
]


def ask(said: list[str], *, shown: tuple[str, ...] = (), schema: dict[str, Any] | None = None) -> Any:
    question = {"transcricao": said, "produtos_permitidos": PRODUCTS, "ja_sugeridos": list(shown)}
    chosen = json_schema() if schema is None else schema
    body = {
        "messages": [{"role": "system", "content": "regras"}, {"role": "user", "content": json.dumps(question)}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": chosen}},
    }
    answered = json.loads(answer(body))
    jsonschema.validate(answered, chosen)
    return answered


@pytest.mark.parametrize(
    ("said", "sku", "quote"),
    [
        (["bom dia", "tô com uma azia danada, moça"], "C3", "azia"),
        (["dói a garganta, dor de garganta mesmo"], "B2", "garganta, dor"),
        (["estou com dor de cabeça desde ontem"], "A1", "dor de cabeça"),
    ],
)
def test_it_picks_what_fits_and_quotes_why(said: list[str], sku: str, quote: str) -> None:
    (item,) = ask(said)["itens"]
    assert item["sku"] == sku
    assert item["evidencia"] == [quote]
    assert any(quote in line for line in said)


def test_what_was_shown_is_not_picked_again() -> None:
    assert [item["sku"] for item in ask(["que azia"], shown=("C3",))["itens"]] == []


def test_nothing_fits_nothing_is_said() -> None:
    assert ask(["vou pagar no pix", "quer o CPF na nota?"]) == {"itens": []}


def test_it_fills_references_choices_and_alternatives() -> None:
    schema = {
        "type": "object",
        "$defs": {"Item": {"type": "object", "properties": {"sku": {"enum": ["A1", "B2", "C3"]}}, "required": ["sku"]}},
        "properties": {
            "decisao": {"enum": ["silencio", "sugerir"]},
            "item": {"anyOf": [{"$ref": "#/$defs/Item"}, {"type": "null"}]},
            "versao": {"const": 2},
            "certeza": {"type": "number"},
        },
        "required": ["decisao", "item"],
    }
    assert ask(["que azia"], schema=schema) == {"decisao": "sugerir", "item": {"sku": "C3"}, "versao": 2, "certeza": 1}
    assert ask(["no pix"], schema=schema)["decisao"] == "silencio"
    assert ask(["no pix"], schema=schema)["item"] is None


@given(st.lists(st.text(max_size=40), max_size=5))
def test_whatever_is_said_the_answer_is_valid_literal_and_always_the_same(said: list[str]) -> None:
    first = ask(said)
    assert ask(said) == first
    for item in first["itens"]:
        assert item["sku"] in {product["sku"] for product in PRODUCTS}
        assert any(quote in line for quote in item["evidencia"] for line in said)
