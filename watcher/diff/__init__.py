"""Documents in, Changes out."""
