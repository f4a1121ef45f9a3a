"""What the article and the NRMP rule say about a case, without HTML or widgets."""
