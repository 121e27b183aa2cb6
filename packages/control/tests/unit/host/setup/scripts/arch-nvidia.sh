#!/bin/sh
# For Arch Linux, amd64
set -e

# by hand: Arch Linux: install Docker Engine and its compose plugin as https://docs.docker.com/engine/install/ says
# by hand: RTX 4090: NVIDIA's driver is not loaded; set it up as https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html says
