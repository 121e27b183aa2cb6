#!/bin/sh
# For Debian 12, amd64
set -e

# the ones here may be old
sudo apt-get update

# Docker's packages are signed with it
sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes ca-certificates curl
sudo install -d -m 0755 /etc/apt/keyrings
sudo curl --fail --silent --show-error --location -o /etc/apt/keyrings/docker.asc https://download.docker.com/linux/debian/gpg
sudo chmod 0644 /etc/apt/keyrings/docker.asc

# Docker is not installed
sudo install -D -m 0644 /dev/stdin /etc/apt/sources.list.d/docker.sources <<'END'
Types: deb
URIs: https://download.docker.com/linux/debian
Suites: bookworm
Components: stable
Architectures: amd64
Signed-By: /etc/apt/keyrings/docker.asc
END

# the ones here may be old
sudo apt-get update

# Docker is not installed
sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin

# so that it also runs after the next boot
sudo systemctl enable --now docker

# only members of the group docker may; they can become root through it
sudo usermod --append --groups docker ann
# Log out and in again: a new group counts from the next log-in on.
