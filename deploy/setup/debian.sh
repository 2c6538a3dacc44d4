#!/bin/sh
# Installs the named parts on Debian where they are missing: node, java, maven,
# protoc, tmux. Elsewhere, or without the right to install, it says what to install.
set -eu

missing=""
for part in "$@"; do
    case "$part" in
    node)   command -v npm >/dev/null 2>&1    || missing="$missing npm" ;;
    java)   command -v java >/dev/null 2>&1   || missing="$missing openjdk-17-jre-headless" ;;
    maven)  command -v mvn >/dev/null 2>&1    || missing="$missing maven" ;;
    protoc) command -v protoc >/dev/null 2>&1 || missing="$missing protobuf-compiler" ;;
    tmux)   command -v tmux >/dev/null 2>&1   || missing="$missing tmux" ;;
    *) echo "deploy/setup/debian.sh: unknown part: $part" >&2; exit 2 ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        as_root="none"
    fi
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$as_root" = none ]; then
    echo "please install:$missing" >&2
    [ "${CI:-}" = true ] && exit 1
    exit 0
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
