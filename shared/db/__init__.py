"""The database: engine, sessions (the only commit), schema versions, the casebook."""
