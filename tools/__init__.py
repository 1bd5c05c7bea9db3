"""Tools for those who work on the project: what writes generated files. The operator never imports them."""
