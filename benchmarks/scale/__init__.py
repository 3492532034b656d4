"""How many counters a machine carries, what each costs, and what the graph costs over a single process."""
