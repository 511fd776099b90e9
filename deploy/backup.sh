#!/bin/sh
# One dated backup into a folder, read back; the last 14 are kept: backup.sh FOLDER [every-day]
set -eu
folder=$1
[ -d "$folder" ] || mkdir -m 0700 "$folder"
once() {
  watcher backup "$folder/watcher-$(date -u +%F).backup" &&
    # By number and not by age: a clock that is ahead would make all of them old.
    find "$folder" -maxdepth 1 -name 'watcher-????-??-??.backup' | sort -r | tail -n +15 | xargs -r -d '\n' rm --
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
