"""Revision ids in, Snapshots out: one polite client of the MediaWiki Action API."""
