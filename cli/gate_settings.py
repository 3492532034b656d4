"""The gate's settings that `balto gate` tries: what the service would use, changed by `--set`."""

from pydantic import ValidationError

from cli.output import CommandError
from configs.gate import GateSettings

Changes = dict[str, str]


def read_changes(text: str) -> Changes:
    """`energy_threshold=600`, or several that belong together: `engine=webrtc,energy_threshold=600`."""
    changes = {}
    for part in text.split(","):
        name, sign, value = part.partition("=")
        if not sign:
            raise CommandError(f"--set {text}: write it as name=value, for example energy_threshold=600")
        changes[name.strip().removeprefix("gate.")] = value.strip()
    return changes


def changed(settings: GateSettings, changes: Changes) -> GateSettings:
    """Raises CommandError."""
    if unknown := changes.keys() - GateSettings.model_fields.keys():
        known = ", ".join(GateSettings.model_fields)
        raise CommandError(f"--set {min(unknown)}: the gate has no such setting; the gate's settings are {known}")
    try:
        return GateSettings.model_validate(settings.model_dump() | changes)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        why = first["msg"][0].lower() + first["msg"][1:]
        raise CommandError(
            f"--set {name}={changes[name]} cannot be used: {why}; docs/gate.md says what it does"
        ) from None
