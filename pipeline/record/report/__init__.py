"""`balto report`: a period on one page a manager reads. Numbers from the published views, plots as pictures."""
