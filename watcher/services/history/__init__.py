"""Follow facts through time: the ledger of edits, previews of the past, and judging anew."""
