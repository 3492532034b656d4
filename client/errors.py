"""What can go wrong for a counter.

ClientError
├── AudioSourceError      the WAV file or the microphone cannot be used
├── ConnectionLost        the socket closed or could not be opened: worth another try
├── KeyRefused            the server does not accept the key: another try will not help
└── RegistrationRefused   the server refused to make or revoke a client or a counter
"""

BAD_KEY = 4001


class ClientError(Exception):
    """Base of all of them; the message is one sentence for a person."""


class AudioSourceError(ClientError):
    pass


class ConnectionLost(ClientError):
    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(f"connection closed ({code}): {reason}" if code else f"no connection: {reason}")
        self.code = code  # None when there was no connection to close
        self.reason = reason


class KeyRefused(ClientError):
    pass


class RegistrationRefused(ClientError):
    pass
