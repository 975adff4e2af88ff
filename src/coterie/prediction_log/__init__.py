"""The log of predictions: what was asked and answered, when, by which model, and what was true."""
