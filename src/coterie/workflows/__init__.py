"""One a verb: records into results. Nothing here writes a page."""
