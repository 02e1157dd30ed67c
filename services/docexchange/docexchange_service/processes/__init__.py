"""What the service does by itself in reaction to events: one reaction a file."""
