# What people and CI call. Tools are pinned in tools/go.mod and run through `go tool`.
FUZZTIME ?= 10s
lint := go tool -modfile=tools/go.mod golangci-lint

.PHONY: fmt check test bench generate fuzz

fmt: ## format everything
	$(lint) fmt

generate: ## rewrite what is generated
	go generate ./...

test: ## the product's tests and those of the test module
	go test ./...
	cd test && go test ./...

check: ## what CI calls: tidiness, lint, generated files, all tests with the race detector, a short fuzz of each target
	go mod tidy -diff
	cd test && go mod tidy -diff
	$(lint) fmt --diff
	$(lint) run
	cd test && $(subst tools/,../tools/,$(lint)) run
	go generate ./... && git diff --exit-code
	$(MAKE) test
	go test -race ./...
	$(MAKE) fuzz

# The go command fails a target whose time ends in the middle of an input ("context deadline exceeded"). What a target finds is
# written down and fails again, so a second try tells one from the other.
fuzz: ## each fuzz target for FUZZTIME
	@for module in . test; do (cd $$module && go list ./... | while read -r package; do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "fuzz $$package $$target"; \
			try="go test -run ^$$ -fuzz ^$$target$$ -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$package"; \
			$$try || $$try || exit 1; \
		done; \
	done) || exit 1; done

bench: ## benchmarks beside the code, then the whole server under load
	go test -run '^$$' -bench . -benchmem ./...
	cd test && go run ./load
