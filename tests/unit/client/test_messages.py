import json

import pytest

from client.messages import Alert, Notice, Recommendation, auth, feedback, parse_server_message


def test_a_recommendation_is_read() -> None:
    text = json.dumps(
        {"comando": "recomendar", "produto": "P", "explicacao": "E", "transcricao_base": "T", "id_interacao": "i1"}
    )
    assert parse_server_message(text) == Recommendation("i1", "P", "E", "T")


def test_the_field_may_lack_the_interaction_id() -> None:
    text = '{"comando": "recomendar", "produto": "P", "explicacao": "E", "transcricao_base": "T"}'
    assert parse_server_message(text) == Recommendation("", "P", "E", "T")


def test_an_alert_is_read() -> None:
    text = '{"comando": "alerta", "id_interacao": "i1", "motivo": "dor_no_peito", "mensagem": "Chame o SAMU"}'
    assert parse_server_message(text) == Alert("i1", "dor_no_peito", "Chame o SAMU")


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ('{"comando": "estado", "x": 1}', Notice("estado", {"comando": "estado", "x": 1})),
        ("{}", Notice("", {})),
        ("[1]", Notice("", {"texto": "[1]"})),
        ("not JSON", Notice("", {"texto": "not JSON"})),
    ],
)
def test_what_is_not_known_is_kept(text: str, notice: Notice) -> None:
    assert parse_server_message(text) == notice


def test_what_a_counter_says() -> None:
    assert json.loads(auth("k")) == {"comando": "auth", "api_key": "k"}
    assert json.loads(auth("k", version=2)) == {"comando": "auth", "api_key": "k", "versao": 2}
    assert json.loads(feedback("i1", "venda_realizada")) == {
        "comando": "feedback",
        "id_interacao": "i1",
        "resultado": "venda_realizada",
    }
