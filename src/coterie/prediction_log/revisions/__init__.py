"""The forms that the tables of a log have had, one module each, as Alembic applies them."""
