"""The recorder: the one writer of the database, the registry of counters, and the ledger of shared accounts."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from configs.environment import Environment
from configs.record import RecordSettings
from deployments.ending import at_its_end
from pipeline.providers.shares import AccountShares, Holding, Share
from pipeline.record.batch import Batch
from pipeline.stages import Counter, RegistryError

logger = logging.getLogger(__name__)

T = TypeVar("T")


class RecorderReplica:
    def __init__(self, settings: RecordSettings) -> None:
        from pipeline.record.service import RecordService  # DuckDB, for the recorder's own process only

        environment = Environment()
        self._service = RecordService(settings, environment.data_dir, environment.published_db)
        self._shares = AccountShares(time.monotonic, lambda what: logger.error("ALERT %s", what))
        at_its_end(self, lambda: _apart(self._service.close))

    async def commit(self, batch: Batch) -> int:
        return await asyncio.wrap_future(self._service.submit(batch))

    async def authenticate(self, api_key: str) -> Counter | None:
        return self._service.registry.authenticate(api_key)

    async def register_client(self, email: str, razao_social: str, telefone: str) -> str | RegistryError:
        registry = self._service.registry
        return await _answer(
            lambda: registry.register_client(email=email, razao_social=razao_social, telefone=telefone)
        )

    async def register_counter(self, nome_balcao: str, cliente_codigo: str) -> tuple[str, str] | RegistryError:
        registry = self._service.registry
        return await _answer(lambda: registry.register_counter(nome_balcao=nome_balcao, cliente_codigo=cliente_codigo))

    async def revoke_counter(self, balcao_id: str) -> bool:
        return await _apart(lambda: self._service.registry.revoke_counter(balcao_id))

    async def set_notice(self, balcao_id: str, shown: bool) -> bool:
        """False when there is no such counter."""
        if all(counter.balcao_id != balcao_id for counter in self._service.registry.counters()):
            return False
        await _apart(lambda: self._service.set_notice(balcao_id, shown=shown))
        return True

    async def spent_since(self, moment: datetime) -> dict[str, float]:
        """USD by client."""
        return await _apart(lambda: self._service.spent_since(moment))

    async def share(self, replica: str, holdings: Sequence[Holding]) -> dict[str, Share]:
        """What this replica may use of the accounts that it shares with others."""
        return self._shares.renew(replica, holdings)

    async def ready(self) -> bool:
        return not self._service.closed


async def _apart(work: Callable[[], T]) -> T:
    """Off the event loop: these wait for the disk."""
    return await asyncio.to_thread(work)


async def _answer(work: Callable[[], T]) -> T | RegistryError:
    """A refusal is an answer: raised, Serve would report a failure of the recorder for a stranger's typing mistake."""
    try:
        return await _apart(work)
    except RegistryError as refused:
        return refused
