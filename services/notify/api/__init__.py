"""What ICE and the jails ask of notify over HTTP: feeds, receipts, and whether a person may be released."""
