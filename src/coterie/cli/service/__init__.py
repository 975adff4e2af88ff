"""The verbs of what runs for long: serve it, watch it, and keep it up to date."""
