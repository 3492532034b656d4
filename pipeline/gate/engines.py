"""Engines by the names that `serve_config.yaml` gives them."""

from configs.gate import GateSettings
from pipeline.gate.engine import Engine
from pipeline.gate.webrtc import WebRtcEngine


def make_engine(settings: GateSettings) -> Engine:
    return WebRtcEngine()
