"""The rearranged model is the published one."""

import numpy as np
import onnxruntime as ort
import pytest

from pipeline.gate import silero_graph
from pipeline.gate.errors import ModelRefused
from pipeline.gate.silero import MOST_IN_CACHE, Silero


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


def test_how_many_are_heard_together_changes_nothing():
    windows = np.random.default_rng(3).standard_normal((3 * MOST_IN_CACHE + 3, 576)).astype(np.float32)
    rows = np.arange(len(windows) // 3)
    together, apart = (Silero(leak=0.9) for _ in range(2))
    for silero in (together, apart):
        silero.reserve(len(rows))
    heard = together.hear(rows, np.full(len(rows), 3), windows)
    for row in rows:
        alone = apart.hear(rows[row : row + 1], np.array([3]), windows[row * 3 : row * 3 + 3])
        np.testing.assert_array_equal(alone, heard[row * 3 : row * 3 + 3])


def test_how_many_hops_others_have_changes_nothing():
    counts = np.array([3, 13, 1, 4, 14, 3])
    windows = np.random.default_rng(6).standard_normal((counts.sum(), 576)).astype(np.float32)
    rows, firsts = np.arange(len(counts)), counts.cumsum() - counts
    together, apart = (Silero(leak=0.9) for _ in range(2))
    for silero in (together, apart):
        silero.reserve(len(rows))
    heard = together.hear(rows, counts, windows)
    for row, first, count in zip(rows, firsts, counts, strict=True):
        alone = apart.hear(rows[row : row + 1], counts[row : row + 1], windows[first : first + count])
        np.testing.assert_array_equal(alone, heard[first : first + count])


def test_another_model_is_refused(monkeypatch):
    monkeypatch.setattr(silero_graph, "MODEL_SHA256", "0" * 64)
    with pytest.raises(ModelRefused, match="not the model the gate was evaluated with"):
        silero_graph.model_path()
