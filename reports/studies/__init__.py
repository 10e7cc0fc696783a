"""Studies: questions, pictures and headlines about one family of models each."""
