#!/bin/sh
# One dated backup into a folder, read back and kept for a fortnight: backup.sh FOLDER [every-day]
set -eu
folder=$1
[ -d "$folder" ] || mkdir -m 0700 "$folder"
once() {
  watcher backup "$folder/watcher-$(date -u +%F).backup" &&
    find "$folder" -maxdepth 1 -name 'watcher-*.backup' -mtime +14 -delete
}
if [ "${2:-}" = every-day ]; then
  trap 'exit 0' TERM INT
  while :; do
    once || echo "backup.sh: no backup today; the next try is in an hour" >&2
    [ -e "$folder/watcher-$(date -u +%F).backup" ] && pause=86400 || pause=3600
    # In the background, so that a signal is heeded at once.
    sleep "$pause" &
    wait $!
  done
fi
once
