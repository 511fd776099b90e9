#!/bin/sh
# Build a new release next to the running one, and switch to it: install.sh PYTHON [prepare]
#
# Each release has its own folder in .venvs, named after a hash of its contents; .venv is a link to one of them. A
# service keeps running while another release is built, even if the package index is down or the build is interrupted. To
# return to the previous release, change the link. `prepare` builds the release without changing the link.
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

# The last step marks a release as complete; an incomplete one is rebuilt.
if ! [ -e "$release/complete" ] || ! "$release/bin/python" -c ''; then
  echo "Installing into $release (a minute or two) ..."
  rm -rf "$release"
  "$python" -m venv "$PWD/$release"
  pip() { "$release/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
  pip install --require-hashes --no-deps -r deploy/requirements.lock
  pip install --no-deps --no-build-isolation .
  # The running program does not need build tools.
  pip uninstall --yes hatchling setuptools pip
  touch "$release/complete"
fi
if [ "${2:-}" = prepare ]; then exit; fi

before=$(readlink .venv || :)
[ "$before" != "$release" ] || exit 0
# If .venv is a folder (development, or an old installation), rename it: it may still be in use.
if [ -d .venv ] && [ -z "$before" ]; then
  before=.venvs/replaced-$$
  mv -T .venv "$before"
fi
ln -sfn "$release" .venv.next
mv -T .venv.next .venv
echo "$release is the program now"

# Keep the previous release, to return to it, and every release that a process uses.
for old in .venvs/*; do
  case $old in "$release" | "$before") continue ;; esac
  grep -qsF "$PWD/$old/" /proc/[0-9]*/maps || rm -rf "$old"
done
