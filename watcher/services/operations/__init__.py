"""Start, observe and maintain an installation."""
