"""The counter client library: what the command line, the load tests and integrators use to be a counter."""
