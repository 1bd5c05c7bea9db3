"""A world in small: one job at an API server, its pods, a kubelet, people, and one operator that plans.

Pure and quick: time stands until it is told to pass, and nothing happens until somebody is told to do it. The server
holds the truth and writes down what must never happen; the operator knows only what has been delivered to it.
"""
