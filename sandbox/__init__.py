"""Emulators of the speech and language providers, on real HTTP, with their faults. For trying and testing Balto."""
