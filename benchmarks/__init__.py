"""How fast: the load, the plain peer, the floors, the plots. Run by `countersign bench`; nothing here is installed."""
