"""Objects of the API server, one module per kind.

The modules turn bodies into facts of `policy`, and the steps of `policy` into bodies and patches.
"""
