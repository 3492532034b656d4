"""Engines by the names that `serve_config.yaml` gives them."""

from configs.gate import GateSettings
from pipeline.gate.candidates import Everything, VoiceCandidates
from pipeline.gate.cascade import CascadeEngine
from pipeline.gate.engine import Engine
from pipeline.gate.webrtc import WebRtcEngine


def make_engine(settings: GateSettings) -> Engine:
    match settings.engine:
        case "webrtc":
            return WebRtcEngine()
        case "silero":
            return CascadeEngine(Everything())
        case "cascade":
            return CascadeEngine(VoiceCandidates())
