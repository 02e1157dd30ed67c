"""Drills for the bad days: `python -m drills NAME`. See docs/operations/drills.md."""
