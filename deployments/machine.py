"""What this machine offers to a cluster that is started on it."""

import os
import random
import resource
import socket
from contextlib import suppress

LOGICAL_CPUS_PER_CORE = 8  # replicas mostly wait: Ray's CPUs are a budget for placement, not a limit on use
LEAST_LOGICAL_CPUS = 16
CONNECTIONS = 4096  # HAProxy's own default
PORTS = range(20_000, 30_000)  # Ray's workers have those below, Serve's replicas some above, the system from 32,768 on


def logical_cpus() -> int:
    """What this machine offers to replicas."""
    return max(LEAST_LOGICAL_CPUS, LOGICAL_CPUS_PER_CORE * (os.cpu_count() or 1))


def most_connections() -> int:
    """HAProxy's limit, lowered where this process may not open the files for it: 5 for every 2 connections."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most_files == resource.RLIM_INFINITY:
        return CONNECTIONS
    return max(1, min(CONNECTIONS, (most_files - 100) * 2 // 5))


def haproxy_threads() -> int:
    """One carries thousands of counters; on few cores more of them only pay for each other's locks."""
    return max(1, (os.cpu_count() or 1) // 4)


def machine_resources() -> dict[str, float]:
    """Ray's resources on a cluster that `start_cluster` starts here."""
    from ray._common.utils import get_system_memory
    from ray._private.accelerators import get_all_accelerator_managers

    accelerators = {
        manager.get_resource_name(): float(manager.get_current_node_num_accelerators())
        for manager in get_all_accelerator_managers()
    }
    return {"CPU": float(logical_cpus()), "memory": float(get_system_memory())} | accelerators


def free_port() -> int:
    """A TCP port that nothing listens on now, and that the system gives to nobody who asks for just any.

    Between this call and whoever listens on it, a cluster's start opens hundreds of sockets on ports of that kind.
    """
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("", port))
            return port
