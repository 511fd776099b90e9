#!/bin/sh
# Installed as /usr/local/bin/watcher and /usr/local/bin/prefect: run the program as the systemd units do, with their
# user and environment. The services could not open a database or file that root created.
set -eu
export HOME=/var/lib/article-watcher STATE_DIRECTORY=/var/lib/article-watcher
export WATCHER_WATCHLIST=/var/lib/article-watcher/watchlist.toml
settings=/etc/article-watcher/env
if [ -f "$settings" ]; then
  # Parse it as systemd does, not as a shell: `&` or `$` in a URL must not be interpreted.
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      [A-Za-z_]*=\"*\" | [A-Za-z_]*=\'*\')
        value=${line#*=?}
        export "${line%%=*}=${value%?}" ;;
      [A-Za-z_]*=*) export "${line?}" ;;
    esac
  done <"$settings"
fi
# Prefect and Article Watcher look for files in the working directory, and the user cannot read root's. If it is readable,
# stay in it, so that relative file names keep their meaning.
[ -x . ] && runuser -u article-watcher -- test -r . || cd "$HOME"
exec runuser -u article-watcher -- "/opt/article-watcher/.venv/bin/${0##*/}" "$@"
