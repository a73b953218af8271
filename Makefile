# Each target says in one line what it does; the work is done by scripts/ and by the Python packages.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
# Node of the checkout first: the wrappers of forge and anvil are started by `env node`.
export PATH := $(CURDIR)/.tools/bin:$(PATH)
BIN := .venv/bin
PYTEST := timeout 1500 $(BIN)/pytest -q
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Bring every tool and library into the checkout (safe to repeat)
	@scripts/setup.sh

demo: setup ## Run the whole story on a local network, with progress, and leave the pages open
	@$(BIN)/python -m demo.demo

story: setup ## Run the whole story once and write var/story.json
	@$(BIN)/python -m demo.story

sandbox: setup ## A small network for integrators: anvil, one node, two units with their key files
	@$(BIN)/python -m demo.sandbox

down: ## Stop every local network below var/
	@$(BIN)/piaolian-network down $$(find var -maxdepth 5 -name members.toml -printf '%h\n' 2>/dev/null)

check: lint types verifier-types imports contracts-format house-rules bandit ## Everything that is judged without running the product

lint: ## ruff
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

fmt: ## Format Python and Solidity
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .
	@cd contracts && ../node_modules/.bin/forge fmt

types: ## mypy, strict, code and tests
	@$(BIN)/mypy --no-error-summary

verifier-types: ## TypeScript over the JSDoc types of the offline page
	@node node_modules/typescript/bin/tsc -p verifier

imports: ## Layers and independence of the packages
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo | tail -n 6

contracts-format: ## forge fmt
	@cd contracts && ../node_modules/.bin/forge fmt --check

house-rules: ## Rules of this repository, one small script each
	@$(BIN)/python -m scripts.checks

bandit: ## Security faults in the Python of the product: every finding has an answer in scripts/bandit-answers.toml
	@$(BIN)/python -m scripts.bandit

audit: ## Ask the registries for known vulnerabilities of what is locked (docs/audit.md)
	@scripts/audit.sh

test: unit verifier-test contracts integration acceptance ## All tests

unit: ## Tests without sockets or processes
	@$(PYTEST) tests/unit

verifier: ## Build the offline verification page: verifier/dist/verifier.html
	@node verifier/build.js

verifier-test: ## Tests of the offline page's checks in Node
	@node --no-warnings --test --test-reporter=dot verifier/test/*.test.js

contracts: ## Contract tests; exported ABIs, storage layout and docs/contracts.md are what the sources say
	@cd contracts && FOUNDRY_PROFILE=$(if $(CI),ci,default) ../node_modules/.bin/forge test
	@$(BIN)/python -m contracts.tools.attacks
	@$(BIN)/python -m contracts.tools.reverts
	@$(BIN)/python contracts/export_abi.py --check
	@$(BIN)/python -m contracts.tools.layout --check
	@$(BIN)/python -m contracts.tools.docs --check

slither: ## slither on the contracts: every finding has an answer (a minute)
	@scripts/slither.sh

mutants: ## Change each rule of the contracts, one at a time: a test must fail (25 minutes)
	@$(BIN)/python -m contracts.tools.mutants

integration: ## Tests on real geth, kubo, SoftHSM and databases
	@$(PYTEST) tests/integration

schemathesis: ## Ten minutes of random requests of every operation of the API; no server error
	@$(PYTEST) -s tests/fuzz/test_api.py

acceptance: ## Whole stories
	@$(PYTEST) tests/acceptance

vectors: ## Make the known answers again; they must not change
	@$(BIN)/python tests/vectors/make_chain.py
	@$(BIN)/python tests/vectors/make_acts.py
	@$(BIN)/python tests/vectors/make_state.py
	@git diff --exit-code tests/vectors

samples: ## Print what of the samples is accepted and what is refused, by which rule
	@PYTHONPATH=tests $(BIN)/python -m support.samples_table

bench: setup ## Gas of every act, what a core does with documents, and receipts a second through the whole pipeline beside EAS
	@$(BIN)/python -m bench.gas
	@$(BIN)/python -m bench.receipts
	@$(BIN)/python -m bench.pipeline

lock: ## Renew requirements.lock from the pyproject files
	@scripts/lock.sh

.PHONY: help setup demo story sandbox down check lint fmt types verifier-types imports contracts-format house-rules bandit audit test unit verifier verifier-test contracts slither mutants \
	integration schemathesis acceptance vectors samples bench lock
