"""Everything a reader can do in a chapter, one kind of activity per module: no widgets, no browser."""
