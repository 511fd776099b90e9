#!/bin/sh
# Installs Debian's PostgreSQL for tests/postgres.py, which starts its own temporary server: no service is needed.
set -eu
if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    apt-get update
    # Without this the package would create and start a cluster of its own.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql
fi
ls /usr/lib/postgresql/*/bin/initdb
