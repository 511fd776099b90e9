#!/bin/sh
# Build the program beside the one that runs, and switch to it: install.sh PYTHON [prepare]
#
# Each release has a folder of its own in .venvs, named after all that goes into it; .venv is a link to one of them. So a
# service keeps its program while another is built, also when the package index is away or this is cut off; and the
# way back to the release before is another link. With `prepare` it is built, and the link stays.
set -eu
cd "$(dirname "$0")/.."
python=$1
umask 022
unset PYTHONDONTWRITEBYTECODE PYTHONPATH VIRTUAL_ENV

contents() {
  "$python" -c 'import sys; print(sys.version_info[:2], sys.argv[1])' "$PWD"
  git -c safe.directory='*' rev-parse HEAD 2>/dev/null || :
  find watcher flows snapshots deploy pyproject.toml README.md LICENSE -type f ! -name '*.pyc' ! -name '*.env' -exec sha256sum {} + | sort
}
release=.venvs/$(contents | sha256sum | cut -c -12)

# Its last step marks a folder as complete: one that was begun only is made anew.
if ! [ -e "$release/complete" ] || ! "$release/bin/python" -c ''; then
  echo "Installing into $release (a minute or two) ..."
  rm -rf "$release"
  "$python" -m venv "$PWD/$release"
  pip() { "$release/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
  pip install --require-hashes --no-deps -r deploy/requirements.lock
  pip install --no-deps --no-build-isolation .
  # What builds and installs is of no use to the program.
  pip uninstall --yes hatchling setuptools pip
  touch "$release/complete"
fi
if [ "${2:-}" = prepare ]; then exit; fi

before=$(readlink .venv || :)
[ "$before" != "$release" ] || exit 0
# A folder of development tools, or of an installation before there were links: another name while it may still run.
if [ -d .venv ] && [ -z "$before" ]; then
  before=.venvs/replaced-$$
  mv -T .venv "$before"
fi
ln -sfn "$release" .venv.next
mv -T .venv.next .venv
echo "$release is the program now"

# The release before stays, for the way back, and so does what a process runs.
for old in .venvs/*; do
  case $old in "$release" | "$before") continue ;; esac
  grep -qsF "$PWD/$old/" /proc/[0-9]*/maps || rm -rf "$old"
done
