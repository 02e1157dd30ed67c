"""How chartcheck/schemas came to be, and how to make them anew: `python -m chartcheck.obtaining`."""
