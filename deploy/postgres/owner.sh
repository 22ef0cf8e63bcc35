#!/bin/sh
# Run once, when Postgres makes its data folder: the owner of the database, who migrates and bypasses no row security.
# The passwords come from the environment; psql quotes them.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 --set password="$OWNER_PASSWORD" <<'SQL'
CREATE ROLE countersign_owner LOGIN NOSUPERUSER CREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE countersign OWNER countersign_owner;
REVOKE ALL ON DATABASE countersign FROM PUBLIC;
GRANT CONNECT ON DATABASE countersign TO PUBLIC;
SQL
