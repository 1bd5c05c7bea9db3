"""What installs the API into a cluster: CRDs, admission policies, roles. Generated from `api.kinds` and `api.types`."""
