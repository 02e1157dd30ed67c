"""One module a revision; none is changed after a release."""
