#!/bin/sh
# Write a dated backup to a folder, verify it and keep the last 14: backup.sh FOLDER [every-day]
set -eu
folder=$1
[ -d "$folder" ] || mkdir -m 0700 "$folder"
once() {
  watcher backup "$folder/watcher-$(date -u +%F).backup" &&
    # Keep by number, not by age: with a wrong clock, all backups could seem old.
    find "$folder" -maxdepth 1 -name 'watcher-????-??-??.backup' | sort -r | tail -n +15 | xargs -r -d '\n' rm --
}
if [ "${2:-}" = every-day ]; then
  trap 'exit 0' TERM INT
  while :; do
    once || echo "backup.sh: no backup today; the next try is in an hour" >&2
    [ -e "$folder/watcher-$(date -u +%F).backup" ] && pause=86400 || pause=3600
    # In the background, so that the trap runs at once on a signal.
    sleep "$pause" &
    wait $!
  done
fi
once
