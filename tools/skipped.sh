#!/bin/sh
# Say which tests `make test` left out on this machine, why, and what runs them.
set -eu
say() { printf 'left out: %s\n' "$*"; }

if docker version > /dev/null 2>&1; then
    say 'tests on the Docker engine; it answers: make e2e'
else
    say 'tests on a Docker engine; none answers: start one, then make e2e'
fi
if command -v chromium > /dev/null 2>&1 || command -v chromium-browser > /dev/null 2>&1 ||
    command -v google-chrome > /dev/null 2>&1; then
    say 'tests in Chromium; it is there: make e2e'
else
    say 'tests in Chromium; it is not installed: sudo apt-get install chromium, then make e2e'
fi
say 'uploads of gigabytes, set-up of fresh checkouts, and the conformance suite of MCP, which npm fetches, and a real model: make e2e'
