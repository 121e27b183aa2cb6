#!/bin/sh
# For Debian 12, amd64
set -e

# the ones here may be old
apt-get update

# Docker's packages are signed with it
env DEBIAN_FRONTEND=noninteractive apt-get install --yes ca-certificates curl
install -d -m 0755 /etc/apt/keyrings
curl --fail --silent --show-error --location -o /etc/apt/keyrings/docker.asc https://download.docker.com/linux/debian/gpg
chmod 0644 /etc/apt/keyrings/docker.asc

# Docker is not installed
install -D -m 0644 /dev/stdin /etc/apt/sources.list.d/docker.sources <<'END'
Types: deb
URIs: https://download.docker.com/linux/debian
Suites: bookworm
Components: stable
Architectures: amd64
Signed-By: /etc/apt/keyrings/docker.asc
END

# the ones here may be old
apt-get update

# Docker is not installed
env DEBIAN_FRONTEND=noninteractive apt-get install --yes docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin

# by hand: there is no systemd to start Docker: run `sudo dockerd`, and see that it stays
# by hand: this is a container: what is set up in it is gone with it
