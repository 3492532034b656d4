"""`balto run`: check everything, start the graph, show it working, serve until told to stop."""
