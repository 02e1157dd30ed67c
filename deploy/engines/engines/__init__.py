"""Real engines for tests: one that is given, else one in Docker, else one on this machine. `engines.plugin` first."""
