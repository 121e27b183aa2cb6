#!/bin/sh
# For Debian 13, amd64
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
Suites: trixie
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

# RTX 4090: NVIDIA's driver is not loaded
sudo install -D -m 0644 /dev/stdin /etc/apt/sources.list.d/hearth-non-free.sources <<'END'
Types: deb
URIs: http://deb.debian.org/debian
Suites: trixie
Components: contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END

# the ones here may be old
sudo apt-get update

# RTX 4090: NVIDIA's driver is not loaded
sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes linux-headers-amd64 nvidia-driver nvidia-smi libcuda1

# NVIDIA's packages are signed with it
sudo install -d -m 0755 /usr/share/keyrings
sudo curl --fail --silent --show-error --location -o /usr/share/keyrings/nvidia-container-toolkit-keyring.asc https://nvidia.github.io/libnvidia-container/gpgkey
sudo chmod 0644 /usr/share/keyrings/nvidia-container-toolkit-keyring.asc

# containers reach NVIDIA's cards through it
sudo install -D -m 0644 /dev/stdin /etc/apt/sources.list.d/nvidia-container-toolkit.sources <<'END'
Types: deb
URIs: https://nvidia.github.io/libnvidia-container/stable/deb/amd64
Suites: /
Signed-By: /usr/share/keyrings/nvidia-container-toolkit-keyring.asc
END

# the ones here may be old
sudo apt-get update

# containers reach NVIDIA's cards through it
sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes nvidia-container-toolkit
sudo nvidia-ctk runtime configure --runtime=docker

# it reads runtimes at its start; containers stop for a moment
sudo systemctl restart docker
# Reboot: a new driver is loaded at the next boot. Then run this again.
