"""The Ray Serve graph: one file per stage, plus lanes and routing. Moves data; holds no domain logic."""
