"""Everything a reader can do in a chapter, one kind of activity per module, without widgets or browsers."""
