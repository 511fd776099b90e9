#!/bin/sh
# Installed as /usr/local/bin/watcher and /usr/local/bin/prefect: the program of that name as the units run it, by their
# user and with their environment. A database or a file that root made would be closed to the services.
set -eu
export HOME=/var/lib/article-watcher STATE_DIRECTORY=/var/lib/article-watcher
export WATCHER_WATCHLIST=/var/lib/article-watcher/watchlist.toml
settings=/etc/article-watcher/env
if [ -f "$settings" ]; then
  # As systemd reads it, and not as a shell would: `&` or `$` in a URL is no command.
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      [A-Za-z_]*=\"*\" | [A-Za-z_]*=\'*\')
        value=${line#*=?}
        export "${line%%=*}=${value%?}" ;;
      [A-Za-z_]*=*) export "${line?}" ;;
    esac
  done <"$settings"
fi
# Prefect and ours look for files in the working directory, and root's is closed to that user; a name of a file that is
# given stays what it means here.
[ -x . ] && runuser -u article-watcher -- test -r . || cd "$HOME"
exec runuser -u article-watcher -- "/opt/article-watcher/.venv/bin/${0##*/}" "$@"
