"""Who may ask the service for what: keys with scopes, sessions, and how often."""
