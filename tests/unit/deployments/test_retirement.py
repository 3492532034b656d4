"""An ingress replica finds its own state, and nobody else's."""

from typing import Any

import pytest
from ray.serve._private.common import ReplicaState

from deployments import retirement
from deployments.retirement import state_of, stopping


def details(**states: str) -> dict[str, Any]:
    replicas = [{"replica_id": replica, "state": state} for replica, state in states.items()]
    others = {"gate": {"replicas": [{"replica_id": "g", "state": "STOPPING"}]}}
    return {"applications": {"balto": {"deployments": {"ingress": {"replicas": replicas}, **others}}}}


def test_the_state_is_the_replicas_own() -> None:
    found = details(a="RUNNING", b="STOPPING")
    assert state_of("a", found) is ReplicaState.RUNNING
    assert state_of("b", found) is ReplicaState.STOPPING
    assert state_of("c", found) is None


@pytest.mark.virtual_time
async def test_a_controller_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [ConnectionError("restarting"), details(a="RUNNING"), details(), details(a="STOPPING")]

    async def answer() -> dict[str, Any]:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return dict(found)

    monkeypatch.setattr(retirement, "_details", answer)
    await stopping("a")
    assert not answers
