"""Check pages: fetch what is new, compare it, judge it, and record what was found."""
