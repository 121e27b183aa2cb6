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

target=requirements.lock
set -- "${1-}"
case $1 in
    --check)
        target=$(mktemp)
        trap 'rm -f "$target"' EXIT
        cp requirements.lock "$target"
        mode=check
        set --
        ;;
    --upgrade) mode=write ;;
    '')
        mode=write
        set --
        ;;
    *)
        echo 'usage: tools/lock.sh [--upgrade|--check]' >&2
        exit 2
        ;;
esac

for member in packages/*/pyproject.toml; do
    name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$member" | head -n 1)
    set -- "$@" --no-emit-package "$name" "$member"
done
"$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-header --no-annotate --group pyproject.toml:dev --group pyproject.toml:bootstrap \
    "$@" --output-file "$target" > /dev/null

[ "$mode" = write ] || cmp -s "$target" requirements.lock || {
    diff -u requirements.lock "$target" | grep '^[+-][a-z]' >&2 || true
    printf 'error: requirements.lock: it does not fit the members any more\n\nhint: make lock\n' >&2
    exit 1
}
