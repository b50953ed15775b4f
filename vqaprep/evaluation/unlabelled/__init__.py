"""Judge scorers of quality on good videos alone: damage them in known ways, and see whether scores fall."""
