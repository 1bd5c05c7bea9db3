"""ValidatingAdmissionPolicies: what schemas cannot say, without a webhook, and at no cost to status writes.

One file a policy. Each message names the fields and the way out. What few jobs have (rules of their own, terms of
single classes) has a policy of its own, whose condition lets all others pass at little cost: the API server pays for
every check with every job that is created.
"""
