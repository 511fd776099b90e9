#!/bin/sh
# What compose.yaml needs of the image postgres:16, with Debian's PostgreSQL: POSTGRES_PASSWORD and the scripts of
# /docker-entrypoint-initdb.d at the first start.
set -eu
bin=$(echo /usr/lib/postgresql/*/bin)
data=/var/lib/postgresql/data
run() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
mkdir -p /run/postgresql
chown postgres:postgres /run/postgresql "$data"
if [ ! -s "$data/PG_VERSION" ]; then
  chmod 0700 "$data"
  run "$bin/initdb" --pgdata "$data" --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --no-sync >/dev/null
  echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
  run "$bin/pg_ctl" --pgdata "$data" --options "-c listen_addresses=''" --wait start >/dev/null
  export POSTGRES_USER=postgres
  for script in /docker-entrypoint-initdb.d/*.sh; do run sh "$script"; done
  run "$bin/pg_ctl" --pgdata "$data" --wait stop >/dev/null
fi
exec setpriv --reuid postgres --regid postgres --clear-groups "$bin/postgres" -D "$data" -c listen_addresses='*'
