"""One namespace of a real API server as a stage: an operator that can die at any write, people, and a kubelet.

Everybody on it is a user of their own. What happened is read from the API server alone, by an observer.
"""
