"""The adapter to the API server: the requests (`client`), and the objects that are sent and received (`objects`).

May import `runtime`, `telemetry` and the layers below them. Keys of Kubernetes objects appear only here and in `api`.
"""
