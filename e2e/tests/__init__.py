"""What users see, on a real kubelet: every test has a namespace and an operator of its own, on one shared cluster."""
