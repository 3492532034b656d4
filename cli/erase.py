"""`balto erase`: a data subject's right (LGPD art. 18), carried out and proven."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import CommandError, out
from configs.environment import Environment
from configs.record import RecordSettings

if TYPE_CHECKING:
    from pipeline.record.erasure import ErasureReceipt, ErasureRequest

_ANSWER_TIMEOUT_S = 600.0
_NOTHING_RECORDED = "nothing was recorded before that day: nothing to erase"
_NOTHING_LEFT = "nothing was left to erase: it was erased before"


def erase(
    session: Annotated[str | None, typer.Option(help="One session's id (sessao_id).")] = None,
    counter: Annotated[str | None, typer.Option(help="All sessions of one counter (balcao_id).")] = None,
    before: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Sessions of days before this.")] = None,
    reason: Annotated[str, typer.Option(help="Kept in the private file, never published.")] = "pedido do titular",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder; default: BALTO_DATA_DIR, or dados.")] = None,
) -> None:
    """Erase sessions for good: facts, texts and keys, in the live files, the closed days and the published copy.

    Works while the service runs and when it does not. Copies that people made elsewhere are theirs to delete.
    """
    from pipeline.record.erasure import ErasureRequest
    from pipeline.record.errors import RecordError

    environment = Environment()
    folder = data_dir or environment.data_dir
    try:
        request = ErasureRequest(session, counter, before.date() if before else None, reason)
        published_db = environment.db_file or folder / "registro.duckdb"
        if not yes and not _agreed(_carry_out(replace(request, only_plan=True), folder, published_db)):
            return
        receipt = _carry_out(request, folder, published_db)
    except RecordError as error:
        raise CommandError(str(error)) from None
    if receipt.sessions == 0:
        out.print(_NOTHING_RECORDED)
    elif receipt.rows_erased == receipt.texts_erased == 0:
        out.print(_NOTHING_LEFT)
    else:
        _tell(receipt)


def _agreed(plan: "ErasureReceipt") -> bool:
    """Whether there is anything to erase, once who asks has said yes to all of it; else the command ends here."""
    if plan.sessions == 0:
        out.print(_NOTHING_RECORDED)
        return False
    if plan.rows_left == plan.keys_left == 0:
        out.print(_NOTHING_LEFT)
        return False
    out.print(
        f"{_counted(plan.sessions, 'session')} of {_counted(plan.counters, 'counter')} would go: "
        f"{_counted(plan.rows_left, 'fact')}, {_counted(plan.keys_left, 'text or key', 'texts and keys')}"
    )
    return typer.confirm("Erase for good? This cannot be undone.", abort=True)


def _tell(receipt: "ErasureReceipt") -> None:
    sessions, texts = _counted(receipt.sessions, "session"), _counted(receipt.texts_erased, "text")
    out.print(f"[good]erased[/good] {sessions}, {_counted(receipt.rows_erased, 'fact')}, {texts}")
    out.print(f"closed-day files written anew: {receipt.files_rewritten}; request {receipt.request_id}")
    out.print(f"proof: {receipt.rows_left} rows and {receipt.keys_left} keys or texts of them are left")


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _carry_out(request: "ErasureRequest", folder: Path, published_db: Path) -> "ErasureReceipt":
    """By the running recorder when there is one, else here."""
    from pipeline.record import requests
    from pipeline.record.errors import RecorderBusy
    from pipeline.record.places import Places
    from pipeline.record.service import RecordService

    places = Places(folder)
    if not places.private.is_dir():
        raise CommandError(f"{folder} is not a Balto data folder; name it with --data-dir or BALTO_DATA_DIR")
    try:
        service = RecordService(RecordSettings(lock_wait_s=0), folder, published_db, serving=False)
    except RecorderBusy:
        return requests.wait_for_receipt(places.requests, requests.submit(places.requests, request), _ANSWER_TIMEOUT_S)
    try:
        return service.erase(request)
    finally:
        service.close()
