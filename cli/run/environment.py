"""The environment of the graph's processes: read once here, handed on in full.

The processes of the graph may run in another folder, where `.env` and relative paths mean something else.
"""

from pathlib import Path

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from cli.output import CommandError
from configs.environment import Environment, Profile


def read_environment() -> Environment:
    """Raises CommandError naming the variable, its value and what is allowed."""
    try:
        return Environment()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise CommandError(
            f"{name}={first['input']!r} cannot be used: {first['msg']}; set it in .env or remove it"
        ) from None


def exported(environment: Environment, profile: Profile, port: int) -> dict[str, str]:
    """Every setting of the environment by its variable's name, with absolute paths."""
    values = {_variable(name, field): getattr(environment, name) for name, field in Environment.model_fields.items()}
    values |= {"BALTO_PROFILE": profile, "PORT": port, "DB_FILE": environment.published_db}
    return {name: _text(value) for name, value in values.items() if value is not None}


def _variable(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        alias = alias.choices[0]
    return alias if isinstance(alias, str) else name.upper()


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value.resolve()) if isinstance(value, Path) else str(value)
