#!/usr/bin/env bash
# Installs Debian's MediaWiki with the PHP it needs to run on SQLite, once; needs root and an apt source.
#
# lua5.1 is for modules (Scribunto). mini-httpd and phpX.Y-cgi are never started: mediawiki depends on "a web server" and php on "a SAPI",
# and these two are the smallest that satisfy them. The tests serve the wiki with PHP's own server.
set -euo pipefail

wanted=(mediawiki mini-httpd php-cli php-sqlite3 php-mbstring php-xml php-intl php-gd lua5.1)
absent=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || absent+=("$package")
done
if [ ${#absent[@]} -eq 0 ]; then
  echo "MediaWiki is installed already"
  exit 0
fi

# A policy of "no" (101) keeps the packages from starting mini-httpd; a policy that exists is left alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
apt-cache show mediawiki >/dev/null 2>&1 || apt-get update -qq
# php-cli names the version that this Debian has ("php8.4-cli"), and so the matching php8.4-cgi.
cgi=$(apt-cache depends php-cli | sed -n 's/.*Depends: \(php[0-9.]*\)-cli$/\1-cgi/p' | head -n 1)
apt-get install -y -q --no-install-recommends "${absent[@]}" ${cgi:+"$cgi"} \
  || { apt-get update -qq && apt-get install -y -q --no-install-recommends "${absent[@]}" ${cgi:+"$cgi"}; }
