import shutil
import wave
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import gate_picture
from cli.gate import gate
from cli.gate_picture import draw
from cli.gate_price import Account, Tariff
from cli.gate_settings import read_changes
from cli.main import app
from cli.output import CommandError
from configs.gate import GateSettings
from configs.transcription import TranscriptionSettings
from pipeline.gate.trace import trace
from tests.unit.gate.sounds import conversation, pcm


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Neither this machine's settings nor its .env."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VAD_ENERGY_THRESHOLD", raising=False)


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


def run(*arguments):
    result = CliRunner().invoke(app, ["gate", *map(str, arguments)], env={"COLUMNS": "80"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def row_of(name, output):
    """The numbers beside `name`."""
    return next(line.split()[-7:] for line in output.splitlines() if line.strip().startswith(name))


def test_it_draws_and_accounts(recording):
    code, output = run(recording)
    assert code == 0
    assert recording.with_suffix(".gate.png").read_bytes().startswith(b"\x89PNG")
    assert row_of("balcao.wav", output)[1] == "24.0"


def test_it_compares_settings(recording):
    code, output = run(recording.parent, "--compare", "--set", "engine=webrtc,energy_threshold=30000")
    assert code == 0
    assert row_of("engine=webrtc", output) != row_of("as set", output)
    assert not recording.with_suffix(".gate.png").exists()


def test_without_settings_to_compare_it_tries_the_usual_ones(recording):
    _, output = run(recording, "--compare")
    for name in ("as set", "energy_threshold=150", "energy_threshold=600", "engine=silero", "engine=webrtc"):
        assert row_of(name, output)[1] == "24.0"


def test_it_starts_from_what_the_service_would_use(recording, monkeypatch):
    """Of the file in this folder, then of the site's environment; --set goes over both."""
    graph = "applications: [{import_path: 'deployments.app:build_app', args: {gate: {engine: webrtc}}}]"
    Path("serve_config.yaml").write_text(graph)
    usual = row_of("balcao.wav", run(recording)[1])
    assert usual == row_of("balcao.wav", run(recording, "--set", "engine=webrtc")[1])
    monkeypatch.setenv("VAD_ENERGY_THRESHOLD", "32767")
    assert row_of("balcao.wav", run(recording)[1]) != usual
    assert row_of("balcao.wav", run(recording, "--set", "gate.energy_threshold=300")[1]) == usual


def test_a_folder_is_heard_whole_but_for_what_is_no_recording(recording):
    shutil.copy(recording, recording.with_name("b [manhã].WAV"))
    recording.with_name("ruim.wav").write_text("not a WAV")
    code, output = run(recording.parent)
    assert code == 1
    assert "ruim.wav cannot be read" in output
    assert row_of("b [manhã].WAV", output)[1] == "24.0"
    assert row_of("all", output)[1] == "48.0"


def test_pictures_go_where_they_are_sent(recording):
    folder = recording.parent / "fotos"
    folder.mkdir()
    run(recording, recording, "--to", folder)
    assert (folder / "balcao.gate.png").is_file()
    assert "vista.png" in run(recording, "--to", recording.parent / "vista")[1]
    assert (recording.parent / "vista.png").is_file()


@pytest.mark.parametrize("samples", [1, 1600, 16_000 * 12])
def test_silence_is_drawn(samples, tmp_path):
    """And a title is no formula."""
    quiet = bytes(2 * samples)
    draw(quiet, trace(quiet, GateSettings()), "custo $x_$ (cascade)", tmp_path / "a.png")
    assert (tmp_path / "a.png").is_file()


def test_a_picture_is_in_the_language_of_the_shop():
    told = gate_picture.in_words(trace(pcm(conversation()), GateSettings()))
    assert told.startswith("24,0 s recebidos, ")
    assert told.endswith(" trechos")


def test_what_is_paid_is_what_the_service_would_pay():
    """Each utterance is a call: key terms add to its price, and some providers bill the least they bill."""
    found = trace(pcm(conversation()), GateSettings())
    settings = TranscriptionSettings()
    account = Account().plus(found, Tariff.of(settings, None))
    assert account.paid_usd == pytest.approx(found.forwarded_s / 3600 * 0.22 * 1.2)
    assert account.saved_usd == pytest.approx((found.received_s - found.forwarded_s) / 3600 * 0.22 * 1.2)
    plain = Tariff.of(settings.model_copy(update={"keyterms_limit": 0}), None)
    assert plain.usd(3600) == pytest.approx(0.22)
    dear = Tariff.of(settings, "openai_compatible/whisper-large-v3")
    assert Account().plus(found, dear).paid_usd == pytest.approx(sum(dear.usd(10.0) for _ in found.spans))
    realtime = settings.model_copy(update={"mode": "realtime"})
    assert Tariff.of(realtime, None).name == "elevenlabs_realtime/scribe_v2_realtime"


def test_what_cannot_be_done_is_said(recording, tmp_path):
    empty = tmp_path / "nothing"
    empty.mkdir()
    with pytest.raises(CommandError, match="name=value"):
        read_changes("energy_threshold")
    with pytest.raises(CommandError, match="no such setting; the gate's settings are"):
        gate([recording], setting=["energy=3"])
    with pytest.raises(
        CommandError, match="--set energy_threshold=alto cannot be used: input should be a valid integer"
    ):
        gate([recording], setting=["energy_threshold=alto"])
    with pytest.raises(CommandError, match=r"no \.wav file"):
        gate([empty])
    with pytest.raises(CommandError, match="--price"):
        gate([recording], price="nobody/nothing")
    with pytest.raises(CommandError, match="there are 2 files; name a folder"):
        gate([recording, recording], to=Path("a.png"))
    with pytest.raises(CommandError, match="--compare draws nothing"):
        gate([recording], compare=True, to=Path("a.png"))
    with pytest.raises(CommandError, match=r"a\.png cannot be written \(No such file or directory\)"):
        gate([recording], to=tmp_path / "none" / "a.png")
