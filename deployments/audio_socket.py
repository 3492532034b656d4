"""A WebSocket that hands audio over as it arrives.

uvicorn puts every message into a queue, stops reading the connection until the application has taken it, and the
application takes it through a stack of wrappers: for ten small messages a second and counter that is most of what an
ingress does. Here, once the application has said who takes the audio, whole binary messages go to it straight from
the transport. Everything else (text, control frames, fragments, compressed messages, the handshake) stays uvicorn's.
"""

from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State
from websockets.speedups import apply_mask

EXTENSION = "balto.audio"  # in an ASGI scope: a `Handover`

UNASKED = 1  # of two times that uvicorn would ask whether the other side is there: every 40 s instead of every 20

BINARY_WHOLE = 0x82  # FIN, no extension, opcode 2
MASKED, SHORT_LENGTH = 0x80, 0x7F
LENGTH_IN_16_BITS = 126  # 127: in 64

Take = Callable[[bytes], None]


class Handover:
    """What the application calls with the taker of audio.

    A scope that Serve copies to another process (through its fallback proxy, while HAProxy learns of the replicas)
    arrives there with None instead: then audio comes as messages.
    """

    __slots__ = ("_take_audio",)

    def __init__(self, take_audio: Callable[[Take], None]) -> None:
        self._take_audio = take_audio

    def __call__(self, taker: Take) -> None:
        self._take_audio(taker)

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()


class AudioWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's own protocol and, as the ASGI extension `EXTENSION`, a function that takes the taker of audio.

    The taker is called on the event loop for each message, in order; it must not raise, and must bound what it keeps.
    """

    _taker: Take | None = None
    _cut = b""  # the beginning of a frame: uvicorn gets whole ones, or a taker that comes meanwhile would get the rest
    _fragmented = False  # within a message of several frames
    _talked = False  # since it was last to be asked whether it is there
    _unasked = 0  # times in a row

    def take_audio(self, taker: Take) -> None:
        """Binary messages go to `taker` from now on, those that wait already first."""
        waiting = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        for event in waiting:
            pcm = event.get("bytes")
            if isinstance(pcm, bytes):
                taker(pcm)
            else:
                self.queue.put_nowait(event)
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self.transport.resume_reading()
        self._taker = taker

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.handshake_complete:  # it was not refused
            cast(dict[str, Any], self.scope["extensions"])[EXTENSION] = Handover(self.take_audio)

    def handle_cont(self, event: Frame) -> None:
        super().handle_cont(event)
        self._fragmented = not event.fin

    def handle_text(self, event: Frame) -> None:
        super().handle_text(event)
        self._fragmented = not event.fin

    def handle_bytes(self, event: Frame) -> None:
        super().handle_bytes(event)
        self._fragmented = not event.fin

    def send_receive_event_to_app(self) -> None:
        """What uvicorn put together itself, of fragments or compressed, must not be overtaken by what comes next."""
        if self._taker is None or self.curr_msg_data_type == "text" or self.close_sent:
            super().send_receive_event_to_app()
            return
        frames, self.frames = self.frames, []
        self._taker(b"".join(frames))

    def send_keepalive_ping(self) -> None:
        """A counter that talks is there: to ask a thousand of them is some hundredths of an ingress's work.

        It is asked now and then all the same: many a proxy on the way closes what nothing comes back on for a minute.
        """
        if self._talked and self._unasked < UNASKED:
            self._talked, self._unasked = False, self._unasked + 1
            self.schedule_ping()
        else:
            self._unasked = 0
            super().send_keepalive_ping()

    def data_received(self, data: bytes) -> None:
        if self._taker is None and self.conn.state is not State.OPEN:
            super().data_received(data)
            return
        if self._cut:
            data, self._cut = self._cut + data, b""
        at = 0
        while at < len(data):
            bounds = frame_bounds(data, at)
            if bounds is None or bounds[1] > len(data):
                self._keep(data[at:], bounds)
                return
            payload, end = bounds
            if self._taker and data[at] == BINARY_WHOLE and data[at + 1] & MASKED and not self._fragmented:
                if not self.close_sent:
                    self._talked = True
                    self._taker(apply_mask(data[payload:end], data[payload - 4 : payload]))
            else:
                super().data_received(data[at:end])
                if self.conn.state is not State.OPEN:  # the other side closes: nothing that follows is audio
                    self._taker = None
                    super().data_received(data[end:])
                    return
            at = end

    def _keep(self, rest: bytes, bounds: tuple[int, int] | None) -> None:
        """The beginning of a frame waits for the rest; one that will be too large is refused now, by uvicorn."""
        if bounds and bounds[1] - bounds[0] > self.config.ws_max_size:
            self._taker = None
            super().data_received(rest)
        else:
            self._cut = rest


def frame_bounds(data: bytes, at: int) -> tuple[int, int] | None:
    """(first byte of the payload, end) of the frame at `at`, whether `data` holds all of it or not (RFC 6455, 5.2).

    None while its length is not known.
    """
    if len(data) < at + 2:
        return None
    length, payload = data[at + 1] & SHORT_LENGTH, at + 2
    if length >= LENGTH_IN_16_BITS:
        payload += 2 if length == LENGTH_IN_16_BITS else 8
        if len(data) < payload:
            return None
        length = int.from_bytes(data[at + 2 : payload], "big")
    if data[at + 1] & MASKED:
        payload += 4
    return payload, payload + length
