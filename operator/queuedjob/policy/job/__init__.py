"""What is decided about one job: its inputs, the steps that can be asked for, and the plan that asks. Pure.

May import `policy.deadletter` and what that may import.
"""
