"""The person's copy: the detainer, the answer, the deadline and how to object, on paper and in plain words."""
