"""The engine with a model: WebRTC and level open a candidate, cheaply and generously; Silero says whether it is voice.

Only candidates reach the model, from a little before they opened and with a fresh state, and the candidates
of all counters go through it together. `silero` is the same engine with everything a candidate.
"""

import struct
from collections.abc import Sequence

import numpy as np

from pipeline.audio import samples_from_ms
from pipeline.gate.attention import LOOK_BACK_SAMPLES, Attention, Question
from pipeline.gate.candidates import Candidates, Quantum
from pipeline.gate.evidence import Heard
from pipeline.gate.grid import HOP_SAMPLES, Counts, Flags, Pcm, Rows, constant
from pipeline.gate.level import frame_powers
from pipeline.gate.ring import AudioRing
from pipeline.gate.room import Room
from pipeline.gate.silero import INSIDE_BYTES, Silero
from pipeline.gate.spectrum import CONTEXT_SAMPLES
from pipeline.gate.verdicts import Judge

CLEAR_DB = 20.0  # a speaker this far above the noise floor does not vanish in it
_CLEAR_DB = constant(CLEAR_DB)
SCALARS = struct.Struct("<qd")  # of its inside: how far the model has listened, the crowd's power
CELL_TIME_MS = 3000  # time constant with which the recurrent cell forgets


class CascadeEngine:
    step_samples = HOP_SAMPLES
    votes = 2
    votes_of = 3
    holds = 6
    holds_of = 8
    onset_lag_samples = samples_from_ms(100)
    look_back_samples = LOOK_BACK_SAMPLES
    tells_pauses = True

    def __init__(self, candidates: Candidates) -> None:
        self._room = Room()
        self._candidates = candidates
        self._attention = Attention()
        self._ring = AudioRing()
        self._silero = Silero(leak=float(np.exp(-HOP_SAMPLES / samples_from_ms(CELL_TIME_MS))))
        self._judge = Judge()

    def reserve(self, capacity: int) -> None:
        for part in (self._room, self._candidates, self._attention, self._ring, self._silero, self._judge):
            part.reserve(capacity)

    def open(self, row: int, origin: int, shift_db: float, memory: Sequence[float] | None) -> None:
        known = Room.NUMBERS if memory and len(memory) == Room.NUMBERS + Judge.NUMBERS else 0
        self._room.open(row, memory[:known] if memory and known else None)
        self._judge.open(row, origin, shift_db, memory[known:] if memory and known else None)
        self._attention.open(row, origin)
        self._candidates.restart(row)
        self._ring.clear(row)

    def close(self, row: int) -> None:
        """A row is cleared when it is opened again."""

    def memory(self, row: int) -> list[float]:
        return [*self._room.memory(row), *self._judge.memory(row)]

    def inside(self, row: int, end: int) -> bytes:
        reached = self._attention.reached(row, end)
        scalars = SCALARS.pack(reached, self._judge.crowds.power(row))
        candidate = self._candidates.inside(row, self._attention.at(row, end))
        return b"".join((scalars, self._silero.inside(row), candidate))

    def go_on(self, row: int, end: int, inside: bytes) -> None:
        model, candidate = SCALARS.size, SCALARS.size + INSIDE_BYTES
        if len(inside) >= candidate:
            reached, power = SCALARS.unpack_from(inside)
            self._attention.go_on(row, end, reached)
            self._judge.crowds.go_on(row, power)
            self._silero.go_on(row, inside[model:candidate])
            self._candidates.go_on(row, self._attention.at(row, end), inside[candidate:])

    def floor_dbfs(self, row: int) -> float:
        return self._room.floor_dbfs(row)

    def restart(self, row: int) -> bool:
        self._candidates.restart(row)
        self._attention.restart(row)
        self._judge.crowds.settle(row)
        return True

    def hear(self, rows: Rows, starts: Counts, pcm: Pcm, holding: Flags, leading: Flags) -> dict[int, list[Heard]]:
        ats = self._attention.ats(rows, starts)
        self._ring.write(rows, ats, pcm)
        excess_db = self._room.hear(rows, pcm, holding | leading)
        places = np.arange(len(rows))
        if len(leading.nonzero()[0]):  # they only fill the ring, and follow the room
            [places] = (~leading).nonzero()
            rows, ats, pcm = rows[places], ats[places], pcm[places]
            excess_db, holding = excess_db[places], holding[places]
        clear = self._judge.speech.of(rows) - self._room.floors_dbfs(rows) > _CLEAR_DB
        chosen = self._candidates.choose(Quantum(rows, ats, pcm, excess_db, holding, clear))
        [asked], [idle] = chosen.nonzero(), (~chosen).nonzero()
        if len(idle):
            self._judge.crowds.pause(rows.take(idle))
        if not len(asked):
            return {}
        if len(idle):
            places, rows, ats, holding = places.take(asked), rows.take(asked), ats.take(asked), holding.take(asked)
        return self._ask(self._attention.turn(places, rows, ats, holding))

    def _ask(self, question: Question) -> dict[int, list[Heard]]:
        """Ask the model, for all streams at once."""
        windows = self._ring.windows(question.owners, question.hops)
        powers = frame_powers(windows[:, CONTEXT_SAMPLES:])
        windows *= self._judge.speech.scales(question.rows).repeat(question.counts)[:, None]
        self._silero.reset(question.rows.take(question.fresh.nonzero()[0]))
        logits = self._silero.hear(question.rows, question.counts, windows)
        return self._judge.judge(question, logits, powers, self._room.floors_dbfs(question.rows))
