"""The memory: Archive keeps revisions, comparisons, findings and deliveries."""
