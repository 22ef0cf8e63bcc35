"""Topics, and how messages come from them and go to them."""
