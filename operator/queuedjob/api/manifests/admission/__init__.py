"""ValidatingAdmissionPolicies: checks that schemas cannot express. They need no webhook and cost status writes nothing.

Each policy has a file of its own. Each message names the fields and the way to fix them. Fields that few jobs have
(rules of their own, terms of single classes) are checked by separate policies. The match condition of such a policy
skips all other jobs at little cost: the API server evaluates every check for every job that is created.
"""
