"""`balto erase`: a data subject's right (LGPD art. 18), carried out and proven."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.eval_settings import read_settings
from cli.output import CommandError, out
from configs.environment import Environment

if TYPE_CHECKING:
    from pipeline.record.erasure import ErasureReceipt, ErasureRequest
    from pipeline.record.places import Places
    from pipeline.record.service import RecordService

_ANSWER_TIMEOUT_S = 600.0
_NOTHING_RECORDED = "nothing was recorded before that day: nothing to erase"
_NOTHING_LEFT = "nothing was left to erase: it was erased before"


@dataclass(frozen=True, slots=True)
class _Record:
    """Which one, and where its settings are."""

    folder: Path
    published_db: Path
    config: Path | None


def erase(
    session: Annotated[str | None, typer.Option(help="One session's id (sessao_id).")] = None,
    counter: Annotated[str | None, typer.Option(help="All sessions of one counter (balcao_id).")] = None,
    client: Annotated[
        str | None, typer.Option(help="All sessions of one client (cliente_codigo), and its e-mail and telephone.")
    ] = None,
    before: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Sessions of days before this.")] = None,
    reason: Annotated[str, typer.Option(help="Kept in the private file, never published.")] = "pedido do titular",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder; default: BALTO_DATA_DIR, or dados.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings of the record; default: serve_config.yaml.")] = None,
) -> None:
    """Erase sessions for good: facts, texts and keys, in the live files, the closed days and the published copy.

    Of a client its contact goes too; its counters' keys stay valid until `balto keys revoke`.
    Works while the service runs and when it does not. Copies that people made elsewhere are theirs to delete.
    """
    from pipeline.ids import new_id
    from pipeline.record.erasure import ErasureRequest
    from pipeline.record.errors import RecordError

    environment = Environment()
    folder = data_dir or environment.data_dir
    try:
        request = ErasureRequest(session, counter, client, before.date() if before else None, reason)
        where = _Record(folder, environment.db_file or folder / "registro.duckdb", config)
        if not yes and not _agreed(request, _carry_out(replace(request, only_plan=True, request_id=new_id()), where)):
            return
        receipt = _carry_out(request, where)
    except RecordError as error:
        raise CommandError(str(error)) from None
    if receipt.rows_erased or receipt.texts_erased or receipt.contacts_erased:
        _tell(receipt)
    else:
        out.print(_nothing(request, receipt))


def _agreed(request: "ErasureRequest", plan: "ErasureReceipt") -> bool:
    """Whether there is anything to erase, once who asks has said yes to all of it; else the command ends here."""
    if not plan.left:
        out.print(_nothing(request, plan))
        return False
    out.print(
        f"{_counted(plan.sessions, 'session')} of {_counted(plan.counters, 'counter')} would go: "
        f"{_counted(plan.rows_left, 'fact')}, {_counted(plan.keys_left, 'text or key', 'texts and keys')}"
        f"{', the e-mail and telephone of the client' if plan.contacts_left else ''}"
    )
    return typer.confirm("Erase for good? This cannot be undone.", abort=True)


def _nothing(request: "ErasureRequest", receipt: "ErasureReceipt") -> str:
    return _NOTHING_RECORDED if request.before is not None and not receipt.sessions else _NOTHING_LEFT


def _tell(receipt: "ErasureReceipt") -> None:
    sessions, texts = _counted(receipt.sessions, "session"), _counted(receipt.texts_erased, "text")
    contact = ", and the e-mail and telephone of the client" if receipt.contacts_erased else ""
    out.print(f"[good]erased[/good] {sessions}, {_counted(receipt.rows_erased, 'fact')}, {texts}{contact}")
    out.print(f"closed-day files written anew: {receipt.files_rewritten}; request {receipt.request_id}")
    out.print(f"proof: {receipt.rows_left} rows and {receipt.keys_left} keys or texts of them are left")


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _carry_out(request: "ErasureRequest", where: _Record) -> "ErasureReceipt":
    """By the running recorder when there is one, else here."""
    from pipeline.record import requests
    from pipeline.record.errors import RecorderBusy
    from pipeline.record.places import Places
    from pipeline.record.service import RecordService

    places = Places(where.folder)
    if not places.private.is_dir():
        raise CommandError(f"{where.folder} is not a Balto data folder; name it with --data-dir or BALTO_DATA_DIR")
    settings = read_settings(where.config, []).record.model_copy(update={"lock_wait_s": 0})
    try:
        service = RecordService(settings, where.folder, where.published_db, serving=False)
    except RecorderBusy:
        return requests.wait_for_receipt(places.requests, requests.submit(places.requests, request), _ANSWER_TIMEOUT_S)
    try:
        return _carry_out_here(request, service, places)
    finally:
        service.close()


def _carry_out_here(request: "ErasureRequest", service: "RecordService", places: "Places") -> "ErasureReceipt":
    """If this is cut short, the next recorder that starts does it."""
    from pipeline.record import requests

    name = requests.submit(places.requests, request)
    service.answer_requests()
    return requests.wait_for_receipt(places.requests, name, 0)
