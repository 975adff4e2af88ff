"""What is done again and again while a service runs: watch, refresh, label, retrain."""
