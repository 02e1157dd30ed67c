"""The decider, its executor, and given/when/then. Start with `decider`."""
