#!/bin/sh
# For Fedora 42, amd64
set -e

# Docker is not installed
sudo dnf --assumeyes install dnf-plugins-core
sudo dnf config-manager addrepo --overwrite --from-repofile=https://download.docker.com/linux/fedora/docker-ce.repo
sudo dnf --assumeyes install docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin

# so that it also runs after the next boot
sudo systemctl enable --now docker

# only members of the group docker may; they can become root through it
sudo usermod --append --groups docker ann
# Log out and in again: a new group counts from the next log-in on.
