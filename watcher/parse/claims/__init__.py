"""Find the cues that make a sentence a claim."""
