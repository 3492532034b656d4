"""The inside of a WebRTC detector as bytes: what it learned of the noise in many seconds, which no call of it tells.

The library keeps all of it in one plain struct (`VadInstT`: no pointers, the same on every platform), which ends with
the bounds of the mode and a mark that it was initialised. Where they are not found, nothing is read or written.
"""

import ctypes

NAME = b"WebRtcVadPtr"  # of the capsule that the extension hands out
INSIDE_BYTES = 736
MODE_BYTES = 28  # of those, at the end: twelve bounds of 16 bits, and the mark
MARK = (42).to_bytes(4, "little")

_address = ctypes.pythonapi.PyCapsule_GetPointer
_address.argtypes, _address.restype = [ctypes.py_object, ctypes.c_char_p], ctypes.c_void_p


def inside(vad: object) -> bytes:
    """Everything that decides what `vad` will say; nothing if this is not the library that is known here."""
    known = ctypes.string_at(_address(vad, NAME), INSIDE_BYTES)
    return known if known.endswith(MARK) else b""


def put_inside(vad: object, known: bytes) -> None:
    """Let `vad` go on as the one did that `inside` was asked of. Nothing happens if that was none of its mode."""
    if len(known) == INSIDE_BYTES and known[-MODE_BYTES:] == inside(vad)[-MODE_BYTES:]:
        ctypes.memmove(_address(vad, NAME), known, INSIDE_BYTES)
