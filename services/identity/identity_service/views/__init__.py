"""The views of identity, one question a file."""
