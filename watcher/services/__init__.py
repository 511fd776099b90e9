"""Run the application's steps: check, alert, deliver, and everything around a watchlist."""
