"""A small world on loopback: what the demonstration and the tests talk to."""
