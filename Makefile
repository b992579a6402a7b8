# Two commands: `make run` and `make test`. Each installs what is missing, builds and runs.
# run builds release in .build-release, test builds debug in .build, deb builds in .build-deb.

SWIFT_RELEASE = swift build -c release --scratch-path .build-release --product
# A folder of its own: with the runtime inside, nearly everything is built anew.
SWIFT_STATIC = swift build -c release --static-swift-stdlib --scratch-path .build-deb --product
RELEASE_BIN = .build-release/release

.PHONY: run build test setup setup-test setup-bench setup-peers bench bench-peers soak chaos crash fuzz \
	deb clean

## Installs what is missing, builds, and starts the demo: simulated meters, service and pages.
run: build
	exec $(RELEASE_BIN)/earshot demo $(ARGS)

## The program, optimised.
build: setup
	$(SWIFT_RELEASE) earshot

## Installs what is missing, builds, and runs every test.
test: setup-test
	scripts/test

setup:
	scripts/setup run

setup-test:
	scripts/setup test

setup-bench: setup
	scripts/setup bench

setup-peers: setup
	scripts/setup peers

## Benchmarks at full size: parts in process as lines, then rules and the store through HTTP, with
## results in benchmarks/results. STORE_ARGS="--only history" measures a part.
bench: build setup-bench
	.tools/bench-venv/bin/python benchmarks/workload.py S
	$(SWIFT_RELEASE) benchmarks
	$(RELEASE_BIN)/benchmarks $(ARGS)
	.tools/bench-venv/bin/python benchmarks/rules.py --binary $(RELEASE_BIN)/earshot \
		--benchmarks $(RELEASE_BIN)/benchmarks
	.tools/bench-venv/bin/python benchmarks/store.py --binary $(RELEASE_BIN)/earshot $(STORE_ARGS)

## Earshot beside DuckDB, ClickHouse, Parquet, SQLite and VictoriaMetrics, in one run.
bench-peers: build setup-peers
	.tools/peers-venv/bin/python benchmarks/peers.py --binary $(RELEASE_BIN)/earshot $(ARGS)

## Thirteen units at full rate for ten minutes; every frame sent must be stored once.
soak: build
	python3 benchmarks/soak.py --binary $(RELEASE_BIN)/earshot $(ARGS)

## A thousand units over eighty upstreams, a third of which misbehave in every known way.
chaos: build
	python3 benchmarks/chaos.py --binary $(RELEASE_BIN)/earshot $(ARGS)

## Two hundred times `kill -9`; what was answered must be there afterwards.
crash: build
	python3 benchmarks/crash.py --binary $(RELEASE_BIN)/earshot $(ARGS)

## Any bytes to every decoder of the store, led by coverage, for ARGS seconds. What crashes one is
## kept in .tools/fuzz (Tests/StoreTests/Fuzzing/README.md).
fuzz: setup
	scripts/fuzz $(ARGS)

## The Debian package, .build-deb/earshot_VERSION_ARCH.deb; with its own Swift runtime.
## `sudo scripts/test-deb FILE.deb` installs, runs and purges it in a copy of the machine.
deb: setup
	$(SWIFT_STATIC) earshot
	scripts/make-deb .build-deb/release/earshot .build-deb

clean:
	rm -rf .build .build-release .build-deb .build-fuzz .tools Sources/CAssets/vendor
