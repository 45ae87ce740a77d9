"""What the attack is made of: a world with marked secrets, a real server, the probes, and what counts as a leak."""
