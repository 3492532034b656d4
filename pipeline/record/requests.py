"""Erasure requests from another process on this machine: a file in the recorder's private folder, answered by another.

Whoever can write there owns the data already, so no further key is asked for.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.record.erasure import ErasureReceipt, ErasureRequest
from pipeline.record.errors import ErasureError, RecordError, RemovalUnfinished

_POLL_S = 0.1


def submit(folder: Path, request: ErasureRequest) -> str:
    """Leave a request, for this or the next recorder to carry out; returns its name."""
    before = request.before.isoformat() if request.before else None
    temporary = folder / f"{request.request_id}.parcial"
    temporary.write_text(json.dumps(asdict(request) | {"before": before}), encoding="utf-8")
    temporary.rename(folder / f"{request.request_id}.pedido")
    return request.request_id


def wait_for_receipt(folder: Path, name: str, timeout_s: float) -> ErasureReceipt:
    """Raises ErasureError when it was refused, or not answered in time."""
    answer = folder / f"{name}.recibo"
    deadline = time.monotonic() + timeout_s
    while not answer.exists():
        if time.monotonic() > deadline:
            raise ErasureError("the running recorder did not answer; look at its log, and ask again")
        time.sleep(_POLL_S)  # another process writes the answer; this one, a command, has nothing else to do
    said: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    answer.unlink()
    if "error" in said:
        raise ErasureError(said["error"])
    return ErasureReceipt(**said)


def answer(folder: Path, erase: Callable[[ErasureRequest], ErasureReceipt]) -> None:
    """Carry out every request that waits: until it is answered it does, so one that a crash cut short is done again.

    Raises RemovalUnfinished; that one waits on too.
    """
    for path in sorted(folder.glob("*.pedido")):
        try:
            said: dict[str, Any] = asdict(erase(_read(path)))
        except RemovalUnfinished:
            raise
        except (RecordError, ValueError, TypeError) as error:
            said = {"error": str(error)}
        temporary = path.with_suffix(".parcial")
        temporary.write_text(json.dumps(said), encoding="utf-8")
        path.unlink()
        temporary.rename(path.with_suffix(".recibo"))


def _read(path: Path) -> ErasureRequest:
    fields = json.loads(path.read_text(encoding="utf-8"))
    if fields.get("before"):
        fields["before"] = date.fromisoformat(fields["before"])
    return ErasureRequest(**fields)
