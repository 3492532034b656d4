"""The fast transform is the published model's product with windowed cosines and sines."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from pipeline.gate.silero_graph import model_path, parts
from pipeline.gate.spectrum import BINS, STEPS, STRIDE_SAMPLES, TRANSFORM_SAMPLES, Spectrum

WINDOWS = np.random.default_rng(5).standard_normal((6, 576)).astype(np.float32)


@pytest.fixture
def spectrum():
    return Spectrum(parts().window, len(WINDOWS))


def published(windows):
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(model_path()).graph.initializer}
    basis = tensors["model.stft.forward_basis_buffer"][:, 0].astype(np.float64)
    padded = np.pad(windows.astype(np.float64), ((0, 0), (0, 64)), mode="reflect")
    starts = [step * STRIDE_SAMPLES for step in range(STEPS)]
    products = np.stack([padded[:, at : at + TRANSFORM_SAMPLES] @ basis.T for at in starts], axis=1)
    return np.hypot(products[..., :BINS], products[..., BINS:]).reshape(len(windows), -1)


def test_magnitudes_are_the_published_ones(spectrum):
    np.testing.assert_allclose(spectrum.magnitudes(WINDOWS), published(WINDOWS), rtol=1e-5, atol=1e-5)


def test_what_went_through_before_leaves_nothing_behind(spectrum):
    alone = [spectrum.magnitudes(WINDOWS[i : i + 1]).copy() for i in range(len(WINDOWS))]
    np.testing.assert_array_equal(spectrum.magnitudes(WINDOWS), np.concatenate(alone))
    np.testing.assert_array_equal(spectrum.magnitudes(WINDOWS[2:4]), np.concatenate(alone[2:4]))
