"""What several commands share: arguments, options, tables."""
