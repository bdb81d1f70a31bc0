"""Self-contained HTML pages: one file that opens offline, prints well and can be sent to a client."""
