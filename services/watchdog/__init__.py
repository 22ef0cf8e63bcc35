"""Look over notify's shoulder: is every hold's end told, seen and signed for? Needs the database and nothing else."""
