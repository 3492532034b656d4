"""The rearranged model is the published one."""

import numpy as np
import onnxruntime as ort
import pytest

from pipeline.gate import silero_graph
from pipeline.gate.errors import ModelRefused
from pipeline.gate.silero import Silero


def published(windows):
    """Log-odds [hops, streams] of the wheel's own graph for `windows` [hops, streams, 576]."""
    session = ort.InferenceSession(silero_graph.model_path(), providers=["CPUExecutionProvider"])
    state, found = np.zeros((2, windows.shape[1], 128), np.float32), []
    for window in windows:
        probability, state = session.run(None, {"input": window, "state": state, "sr": np.array(16_000)})
        found.append(np.log(probability / (1 - probability))[:, 0])
    return np.array(found)


def test_it_agrees_with_the_published_graph():
    windows = np.random.default_rng(2).standard_normal((9, 4, 576)).astype(np.float32) * np.float32(0.1)
    windows *= np.linspace(0.01, 3, 9, dtype=np.float32)[:, None, None]
    silero = Silero(leak=1.0)
    silero.reserve(6)
    rows = np.array([5, 0, 3, 1])
    first = silero.hear(rows, np.full(4, 7), windows[:7].transpose(1, 0, 2).reshape(-1, 576)).reshape(4, 7)
    later = silero.hear(rows, np.full(4, 2), windows[7:].transpose(1, 0, 2).reshape(-1, 576)).reshape(4, 2)
    np.testing.assert_allclose(np.hstack([first, later]).T, published(windows), atol=2e-3)


def test_another_model_is_refused(monkeypatch):
    monkeypatch.setattr(silero_graph, "MODEL_SHA256", "0" * 64)
    with pytest.raises(ModelRefused, match="not the model the gate was evaluated with"):
        silero_graph.model_path()
