"""One a verb: a result into the blocks of a page."""
