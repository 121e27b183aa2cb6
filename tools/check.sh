#!/bin/sh
# Every check that is not a test. All of them run, so that one look shows everything.
set -u
cd "$(dirname "$0")/.." || exit 1
bin=.venv/bin
failed=''

step() {
    name=$1
    shift
    printf '== %s\n' "$name"
    "$@" || failed="$failed, $name"
}

check_shell() {
    if ! command -v shellcheck > /dev/null; then
        echo 'left out: shellcheck is not installed: sudo apt-get install shellcheck'
        return 0
    fi
    shellcheck hearth .ci/run tools/*.sh &&
        shellcheck --exclude SC1090 tests/e2e/lab/images/*/*.sh # files given at run time are sourced
}

step format $bin/ruff format --check --quiet .
step lint $bin/ruff check --quiet .
step types $bin/mypy
step layers $bin/lint-imports
step 'our own lints' $bin/python tools/lints
step lock sh tools/lock.sh --check
step 'generated files' $bin/python tools/generate.py --check
step catalog $bin/python -m hearth_control.catalog.check
step shell check_shell

[ -z "$failed" ] || {
    printf '\nerror: these do not hold: %s\n' "${failed#, }" >&2
    exit 1
}
