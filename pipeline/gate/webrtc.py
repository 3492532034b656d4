"""The engine without a model: WebRTC VAD, level, and the tilt of what is left when the noise is taken away.

WebRTC takes a fan, a beep and a printer for voice. A fan does not stand out of itself; and what stands out of the
noise is voice only if it is mostly below 2 kHz or so, which a scanner, keys, paper and bags are not.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.grid import FRAME_SAMPLES, FRAMES, QUANTUM_SAMPLES, Counts, Doubles, Flags, Pcm, Rows, grown
from pipeline.gate.room import Room
from pipeline.gate.voice import WebRtcVoice

OPEN_DB, HOLD_DB = 3.0, 1.0  # how much further than the noise's own swing voice rises above the floor
OPEN_TILT_DB, HOLD_TILT_DB = -5.0, 0.0  # and how crisp it may be, against its level
ENDS = range(FRAME_SAMPLES, QUANTUM_SAMPLES + 1, FRAME_SAMPLES)  # of a quantum's frames
UNHEARD = [False] * FRAMES  # of a quantum that a replay leads in with: its detector is there already


class WebRtcEngine:
    step_samples = FRAME_SAMPLES
    votes = 3
    votes_of = 5
    holds = 0
    holds_of = 0
    onset_lag_samples = 0
    look_back_samples = 0
    tells_pauses = False

    def __init__(self) -> None:
        self._voices: dict[int, WebRtcVoice] = {}
        self._room = Room()
        self._shift_db: Doubles = np.zeros(0)

    def reserve(self, capacity: int) -> None:
        self._room.reserve(capacity)
        self._shift_db = grown(self._shift_db, capacity)

    def open(self, row: int, origin: int, shift_db: float, memory: Sequence[float] | None) -> None:
        self._voices[row] = WebRtcVoice()
        self._room.open(row, memory if memory and len(memory) == Room.NUMBERS else None)
        self._shift_db[row] = shift_db

    def close(self, row: int) -> None:
        del self._voices[row]

    def memory(self, row: int) -> list[float]:
        return self._room.memory(row)

    def inside(self, row: int, end: int) -> bytes:
        return self._voices[row].inside()

    def go_on(self, row: int, end: int, inside: bytes) -> None:
        self._voices[row].go_on(inside)

    def floor_dbfs(self, row: int) -> float:
        return self._room.floor_dbfs(row)

    def restart(self, row: int) -> bool:
        """Nothing is forgotten: a detector that starts anew is deaf to quiet speech for long."""
        return False

    def hear(self, rows: Rows, starts: Counts, pcm: Pcm, holding: Flags, leading: Flags) -> dict[int, list[Heard]]:
        led = zip(rows.tolist(), pcm, leading.tolist(), strict=True)
        voiced = np.array([UNHEARD if leads else self._voices[row].hear(quantum) for row, quantum, leads in led])
        frames = self._room.frames(rows, pcm, holding | leading)
        excess_db = frames.excess_db - self._shift_db[rows][:, None]
        holds = voiced & (excess_db > HOLD_DB) & (frames.tilt_db < HOLD_TILT_DB)
        voices = holds * int(Voice.HOLDS)
        voices[holds & (excess_db > OPEN_DB) & (frames.tilt_db < OPEN_TILT_DB)] = Voice.OPENS
        told = zip(starts.tolist(), voices.tolist(), frames.levels_dbfs.tolist(), strict=True)
        return {
            place: [Heard(start + end, Voice(kind), level) for end, kind, level in zip(ENDS, kinds, dbs, strict=True)]
            for place, (start, kinds, dbs) in enumerate(told)
            if not leading[place]
        }
