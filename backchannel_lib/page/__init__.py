"""HTML, controls, charts and the front end: no rules."""
