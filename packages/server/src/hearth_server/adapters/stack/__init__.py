"""The list of services that the control plane writes, and the sockets they are asked by."""
