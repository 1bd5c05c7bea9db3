"""Policies that are wrong in one place each: the unit tests of policy/ must notice every one (`make mutants`)."""
