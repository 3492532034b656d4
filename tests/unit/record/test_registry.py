from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.record.service import RecordService
from pipeline.stages import RegistryError
from tests.unit.record.conftest import published

Open = Callable[..., RecordService]


def register(service: RecordService) -> tuple[str, str, str]:
    codigo = service.registry.register_client(
        email="dono@loja.com.br", razao_social="Farmácia A", telefone="(11) 99999-8888"
    )
    return codigo, *service.registry.register_counter(nome_balcao="Balcão 1", cliente_codigo=codigo)


def test_a_new_key_is_valid_at_once_and_after_a_restart(open_service: Open) -> None:
    service = open_service()
    codigo, balcao_id, key = register(service)
    assert len(codigo) == 6
    assert codigo.isdigit()
    assert key.startswith("balto_")
    counter = service.registry.authenticate(key)
    assert counter is not None
    assert (counter.balcao_id, counter.cliente_codigo, counter.nome_balcao) == (balcao_id, codigo, "Balcão 1")
    service.close()
    assert open_service().registry.authenticate(key) == counter


def test_a_revoked_or_unknown_key_is_nobody_s(open_service: Open) -> None:
    service = open_service()
    _, balcao_id, key = register(service)
    assert service.registry.revoke_counter(balcao_id)
    assert not service.registry.revoke_counter(balcao_id)
    assert service.registry.authenticate(key) is None
    assert service.registry.authenticate("balto_x") is None
    service.close()
    assert open_service().registry.authenticate(key) is None


def test_neither_the_key_nor_contact_details_are_published(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    _, _, key = register(service)
    service.close()
    published = (data_dir / "registro.duckdb").read_bytes()
    assert b"dono@loja" not in published
    assert b"99999-8888" not in published
    assert all(key.encode() not in path.read_bytes() for path in data_dir.rglob("*") if path.is_file())
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        assert con.execute("SELECT razao_social, nome_balcao FROM analise.balcoes").fetchall() == [
            ("Farmácia A", "Balcão 1")
        ]


@pytest.mark.parametrize(
    ("field", "value"), [("email", "nada"), ("razao_social", "  "), ("telefone", "123"), ("razao_social", "x" * 300)]
)
def test_what_cannot_be_right_is_refused_by_name(open_service: Open, field: str, value: str) -> None:
    given = {"email": "a@b.com", "razao_social": "Loja", "telefone": "11999998888"} | {field: value}
    with pytest.raises(RegistryError, match=field):
        open_service().registry.register_client(**given)


def test_an_unknown_client_has_no_counters(open_service: Open) -> None:
    with pytest.raises(RegistryError, match="não existe"):
        open_service().registry.register_counter(nome_balcao="B", cliente_codigo="000000")


def test_the_privacy_notice_is_a_fact_of_the_counter(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    codigo = service.registry.register_client(email="a@loja.com.br", razao_social="Loja", telefone="1199998888")
    balcao_id, _ = service.registry.register_counter(nome_balcao="B1", cliente_codigo=codigo)
    service.set_notice(balcao_id, shown=True)
    service.close()
    assert published(data_dir, "SELECT nome_balcao, aviso_lgpd FROM analise.balcoes") == [("B1", True)]
