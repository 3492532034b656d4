"""`balto contacts`: who answers for each client, opened with the master key."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.eval_settings import read_settings
from cli.output import CommandError, out
from configs.environment import Environment

if TYPE_CHECKING:
    from pipeline.record.contacts import ContactSeal

_SEALED_BY_ANOTHER = "sealed under another master key"


def contacts(
    data_dir: Annotated[Path | None, typer.Option(help="Data folder; default: BALTO_DATA_DIR, or dados.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings of the record; default: serve_config.yaml.")] = None,
) -> None:
    """Show clients' e-mails and telephones, which nothing else opens. On the recorder's machine, running or not."""
    from pipeline.record.places import Places
    from pipeline.record.registry_log import RegistryLog

    places = Places(data_dir or Environment().data_dir)
    if not places.registry_log.is_file():
        raise CommandError(f"no client was registered in {places.data_dir}; name its folder with --data-dir")
    seal = _seal(read_settings(config, []).record.master_key_file or places.master_key)
    for client in RegistryLog(places.registry_log).clients():
        if client.contact:
            found = seal.open(client.cliente_codigo, client.contact)
            told = (found.email, found.telefone) if found else (_SEALED_BY_ANOTHER,)
            line = " · ".join((client.cliente_codigo, client.razao_social, *told))
            out.print(line, markup=False, highlight=False, soft_wrap=True)


def _seal(master_key: Path) -> "ContactSeal":
    from pipeline.record.cipher import load_master_key
    from pipeline.record.contacts import ContactSeal
    from pipeline.record.errors import RecordError

    if not master_key.is_file():
        raise CommandError(f"there is no master key {master_key}; name the chain's settings with --config")
    try:
        return ContactSeal(load_master_key(master_key))
    except (RecordError, OSError) as error:
        raise CommandError(str(error)) from None
