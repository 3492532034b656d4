"""Stands before pandas in a measured graph's path: a development dependency that Ray Serve imports where it finds it.

A service installed from requirements/run.lock has no pandas; with it each process holds some 40 MB more.
"""

raise ImportError("not part of the service")
