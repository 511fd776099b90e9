"""Compare each text of an article with the one before: snapshots in, what every edit did to each element out."""
