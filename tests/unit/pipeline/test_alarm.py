import logging

import pytest

from pipeline.alarm import Alarm
from pipeline.events import ErrorNoted, FeedbackGiven
from tests.fakes.stages import FakeRecorder


def noted(kind: str, *, alert: bool = True) -> ErrorNoted:
    return ErrorNoted(component="elevenlabs", kind=kind, message="sem crédito", alert=alert)


async def test_an_alert_is_said_once_a_minute_and_everything_is_handed_on(caplog: pytest.LogCaptureFixture) -> None:
    recorder, now_s = FakeRecorder(), 0.0
    alarm = Alarm(recorder, lambda: now_s)
    feedback = FeedbackGiven(interaction_id="i", session_id="s", resultado="venda_realizada")
    with caplog.at_level(logging.ERROR):
        alarm.note([noted("cota"), noted("cota"), noted("prazo", alert=False), feedback])
        await alarm.record([noted("credencial")])
        now_s = 59.0
        alarm.note([noted("cota")])
        now_s = 60.0
        alarm.note([noted("cota")])
    assert [record.message for record in caplog.records] == [
        "ALERT elevenlabs/cota: sem crédito",
        "ALERT elevenlabs/credencial: sem crédito",
        "ALERT elevenlabs/cota: sem crédito",
    ]
    assert len(recorder.events) == 7
