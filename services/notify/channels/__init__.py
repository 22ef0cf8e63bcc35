"""Ways out of notify that call the recipient; each keeps to the recipient's own choice of address and form."""
