# Everything that can be done with the checkout; `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: demo test check-fast help setup node contracts feeds abi check bench test-forge fmt clean
ARGS ?=

PROGRAMS := $(or $(CARGO_TARGET_DIR),target)/debug
# Of the whole workspace, so that the tests find the dependencies built with the same features.
BUILD := script/env cargo build --workspace --bin

demo: setup contracts ## 12 March 2020 against a local node; ARGS="--prices FILE --keep" for more
	@$(BUILD) bulkhead
	@script/env $(PROGRAMS)/bulkhead demo $(ARGS)

test: ## every check and test there is
	@script/test

check-fast: ## what fits between two edits: formats, lints, sizes, and the tests that are quick
	@script/test fast

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

setup: ## install what is missing (the others do it themselves)
	@script/setup

node: setup ## a local Arbitrum node on port 8547; ARGS="--port 0 --state FILE" for more
	@$(BUILD) devnode
	@script/env $(PROGRAMS)/devnode $(ARGS)

contracts: setup ## compile the contracts to out/contracts, with their sizes and code hashes
	@script/build-contracts

feeds: setup ## compile the Chainlink feeds that the Solidity tests read
	@script/build-feeds

abi: setup ## Solidity ABIs as JSON in out/abi, checked against what the contracts export
	@script/abi

check: setup ## cargo stylus check of every contract, against RPC_URL or a node of its own
	@script/check

bench: setup contracts ## gas, sizes and speed: a table and out/bench.json
	@$(BUILD) bulkhead
	@script/env $(PROGRAMS)/bulkhead bench $(ARGS)

test-forge: setup contracts feeds ## the Solidity tests alone; ARGS="--match-test NAME -vvv" for more
	@script/solidity-tests $(ARGS)

fmt: setup ## format Rust and Solidity
	@script/env cargo fmt --all
	@script/env forge fmt

clean: ## remove what was built; what was installed stays
	@rm -rf out target/debug target/release target/contracts target/forge-cache target/logs target/tmp
