"""Recipes: the order of the verbs for one use case, as TOML files."""
