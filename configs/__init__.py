"""Typed settings, the starter catalogue and the rule file. Data and limits only; behaviour lives in `pipeline`."""
