"""Wrong versions of policy/, each wrong in one place: its unit tests must notice every one (`make mutants`)."""
