"""The decisions about one job: their inputs, the steps that a plan can return, and the plan. Pure.

May import `policy.deadletter` and what that may import.
"""
