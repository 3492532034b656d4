import pytest
from pydantic import ValidationError

from configs.transcription import TranscriptionSettings


def test_realtime_is_not_asked_a_second_time_behind_itself() -> None:
    with pytest.raises(ValidationError, match="stand behind it"):
        TranscriptionSettings(mode="realtime", providers=("elevenlabs_realtime", "xai"))
    assert TranscriptionSettings(mode="batch", providers=("elevenlabs_realtime",)).providers
