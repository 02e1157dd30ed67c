"""The embedded platform: every service in one process, for one machine. Start with `platform`."""
