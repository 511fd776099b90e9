"""Compare each text of an article with the previous one, and record what every edit did to each element."""
