"""Who may ask the service for what: keys with scopes, and how often."""
