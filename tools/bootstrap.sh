#!/bin/sh
# Make the checkout's own environment (.venv) from requirements.lock, once, and after every change
# of what it is made from. Called by ./hearth (`run`) and by make (`dev`, which adds the tools of
# development). Everything lands in the checkout: .venv, and .tools for uv and its cache.
#
# Exit codes: 0 fresh · 2 usage · 10 could not be set up (the text on stderr says what to do).
set -u

MINIMUM='3.11'
NEEDED_KIB=1000000

kind=${1-}
case $kind in
    run | dev) ;;
    *) echo "usage: tools/bootstrap.sh run|dev" >&2; exit 2 ;;
esac
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
root=$(CDPATH='' cd -- "$here/.." && pwd -P) || exit 10
venv=$root/.venv
tools=$root/.tools
stamp=$venv/.hearth-stamp
log=$tools/bootstrap.log

say() { printf 'hearth: %s\n' "$*" >&2; }

# fail WHAT HINT...: the error, a blank line, one hint a line.
fail() {
    printf 'error: %s\n\n' "$1" >&2
    shift
    for hint in "$@"; do printf 'hint: %s\n' "$hint" >&2; done
    exit 10
}

# ---- freshness ---------------------------------------------------------------------------------

sources() {
    for file in "$root"/requirements.lock "$root"/pyproject.toml "$root"/packages/*/pyproject.toml \
        "$root"/tools/bootstrap.sh; do
        [ -f "$file" ] && printf '%s\n' "$file"
    done
}

checksum() { sources | while IFS= read -r file; do cat -- "$file"; done | cksum; }

# Fill in what the stamp says; empty where there is none.
read_stamp() {
    stamped_root='' stamped_python='' stamped_kind='' stamped_sum=''
    [ -r "$stamp" ] || return 0
    {
        IFS= read -r stamped_root
        IFS= read -r stamped_python
        IFS= read -r stamped_kind
        IFS= read -r stamped_sum
    } < "$stamp"
    return 0
}

has_wanted_python() { [ -z "${HEARTH_PYTHON-}" ] || [ "$HEARTH_PYTHON" = "$stamped_python" ]; }

is_fresh() {
    read_stamp
    [ "$stamped_root" = "$root" ] && has_wanted_python && [ -x "$venv/bin/python" ] &&
        [ -f "$venv/bin/hearth" ] || return 1
    [ "$stamped_kind" = dev ] || [ "$stamped_kind" = "$kind" ] || return 1
    [ "$stamped_sum" = "$(checksum)" ]
}

# ---- the interpreter ---------------------------------------------------------------------------

# Accept a Python that runs, is new enough, and has not left the range that the lock was made for.
is_usable_python() {
    "$1" -c "import sys; v = sys.version_info[:2]; sys.exit(not ((3, 11) <= v <= ($2)))" \
        > /dev/null 2>&1
}

find_python() {
    python=''
    if [ -n "${HEARTH_PYTHON-}" ]; then
        is_usable_python "$HEARTH_PYTHON" '3, 99' ||
            fail "HEARTH_PYTHON: \`$HEARTH_PYTHON\` is not a Python $MINIMUM or newer that runs" \
                'unset HEARTH_PYTHON'
        python=$HEARTH_PYTHON
        return 0
    fi
    for newest in '3, 14' '3, 99'; do
        for candidate in python3 python3.13 python3.12 python3.14 python3.11 python \
            /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3; do
            path=$(command -v "$candidate" 2> /dev/null) || continue
            if is_usable_python "$path" "$newest"; then
                python=$path
                return 0
            fi
        done
    done
    return 1
}

fail_without_python() {
    found=$(python3 --version 2>&1) || found='none'
    fail "python: a Python $MINIMUM or newer with venv or pip is needed, found \`$found\`" \
        'Debian, Ubuntu: sudo apt-get install python3 python3-venv' \
        'Fedora: sudo dnf install python3 python3-pip' \
        'macOS: brew install python@3.13' \
        'another interpreter: HEARTH_PYTHON=/path/to/python3 ./hearth'
}

# ---- one set-up at a time ----------------------------------------------------------------------

# The lock lies on descriptor 9, so it ends with the last process that holds it, however that ends:
# a killed set-up leaves nothing stale. flock(1) where there is one, else Python's own.
take_lock() {
    touch "$tools/lock" 2> /dev/null || fail_read_only
    exec 9> "$tools/lock"
    if command -v flock > /dev/null 2>&1; then
        flock -n 9 && return 0
        say 'another set-up of this checkout is running; waiting for it'
        flock 9
    elif [ -n "$python" ]; then
        "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    fi
}

fail_read_only() {
    fail "$root: the checkout cannot be written to by \`$(id -un)\`, and the set-up belongs inside it" \
        "git clone \"$root\" ~/hearth && ~/hearth/hearth"
}

check_space() {
    free=$(df -Pk "$root" 2> /dev/null | awk 'NR == 2 {print $4}')
    [ -z "$free" ] || [ -x "$venv/bin/hearth" ] || [ "$free" -ge "$NEEDED_KIB" ] ||
        fail "$root: the set-up needs $((NEEDED_KIB / 1024)) MiB of disk, $((free / 1024)) MiB are free" \
            "df -h \"$root\""
}

# ---- uv ----------------------------------------------------------------------------------------

locked_uv() { sed -n 's/^uv==\([0-9.]*\).*/\1/p' "$root/requirements.lock"; }

# uv_build, which builds the members, is part of uv and needs no download while the range fits.
find_uv() {
    uv=$tools/uv-$(locked_uv)
    [ -x "$uv" ] && "$uv" --version > /dev/null 2>&1 && return 0
    uv=$(command -v uv 2> /dev/null) || return 1
    case $("$uv" --version 2> /dev/null) in
        'uv 0.9.'* | 'uv 0.'[1-9][0-9]'.'*) return 0 ;;
        *) return 1 ;;
    esac
}

# Print the lock's entry of uv alone: pip then refuses anything whose hash is another.
uv_requirement() {
    awk '/^uv==/ {on = 1} on {print} on && !/\\$/ {exit}' "$root/requirements.lock"
}

pip_cache_option() {
    [ -d "${PIP_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/pip}" ] || printf '%s' '--no-cache-dir'
}

make_uv() {
    version=$(locked_uv)
    fresh=$tools/uv.new
    rm -rf "$fresh"
    uv_requirement > "$tools/uv.txt"
    say "fetching uv $version, which installs the rest (25 MB)"
    # shellcheck disable=SC2046  # no option where the cache is there
    set -- install --quiet --disable-pip-version-check $(pip_cache_option) --no-deps \
        --only-binary :all: --require-hashes -r "$tools/uv.txt"
    if "$python" -c 'import ensurepip, venv' > /dev/null 2>&1; then
        run_logged "$python" -m venv "$fresh" && run_logged "$fresh/bin/python" -m pip "$@"
    elif "$python" -c 'import pip' > /dev/null 2>&1; then
        run_logged "$python" -m pip "$@" --target "$fresh"
    else
        fail_without_python
    fi || fail_install 'uv'
    mv -f "$fresh/bin/uv" "$tools/uv-$version"
    rm -rf "$fresh"
    uv=$tools/uv-$version
}

# ---- the environment ---------------------------------------------------------------------------

# A person's own uv cache is shared; without one nothing is left outside the checkout.
choose_cache() {
    [ -z "${UV_CACHE_DIR-}" ] || return 0
    cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/uv
    [ -d "$cache" ] && [ -w "$cache" ] || cache=$tools/cache
    export UV_CACHE_DIR="$cache"
}

run_logged() { "$@" >> "$log" 2>&1; }

NETWORK='dns error|resolve host|name resolution|error sending request|connection (refused|reset)'
NETWORK="$NETWORK|could not connect|failed to connect|unreachable|timed out|newconnectionerror"
# pip's words when no index answered: it knows of no version at all.
NETWORK="$NETWORK|from versions: none"

# On a terminal uv draws its own progress; a failed run is repeated into the log, which is then read.
run_uv() {
    if [ -t 2 ]; then "$uv" "$@" >&2 && return 0; fi
    run_logged "$uv" "$@" && return 0
    if grep -q 'invalid peer certificate' "$log"; then
        # uv trusts a list of its own; a network with its own authority is known to the system only.
        export UV_SYSTEM_CERTS=true UV_NATIVE_TLS=true
        run_logged "$uv" "$@" && return 0
    fi
    grep -qiE "$NETWORK" "$log" || return 1
    # A member may have changed without asking for more than the cache holds.
    run_logged "$uv" --offline "$@"
}

# Say why the last run failed, from what it wrote.
fail_install() {
    if grep -qiE 'no space left|disk quota' "$log"; then
        fail "$root: the disk is full" "df -h \"$root\""
    elif grep -qiE 'hash mismatch|do not match the hashes|hashes.*mismatch' "$log"; then
        grep -iE -m 3 -A 8 'hash mismatch|do not match the hashes' "$log" >&2
        fail "requirements.lock: a downloaded package of \`$1\` is not the one that was locked" \
            'git checkout requirements.lock'
    elif grep -qiE "$NETWORK" "$log"; then
        tail -n 3 "$log" >&2
        fail "network: the packages of \`$1\` could not be fetched; what was fetched is kept, the next run goes on" \
            'connect to the network (or set HTTPS_PROXY), then run it again'
    elif grep -qiE 'permission denied|read-only file system' "$log"; then
        tail -n 3 "$log" >&2
        fail_read_only
    fi
    tail -n 20 "$log" >&2
    fail "set-up: installing \`$1\` failed, the whole log is in $log" 'rm -rf .venv .tools, then run it again'
}

# A venv is kept when its last set-up ended well, or when somebody else made it.
is_venv_sound() {
    "$venv/bin/python" -c '' 2> /dev/null && has_wanted_python || return 1
    [ "$stamped_root" = "$root" ] || { [ -z "$stamped_root" ] && [ "$was_interrupted" = no ]; }
}

make_venv() {
    is_venv_sound && return 0
    # Half-made, moved, or of an interpreter that is gone: made anew, the packages come from the cache.
    if [ -n "$python" ]; then set -- --python "$python"; else set -- --python ">=$MINIMUM"; fi
    run_logged "$uv" venv --clear --quiet "$@" "$venv" || {
        [ -n "$python" ] || fail_without_python
        fail_install '.venv'
    }
}

# While packages change there is no stamp: a set-up that is killed here starts afresh the next time,
# and one that fails leaves the old environment as it was.
install_members() {
    rm -f "$tools/stamp.old"
    [ ! -f "$stamp" ] || mv -f "$stamp" "$tools/stamp.old"
    set -- --python "$venv" --verify-hashes --constraints requirements.lock
    for member in packages/*/pyproject.toml; do set -- "$@" --editable "${member%/pyproject.toml}"; done
    [ "$kind" = run ] || set -- "$@" --group dev --group bootstrap
    run_uv pip install "$@" || {
        [ ! -f "$tools/stamp.old" ] || mv -f "$tools/stamp.old" "$stamp"
        fail_install 'hearth'
    }
}

write_stamp() {
    printf '%s\n%s\n%s\n%s\n' "$root" "${HEARTH_PYTHON-}" "$kind" "$1" > "$tools/stamp.new" &&
        touch -r "$tools/started" "$tools/stamp.new" && mv -f "$tools/stamp.new" "$stamp" &&
        rm -f "$tools/started" "$tools/stamp.old"
}

# ---- in order ----------------------------------------------------------------------------------

cd "$root" || exit 10
unset VIRTUAL_ENV CONDA_PREFIX PYTHONHOME UV_PROJECT_ENVIRONMENT UV_CONSTRAINT UV_OVERRIDE
export UV_PYTHON_DOWNLOADS=never

mkdir -p "$tools" 2> /dev/null
if ! [ -w "$tools" ] || ! [ -w "$root" ]; then fail_read_only; fi
find_python
take_lock
was_interrupted=no
[ ! -e "$tools/started" ] || was_interrupted=yes
read_stamp
[ "$stamped_kind" = dev ] && [ "$stamped_root" = "$root" ] && kind=dev
if is_fresh; then
    # Touched but not changed, or another set-up was quicker.
    touch "$stamp" 2> /dev/null
    exit 0
fi

check_space
touch "$tools/started" || fail_read_only
printf '' > "$log"
choose_cache
if [ -n "$stamped_sum" ] && [ "$stamped_root" = "$root" ]; then
    say 'the checkout has changed; bringing its environment up to date'
else
    say "setting up this checkout in .venv (once, up to a minute; 400 MB on disk)"
fi
find_uv || { [ -n "$python" ] || fail_without_python; make_uv; }
make_venv
sum=$(checksum)
install_members
write_stamp "$sum" || fail_read_only
say 'ready'
