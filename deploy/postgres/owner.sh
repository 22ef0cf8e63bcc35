#!/bin/sh
# Run once, when Postgres makes its data folder: the owner of the database, who migrates and bypasses no row security.
# The password comes from the environment, is quoted by psql, and stands in no list of processes.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 <<'SQL'
\getenv password OWNER_PASSWORD
CREATE ROLE countersign_owner LOGIN NOSUPERUSER CREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE countersign OWNER countersign_owner;
REVOKE ALL ON DATABASE countersign FROM PUBLIC;
GRANT CONNECT ON DATABASE countersign TO PUBLIC;
SQL
