"""Load generators and the scripts behind every figure in the README; each runs by ``ror bench NAME``."""
