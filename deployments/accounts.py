"""A replica's share of the accounts that it uses, kept in step with the ledger in the recorder."""

import asyncio
import contextvars
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ray import serve
from ray.serve.handle import DeploymentHandle

from deployments.handles import by_value, call
from pipeline.providers.partner import Partner, SharedAccount
from pipeline.providers.shares import Holding, Share

JOIN_WITHIN_S = 5.0  # a replica begins to take work without a share then, and its calls wait


async def share_accounts(accounts: Sequence[SharedAccount], recorder: "DeploymentHandle[Any]") -> "asyncio.Task[None]":
    """Return with a share in hand, if it can be had; the task keeps to it until it is cancelled."""
    replica_id = serve.get_replica_context().replica_id.unique_id
    ledger = by_value(recorder)

    async def renew(holdings: Sequence[Holding]) -> Mapping[str, Share]:
        return cast(Mapping[str, Share], await call(ledger.share, replica_id, holdings))

    partner = Partner(accounts, renew)
    await partner.join(JOIN_WITHIN_S)
    return asyncio.create_task(partner.follow(), name="sharing accounts", context=contextvars.Context())
