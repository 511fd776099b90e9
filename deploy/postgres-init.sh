#!/bin/sh
# Create two databases, each with its owner, in a new PostgreSQL: both products have a table alembic_version.
set -eu
for name in watcher prefect; do
  case $name in
    watcher) password=$WATCHER_DB_PASSWORD ;;
    prefect) password=$PREFECT_DB_PASSWORD ;;
  esac
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name="$name" --set password="$password" \
    --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname prefect \
  --command 'CREATE EXTENSION IF NOT EXISTS pg_trgm'
