"""Views: tables folded from logs by pure functions; `views.view` is the port, `views.runtime` the whole."""
