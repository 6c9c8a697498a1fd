#!/usr/bin/env bash
# Installs the servers that the gateway is compared with and that are not built from Go modules, into a folder of their own: no
# root, no services, nothing outside the folder. For Debian on amd64; it needs apt-get and npm. What cannot be had is left out.
#
#   test/load/peers.sh [FOLDER]      default: gangway-peers in $XDG_CACHE_HOME, or in ~/.cache
set -euo pipefail
folder="${1:-${XDG_CACHE_HOME:-$HOME/.cache}/gangway-peers}"
mkdir -p "$folder"
cd "$folder"

# nginx with Nchan, and Pushpin. Those of Debian 12; another Debian has others, so what was taken is printed.
debian=(nginx libnginx-mod-nchan=1:1.3.6+dfsg-2 pushpin=1.36.0-2)
install_debian() {
  local simulated packages
  simulated="$(apt-get -s install --no-install-recommends "${debian[@]}")" || return 1
  # What is installed on the machine already is taken from there.
  packages="$(awk '$1 == "Inst" { version = $3; if (version ~ /^\[/) version = $4; sub(/^\(/, "", version); print $2 "=" version }' <<<"$simulated")"
  rm -rf deb.new && mkdir deb.new
  (cd deb.new && echo "$packages" | xargs -r apt-get -qq download && for p in *.deb; do dpkg -x "$p" . && rm "$p"; done) || return 1
  # Nchan has nginx make its compiled-in folders whatever the configuration says: let them be below nginx's prefix.
  grep -rlZ /var/lib/nginx/ deb.new/usr/sbin deb.new/usr/lib/nginx | xargs -r0 sed -i 's#/var/lib/nginx/#temporaryfiles/#g'
  rm -rf deb && mv deb.new deb
  echo "$packages" | grep -E '^(nginx|libnginx-mod-nchan|pushpin|condure|zurl)=' | tee deb/versions
}

# Bun, Socket.IO, and serverless-offline on the maintained fork of the framework that it is a plugin of.
npm=(bun@1.4.5 socket.io@4.8.4 serverless-offline@14.8.2 serverless@npm:osls@4.3.1)
install_npm() {
  mkdir -p npm
  [ -f npm/package.json ] || echo '{"private":true}' >npm/package.json
  (cd npm && npm install --no-audit --no-fund --loglevel=error --save-exact "${npm[@]}") || return 1
  printf '%s\n' "${npm[@]}" | tee npm/versions
}

echo "installing to $folder"
install_debian || echo "nginx, Nchan and Pushpin are left out"
install_npm || echo "Bun, Socket.IO and serverless-offline are left out"
