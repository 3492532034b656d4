"""The domain: audio, gate, transcription, recommendation, conversation and record. Knows nothing of Ray."""
