#!/bin/sh
# Write requirements.lock: universal, with hashes, without a registry's address or our own members.
#
# tools/lock.sh             write it, keeping the versions that still fit
# tools/lock.sh --upgrade   write it with the newest versions in range
# tools/lock.sh --check     change nothing; exit 1 where a dependency was added and not locked
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
[ -x "$uv" ] || uv=uv

compile() {
    for member in packages/*/pyproject.toml; do
        name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$member" | head -n 1)
        set -- "$@" --no-emit-package "$name" "$member"
    done
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header --no-annotate \
        --group pyproject.toml:dev --group pyproject.toml:bootstrap "$@" > /dev/null
}

check() {
    copy=$(mktemp)
    trap 'rm -f "$copy"' EXIT
    cp requirements.lock "$copy"
    # What the cache knows is enough while the lock is right, and needs no network.
    compile --offline --output-file "$copy" 2> /dev/null && cmp -s "$copy" requirements.lock && return 0
    cp requirements.lock "$copy"
    compile --output-file "$copy"
    cmp -s "$copy" requirements.lock && return 0
    diff -u requirements.lock "$copy" | grep '^[+-][a-z]' >&2 || true
    printf 'error: requirements.lock: it does not fit the members any more\n\nhint: make lock\n' >&2
    return 1
}

case ${1-} in
    '') compile --output-file requirements.lock ;;
    --upgrade) compile --upgrade --output-file requirements.lock ;;
    --check) check ;;
    *)
        echo 'usage: tools/lock.sh [--upgrade|--check]' >&2
        exit 2
        ;;
esac
