"""HTML, controls, charts and the front end. Rules don't belong here."""
