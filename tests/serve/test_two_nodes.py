"""The same configuration on two nodes: an ingress and a gate on each, and a counter does not notice which it has."""

import asyncio

import pytest

from benchmarks.scale.graph import Graph, doubled_config
from tests.serve.conftest import StartGraph, Talk, register, speech, talk

pytestmark = pytest.mark.timeout(240)

COUNTERS = 6
ONE_A_NODE = {"num_replicas": 2, "max_replicas_per_node": 1}
BOTH_WITHIN_S = 90.0


@pytest.fixture(scope="module")
def graph(start_graph: StartGraph) -> Graph:
    config = doubled_config(ingress=ONE_A_NODE, gate=ONE_A_NODE)
    config["proxy_location"] = "HeadOnly"  # both nodes are this machine, where a port is taken once
    for deployment in config["applications"][0]["deployments"]:
        if deployment["name"] == "gate":
            del deployment["autoscaling_config"]
    graph = start_graph(config)
    graph.order("add_node", cpus=4)
    return graph


def nodes(graph: Graph, deployment: str) -> set[str]:
    """Where its running replicas are."""
    return {node for _, _, state, node in graph.order("replicas")[deployment] if state.endswith("RUNNING") and node}


async def test_counters_are_spread_over_both_nodes_and_all_are_answered(graph: Graph) -> None:
    async with asyncio.timeout(BOTH_WITHIN_S):
        while not (len(nodes(graph, "ingress")) == len(nodes(graph, "gate")) == 2):
            await asyncio.sleep(1)
    await asyncio.sleep(3)  # HAProxy has heard of the second ingress
    key = await asyncio.to_thread(register, graph)
    talks = [Talk() for _ in range(COUNTERS)]
    async with asyncio.TaskGroup() as tasks:
        for talked in talks:
            tasks.create_task(talk(graph, key, speech("dor_de_cabeca", 5.2, 8.4, then_quiet_s=6), talked))
        await asyncio.sleep(5)
        measured = graph.order("measure")
    assert [talked.cards for talked in talks] == [1] * COUNTERS
    assert len(measured) == 2
    assert all(replica["counters"] > 0 for replica in measured)
    streams = [
        sum(replica["gate_streams"].get(gate, 0) for replica in measured) for gate in measured[0]["gate_streams"]
    ]
    assert len(streams) == 2
    assert all(count > 0 for count in streams)
