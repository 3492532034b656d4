"""Plain objects at the Protocol seams, and a clock that jumps."""
