"""Identity: who is who. Start with `agency` and `system`, the two aggregates; `app` puts the service together."""
