"""What other frameworks take for a counter, under the same load: each in a process and an environment of its own."""
