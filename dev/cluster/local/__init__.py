"""A cluster of Kubernetes' own programs as processes of this machine, in a network and mounts of their own."""
