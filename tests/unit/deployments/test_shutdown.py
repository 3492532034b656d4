"""The order of a shutdown, around a Ray that is not there."""

import pytest

from deployments import shutdown
from deployments.shutdown import shut_ray_down


@pytest.mark.parametrize(
    ("lost", "done"),
    [([], ["drained", "ended"]), (["raylet"], ["ended"])],
    ids=["whole", "without its raylet"],
)
def test_a_ray_that_carries_no_order_is_ended_without_a_drain(
    monkeypatch: pytest.MonkeyPatch, lost: list[str], done: list[str]
) -> None:
    did: list[str] = []
    monkeypatch.setattr(shutdown.ray, "is_initialized", lambda: True)
    monkeypatch.setattr(shutdown.ray, "shutdown", lambda: did.append("ended"))
    monkeypatch.setattr(shutdown, "lost_processes", lambda: lost)
    monkeypatch.setattr(shutdown, "_drain_serve", lambda: did.append("drained"))
    shut_ray_down()
    assert did == done
