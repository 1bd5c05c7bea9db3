"""The manifests that install the API into a cluster: CRDs, admission policies, roles.

They are generated from `api.kinds` and `api.types`.
"""
