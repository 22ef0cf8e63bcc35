"""Who signs in at the console: accounts, passwords, sessions, an issuer's sign-in."""
