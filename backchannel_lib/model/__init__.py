"""What the article and the NRMP rule say of a case: no HTML, no widgets."""
