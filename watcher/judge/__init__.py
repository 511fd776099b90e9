"""Changes in, Findings out."""
