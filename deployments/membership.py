"""Which replicas each deployment has, as this process last heard."""

import asyncio
import threading
from collections.abc import Callable

ReplicaIds = frozenset[str]
Listener = Callable[[ReplicaIds], None]


class Membership:
    """The replicas of each deployment, as this process's routers last heard of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # routers run on Serve's thread, listeners on their own loops
        self._replicas: dict[str, ReplicaIds] = {}
        self._listeners: dict[str, list[tuple[asyncio.AbstractEventLoop, Listener]]] = {}

    def watch(self, deployment: str, listener: Listener) -> None:
        """Call `listener` on the running loop now and at each change."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._listeners.setdefault(deployment, []).append((loop, listener))
            known = self._replicas.get(deployment)
        if known is not None:
            loop.call_soon(listener, known)

    def update(self, deployment: str, replicas: ReplicaIds) -> None:
        with self._lock:
            if self._replicas.get(deployment) == replicas:
                return
            self._replicas[deployment] = replicas
            listeners = [
                (loop, listener) for loop, listener in self._listeners.get(deployment, ()) if not loop.is_closed()
            ]
            self._listeners[deployment] = listeners
        for loop, listener in listeners:
            loop.call_soon_threadsafe(listener, replicas)


membership = Membership()
