#!/bin/sh
# Install each deployable by itself, not editable, out of the lock, and run its unit tests:
# an import of another member, or of a package that only another member asks for, fails here.
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

failed=''
for member in packages/*; do
    [ -f "$member/pyproject.toml" ] || continue
    name=${member#packages/}
    echo "== $name by itself"
    "$uv" venv --quiet --python .venv/bin/python "$place/$name"
    "$uv" pip install --quiet --python "$place/$name" --verify-hashes --constraints requirements.lock \
        "./$member" pytest pytest-asyncio pytest-socket pytest-timeout hypothesis
    "$place/$name/bin/python" -m pytest "$member/tests/unit" -q -p no:cacheprovider || failed="$failed $name"
done
[ -z "$failed" ] || {
    echo "error: by itself does not pass:$failed" >&2
    exit 1
}
