"""How judgments, cases and what belongs to them are shown in a notebook, as the HTML of the panel."""
