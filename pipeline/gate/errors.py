"""What the gate refuses.

GateError
└── ModelRefused   the Silero model is missing, or is not the one that was evaluated
"""


class GateError(Exception):
    """The gate cannot be built as asked."""


class ModelRefused(GateError):
    """The Silero model is missing, or is not the one that was evaluated."""
