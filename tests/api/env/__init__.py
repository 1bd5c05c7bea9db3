"""The test environment: one namespace of a real API server, with an operator that can die at any write, users and a
kubelet.

Each of them is a separate user of the API server. What happened is read from the API server alone, by an observer.
"""
