"""Alert in, delivered message out."""
