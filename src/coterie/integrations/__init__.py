"""Coterie as a component of other libraries, one package for each."""
