"""One connected counter, from its audio to its cards."""
