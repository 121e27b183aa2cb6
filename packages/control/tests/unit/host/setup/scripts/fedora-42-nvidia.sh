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

# NVIDIA's driver is packaged there
sudo dnf --assumeyes install https://mirrors.rpmfusion.org/free/fedora/rpmfusion-free-release-42.noarch.rpm https://mirrors.rpmfusion.org/nonfree/fedora/rpmfusion-nonfree-release-42.noarch.rpm

# RTX 4090: NVIDIA's driver is not loaded
sudo dnf --assumeyes install akmod-nvidia xorg-x11-drv-nvidia-cuda

# else the next boot would wait for it, or come up without
sudo akmods --force

# containers reach NVIDIA's cards through it
sudo curl --fail --silent --show-error --location -o /etc/yum.repos.d/nvidia-container-toolkit.repo https://nvidia.github.io/libnvidia-container/stable/rpm/nvidia-container-toolkit.repo
sudo dnf --assumeyes install nvidia-container-toolkit
sudo nvidia-ctk runtime configure --runtime=docker

# it reads runtimes at its start; containers stop for a moment
sudo systemctl restart docker
# Reboot: a new driver is loaded at the next boot. Then run this again.
