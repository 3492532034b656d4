import wave

import pytest
from typer.testing import CliRunner

from cli.gate import _pair, gate
from cli.main import app
from cli.output import CommandError
from configs.gate import GateSettings
from pipeline.gate.trace import trace
from tests.unit.gate.sounds import conversation, pcm


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "balcao.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(pcm(conversation()))
    return path


def test_a_trace_accounts_for_every_second():
    found = trace(pcm(conversation()), GateSettings())
    assert found.received_s == pytest.approx(24.0)
    assert found.forwarded_s + found.discarded_s == pytest.approx(24.0)
    assert len(found.level_dbfs) == len(found.floor_dbfs) == 24 * 50
    assert all(start < end for start, end in found.voiced)


def test_it_draws_and_accounts(recording):
    result = CliRunner().invoke(app, ["gate", str(recording)])
    assert result.exit_code == 0, result.output
    assert recording.with_suffix(".gate.png").read_bytes().startswith(b"\x89PNG")
    assert "24.0" in result.output


def test_it_compares_settings(recording):
    result = CliRunner().invoke(app, ["gate", str(recording.parent), "--compare", "--set", "engine=webrtc"])
    assert result.exit_code == 0, result.output
    assert not recording.with_suffix(".gate.png").exists()


def test_what_cannot_be_done_is_said(recording, tmp_path):
    empty = tmp_path / "nothing"
    empty.mkdir()
    with pytest.raises(CommandError, match="name=value"):
        _pair("energy_threshold")
    with pytest.raises(CommandError, match="the gate's settings are"):
        gate([recording], setting=["energy=3"])
    with pytest.raises(CommandError, match=r"no \.wav file"):
        gate([empty])
    with pytest.raises(CommandError, match="--price"):
        gate([recording], price="nobody/nothing")
