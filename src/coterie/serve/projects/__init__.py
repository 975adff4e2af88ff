"""Projects: a person's table on its way to named segments, search and models."""
