"""An ingress replica finds its own state, and nobody else's."""

from typing import Any

import pytest
from ray.serve._private.common import DeploymentID, ReplicaState
from ray.serve.exceptions import DeploymentUnavailableError

from deployments import retirement
from deployments.retirement import ask_every_ingress, drain_every_ingress, running_ingress, state_of, stopping


def details(**states: str) -> dict[str, Any]:
    replicas = [{"replica_id": replica, "state": state} for replica, state in states.items()]
    others = {"gate": {"replicas": [{"replica_id": "g", "state": "STOPPING"}]}}
    return {"applications": {"balto": {"deployments": {"ingress": {"replicas": replicas}, **others}}}}


def test_the_state_is_the_replicas_own() -> None:
    found = details(a="RUNNING", b="STOPPING")
    assert state_of("a", found) is ReplicaState.RUNNING
    assert state_of("b", found) is ReplicaState.STOPPING
    assert state_of("c", found) is None


def test_ingress_replicas_that_run_are_counted() -> None:
    assert running_ingress(details(a="RUNNING", b="STOPPING", c="RUNNING"), "balto") == 2
    assert running_ingress({"applications": {"other": {"deployments": {}}}}, "other") == 0


def test_a_drain_does_not_wait_for_a_controller_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def get(asked: object, timeout: float) -> None:
        waited.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(retirement, "_asked_for_details", object)
    monkeypatch.setattr(retirement.ray, "get", get)
    with pytest.raises(TimeoutError):
        drain_every_ingress(timeout_s=7)
    assert waited == [7]


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


class SlowlyInformedHandle:
    """A handle whose router hears of one more replica at every call."""

    is_initialized = True

    def __init__(self, *heard: int) -> None:
        self._heard = list(heard)

    def broadcast(self, method: str) -> "SlowlyInformedHandle":
        return self

    def results(self, timeout_s: float, return_exceptions: bool) -> list[str]:
        replicas = self._heard.pop(0) if len(self._heard) > 1 else self._heard[0]
        if not replicas:
            raise DeploymentUnavailableError(DeploymentID("ingress", "balto"))
        return ["drained"] * replicas


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    slow = SlowlyInformedHandle(*request.param)
    monkeypatch.setattr(retirement.serve, "get_deployment_handle", lambda name, application: slow)
    monkeypatch.setattr(retirement, "ASK_AGAIN_S", 0.0)


@pytest.mark.usefixtures("handle")
@pytest.mark.parametrize("handle", [(0, 0, 1, 2)], indirect=True)
def test_replicas_that_the_handle_has_not_heard_of_yet_are_asked_too() -> None:
    assert ask_every_ingress("balto", "drain", timeout_s=60, replicas=2) == ["drained", "drained"]


@pytest.mark.usefixtures("handle")
@pytest.mark.parametrize("handle", [(0,), (1,)], indirect=True)
def test_a_replica_that_is_never_heard_of_is_said_to_be_missing() -> None:
    with pytest.raises(TimeoutError, match="of 2 ingress replicas"):
        ask_every_ingress("balto", "drain", timeout_s=0.01, replicas=2)
