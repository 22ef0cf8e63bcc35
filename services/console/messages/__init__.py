"""Messages of the topics as an operator may see them: found, masked from their schema, and what became of each."""
