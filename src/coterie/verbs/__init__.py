"""The verbs as Python functions: a table in, a result that saves and shows itself out."""
