"""Reading tables and texts, and the errors a person can fix: nothing here is specific to the subject."""
