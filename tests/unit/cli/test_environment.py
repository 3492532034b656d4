from pathlib import Path

import pytest

from cli.output import CommandError
from cli.run.environment import exported, read_environment
from configs.environment import Environment, Profile


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither this machine's variables nor its .env."""
    monkeypatch.chdir(tmp_path)
    for field in Environment.model_fields.values():
        alias = field.validation_alias
        monkeypatch.delenv(alias if isinstance(alias, str) else "DB_FILE", raising=False)


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("PORT", "99999", "less than or equal to 65535"),
        ("PORT", "oito", "valid integer"),
        ("VAD_ENERGY_THRESHOLD", "-1", "greater than or equal to 0"),
        ("BALTO_PROFILE", "test", "'sandbox' or 'live'"),
    ],
)
def test_a_setting_out_of_range_is_named(variable: str, value: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(CommandError, match=f"{variable}='{value}' cannot be used: .*{why}"):
        read_environment()


def test_what_dot_env_says_reaches_processes_in_other_folders(tmp_path: Path) -> None:
    Path(".env").write_text("XAI_API_KEY=x1\nELEVENLABS_API_KEY=e1\nBALTO_DATA_DIR=aqui\nVAD_ENERGY_THRESHOLD=450\n")
    values = exported(read_environment(), Profile.LIVE, 9000)
    assert values["XAI_API_KEY"] == "x1"
    assert values["VAD_ENERGY_THRESHOLD"] == "450"
    assert values["BALTO_DATA_DIR"] == str(tmp_path / "aqui")
    assert values["DB_FILE"] == str(tmp_path / "aqui" / "registro.duckdb")
    assert (values["BALTO_PROFILE"], values["PORT"]) == ("live", "9000")
    assert "BALTO_ADMIN_TOKEN" not in values


def test_every_setting_goes_by_the_name_it_is_read_by(monkeypatch: pytest.MonkeyPatch) -> None:
    values = exported(read_environment(), Profile.SANDBOX, 8765)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    again = Environment()
    assert exported(again, Profile.SANDBOX, 8765) == values
