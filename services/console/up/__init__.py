"""Everything on one machine: an embedded Postgres, the development broker and all services, looked after."""
