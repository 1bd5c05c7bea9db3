.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z][a-z-]*:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): requirements/dev.txt
	@echo "Installing Python packages into $(VENV), about a minute ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

##@ Try it
.PHONY: demo run
demo: $(INSTALLED) ## A real cluster, the operator, and jobs that end well and badly (PLAIN=1: no live table)
	@$(BIN)/python -m dev.demo --name $(NAME) --cluster $(CLUSTER)

# NAMESPACES="a b" confines it to them; ARGS="--log-level debug" goes to the operator.
run: $(INSTALLED) ## The operator in the foreground, on the cluster of KUBECONFIG, as its own user
	@$(BIN)/python -m dev.run $(NAMESPACES:%=--namespace %) $(ARGS)

##@ Checks
.PHONY: lint types imports unit mutants simulate sabotage api e2e chaos
lint: $(INSTALLED) ## Ruff: style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(INSTALLED) ## mypy --strict
	@$(BIN)/mypy

imports: $(INSTALLED) ## The import order of the packages
	@PYTHONPATH=operator $(BIN)/lint-imports --no-logo

unit: $(INSTALLED) ## Unit tests: decisions, tables and properties; those of dev/, too
	@$(BIN)/pytest tests/unit tests/dev --ignore=tests/dev/real_clusters --numprocesses=2 --quiet

# In a copy, so that the work tree stays as it is. 1 where fewer than 90 of 100 are noticed. Not part of make test.
mutants: $(INSTALLED) ## Policy files with one mistake each, to be noticed by their unit tests (ONLY="failure/rules.py retry/backoff.py")
	@$(BIN)/python -m dev.mutants $(if $(ONLY),--only $(ONLY))

# SEEDS fresh histories, others each time, after those that failed once; SEED tells one, as a failure prints it.
# DIGEST=1 prints a hash of all requests and answers of each seed, to be compared with another commit's.
SEEDS ?= $(if $(DIGEST),500,2000)
SIMULATE = --seeds $(SEEDS) --kept --table $(if $(FIRST),--first $(FIRST)) $(if $(SEED),--seed $(SEED)) $(if $(DIGEST),--digest)
simulate: $(INSTALLED) ## The whole operator in simulated histories full of troubles (SEEDS=10000 FIRST=1 SEED=n DIGEST=1)
	@PYTHONPATH=operator $(BIN)/python -m tests.simulation $(SIMULATE)

# Each wrong version until a history catches it; 1 where one is not caught. ONLY takes names, without .patch.
sabotage: $(INSTALLED) ## Wrong versions of the operator, each to be caught by the simulation (ONLY="name name" SEEDS=2000 FIRST=1)
	@PYTHONPATH=operator $(BIN)/python -m tests.simulation.sabotage --seeds $(SEEDS) $(if $(FIRST),--first $(FIRST)) $(if $(ONLY),--only $(ONLY))

api: $(INSTALLED) ## API tests: operators that die at every write, on a real API server of their own
	@$(BIN)/pytest tests/api --numprocesses=3 --dist=worksteal

e2e: $(INSTALLED) ## End-to-end tests: real pods on a real node, and the clusters themselves
	@$(BIN)/pytest e2e tests/dev/real_clusters --numprocesses=4 --dist=worksteal

# Its cluster is its own, and goes with it. The report, the operator's log and what the jobs wrote stay in .run/chaos/SEED.
MINUTES ?= 30
chaos: $(INSTALLED) ## Everything killed at random while jobs run, and a witness (MINUTES=30 SEED=n)
	@$(BIN)/python -m dev.chaos --minutes $(MINUTES) --cluster $(CLUSTER) $(if $(SEED),--seed $(SEED))

# The histories of a commit are always the same ones, so that what fails in them is there to be seen again.
.PHONY: test
test: $(INSTALLED) ## All tests, in order of cost; stops at the first stage that fails
	@FIRST=$$(printf %d 0x$$(git rev-parse --short=8 HEAD)) $(BIN)/python -m dev.stages

##@ Cluster
CLUSTER ?= auto
PROFILE ?= node
NAME ?= demo
CLUSTERS = $(BIN)/python -m dev.cluster

.PHONY: cluster cluster-down kubeconfig env
cluster: $(INSTALLED) ## A real Kubernetes (CLUSTER=auto|kind|local|current PROFILE=node|api NAME=demo)
	@$(CLUSTERS) up --name $(NAME) --profile $(PROFILE) --cluster $(CLUSTER)

cluster-down: $(INSTALLED) ## Takes it down, and what works with it (NAME=demo)
	@$(CLUSTERS) down --name $(NAME)

# Their answer is all that may go to stdout.
kubeconfig: ## Prints the path of its kubeconfig (NAME=demo)
	@$(MAKE) --silent $(INSTALLED) >&2 && $(CLUSTERS) kubeconfig --name $(NAME)

env: ## Prints a line for eval: KUBECONFIG, kubectl and queuedjob (NAME=demo)
	@$(MAKE) --silent $(INSTALLED) >&2 && $(CLUSTERS) env --name $(NAME)

##@ API
.PHONY: generate verify pod-schema
generate: $(INSTALLED) ## Write crds/, policies/, rbac/, docs/failure-classes.md, argocd-cm.yaml and `then` of tests/golden; needs no cluster
	@PYTHONPATH=operator $(BIN)/python -m dev.generate.generated_files

verify: $(INSTALLED) ## Fail where one of these is not what the code says
	@PYTHONPATH=operator $(BIN)/python -m dev.generate.generated_files --check

pod-schema: $(INSTALLED) ## Fetch the pod template's schema anew, from the pinned Kubernetes
	@$(BIN)/python -m dev.generate.pod_schema

##@ Measure
SIZES = $(if $(JOBS),--jobs $(JOBS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(BACKLOG),--backlog $(BACKLOG)) \
  $(if $(ONLY),--only $(ONLY)) $(if $(JSON),--json $(JSON))

# Parts: latency throughput neighbours admission backlog.
.PHONY: bench
bench: $(INSTALLED) ## Beside batch/v1 Job and hostile neighbours, an hour (JOBS=200 ROUNDS=1 BACKLOG=1000 ONLY=part JSON=path)
	@$(BIN)/python -m dev.bench $(SIZES)

##@ Upkeep
.PHONY: format requirements
format: $(INSTALLED) ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

requirements: $(INSTALLED) ## Lock the Python packages anew, with hashes
	@$(BIN)/python -m pip install --quiet pip-tools
	@cd requirements && for lock in runtime: dev:--extra=dev; do \
	  CUSTOM_COMPILE_COMMAND="make requirements" ../$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes \
	    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options $${lock#*:} -o $${lock%%:*}.txt ../pyproject.toml; done
