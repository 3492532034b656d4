"""An account's limit divided among the replicas that use it: what is handed out never adds up to more than the limit.

Each replica says now and then what it may be using at that moment and is answered with what it may use from then on. A
share grows only by what the others have given up: they come down first, as their calls end. A replica that was not
heard of for `LEASE_S` has gone, and its share with it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

RENEW_S = 1.0
LEASE_S = 4.0
LEARNING_S = 2.5  # a ledger that has just begun hears first what the replicas hold from the one before it


@dataclass(frozen=True, slots=True)
class Holding:
    """What a replica may be using of an account, and how much of it there is in all."""

    account: str
    limit: int
    held: int


@dataclass(frozen=True, slots=True)
class Share:
    """Calls at a time: `allowed` from now on, `fair` once every other replica has come down to its own share."""

    allowed: int
    fair: int
    learning: bool = False  # the ledger has just begun: nothing is given out before it knows what is held


@dataclass(slots=True)
class _Lease:
    booked: int
    renewed_s: float


class AccountShares:
    """The one ledger. Remainders go to the replicas whose ids sort first; none is left with nothing."""

    def __init__(self, clock: Callable[[], float], alert: Callable[[str], None]) -> None:
        """`alert` is told when an account is used by more replicas than it allows calls: each has one all the same."""
        self._clock = clock
        self._alert = alert
        self._began_s = clock()
        self._accounts: dict[str, dict[str, _Lease]] = {}
        self._crowded: set[str] = set()

    def renew(self, replica: str, holdings: Iterable[Holding]) -> dict[str, Share]:
        """The share of each account that `replica` uses; asked again before `LEASE_S` have passed."""
        return {holding.account: self._share(replica, holding) for holding in holdings}

    def _share(self, replica: str, holding: Holding) -> Share:
        leases = self._living(holding.account)
        lease = leases[replica] = _Lease(holding.held, self._clock())
        limit = self._at_least_one_each(holding, len(leases))
        fair = fair_share(limit, sorted(leases), replica)
        others = sum(other.booked for name, other in leases.items() if name != replica)
        room = holding.held if self._learning else limit - others
        allowed = max(0, min(fair, room))
        lease.booked = max(lease.booked, allowed)  # until it says that it has come down
        return Share(allowed, fair, self._learning)

    @property
    def _learning(self) -> bool:
        return self._clock() < self._began_s + LEARNING_S

    def _living(self, account: str) -> dict[str, _Lease]:
        known = self._accounts.get(account, {})
        oldest_s = self._clock() - LEASE_S
        living = self._accounts[account] = {name: lease for name, lease in known.items() if lease.renewed_s > oldest_s}
        return living

    def _at_least_one_each(self, holding: Holding, replicas: int) -> int:
        if replicas <= holding.limit:
            self._crowded.discard(holding.account)
            return holding.limit
        if holding.account not in self._crowded:
            self._crowded.add(holding.account)
            self._alert(
                f"{holding.account} allows {holding.limit} calls at a time and {replicas} replicas share it: "
                "each makes one, which is more than that; run fewer replicas or raise max_concurrent with the plan"
            )
        return replicas


def fair_share(limit: int, replicas: list[str], replica: str) -> int:
    """Its part of `limit` in whole calls; the parts of all `replicas` (sorted) add up to it."""
    each, left = divmod(limit, len(replicas))
    return each + (replicas.index(replica) < left)
