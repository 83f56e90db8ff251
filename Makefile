# Needs Go, git, make and a POSIX shell, and Node.js 20, npm and curl for conformance. Everything else is compiled from Go
# modules, pinned under hack/.
SHELL = /bin/sh

IMG ?= ghcr.io/seam-operator/seam-operator:latest
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

CONTROLLER_GEN = go tool controller-gen
GOLANGCI_LINT = go tool -modfile=hack/tools/golangci-lint/go.mod golangci-lint
KUSTOMIZE = go tool -modfile=hack/tools/kustomize/go.mod kustomize
RENDER = manifests=$$($(KUSTOMIZE) build config/default) && printf '%s\n' "$$manifests" | \
	sed 's|image: ghcr.io/seam-operator/seam-operator:latest|image: $(IMG)|'

.DEFAULT_GOAL = help
.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ See it work
.PHONY: demo run
demo: build ## Show the operator on a real API server and a fake Seam; stays up when started in a terminal
	@go build -buildvcs=false -o bin/ ./hack/demo
	@assets=$$(hack/controlplane/build.sh) || exit 1; \
	if [ -t 0 ] && [ -t 1 ] && [ -z "$${CI:-}" ]; then stay=--stay; else stay=; fi; \
	export KUBEBUILDER_ASSETS="$$assets"; exec bin/demo $$stay

run: ## Run the operator against the current kubeconfig and the real Seam
	go run .

##@ Develop
.PHONY: test model fuzz faults mutation processes tenants crowd bench bench-smoke conformance verify generate manifests fmt lint build controlplane clean
test: ## Run all tests, with the race detector and on a real API server
	@assets=$$(hack/controlplane/build.sh) || exit 1; \
	race=-race; \
	if [ "$$(go env CGO_ENABLED)" != 1 ]; then race=; echo "no C compiler: the race detector stays off" >&2; fi; \
	export KUBEBUILDER_ASSETS="$$assets"; set -x; go test $$race -timeout=40m ./...

model: ## Explore the decision state by state, with up to three edits and faults, and print the shortest path to each broken rule
	@go run ./hack/model

fuzz: ## Run each fuzzer for 20 s (FUZZTIME=another time); what one found before runs with the tests, too
	@hack/fuzz

mutation: ## Break the decision and its status one operator at a time, and fail unless the tests notice more than 90 % (takes minutes)
	@hack/mutation $(if $(CHANGED),--changed)

faults: ## Let everything go wrong at each request of the operator, and judge what comes of it (PLANS=all, or a number)
	@go build -buildvcs=false -o bin/ ./hack/faults
	@assets=$$(hack/controlplane/build.sh) || exit 1; \
	export KUBEBUILDER_ASSETS="$$assets"; exec bin/faults -plans "$(PLANS)" $(if $(MEMORY),-memory) -commit "$$(git rev-parse HEAD 2>/dev/null)"

processes: build ## Kill and stop the operator, the API server and etcd, restore etcd, take Seam away: nothing is done twice (takes minutes)
	@go build -buildvcs=false -o bin/ ./hack/processes
	@assets=$$(hack/controlplane/build.sh) || exit 1; \
	export KUBEBUILDER_ASSETS="$$assets"; exec bin/processes

tenants: build ## Measure what a tenant may do to another one: each attack for a short time (takes minutes)
	@go build -buildvcs=false -o bin/ ./hack/crowd
	@assets=$$(hack/controlplane/build.sh) || exit 1; \
	export KUBEBUILDER_ASSETS="$$assets"; exec bin/crowd --attacks --objects=100 --edits=10

crowd: build ## Measure how much one tenant's many objects delay and cost the owner of a credential (takes about 15 minutes)
	@go build -buildvcs=false -o bin/ ./hack/crowd
	@assets=$$(hack/controlplane/build.sh) || exit 1; \
	export KUBEBUILDER_ASSETS="$$assets"; exec bin/crowd

bench: build ## Measure rates, requests, memory and restarts against a bare client, and write docs/benchmarks.md (takes an hour; OBJECTS=2000 LATENCIES=0s KEYS=1)
	@go build -buildvcs=false -o bin/ ./hack/bench
	@assets=$$(hack/controlplane/build.sh) || exit 1; \
	export KUBEBUILDER_ASSETS="$$assets"; \
	exec bin/bench $(if $(OBJECTS),-objects=$(OBJECTS)) $(if $(LATENCIES),-latencies=$(LATENCIES)) $(if $(KEYS),-keys=$(KEYS))

bench-smoke: build ## Measure 500 objects, and fail when they cost more than docs/benchmarks.md says
	@go build -buildvcs=false -o bin/ ./hack/bench
	@assets=$$(hack/controlplane/build.sh) || exit 1; \
	export KUBEBUILDER_ASSETS="$$assets"; exec bin/bench -smoke

conformance: ## Hold the client and the fake against what Seam publishes; needs Node.js 20, npm and curl
	@hack/conformance/run

verify: ## Check generated files, formatting, go vet, golangci-lint and go.mod files; changes nothing
	@hack/verify

generate: ## Generate the deepcopy functions of api/
	$(CONTROLLER_GEN) object paths=./api/...

manifests: ## Generate the CRD and the operator's ClusterRole in config/
	$(CONTROLLER_GEN) crd paths=./api/... output:crd:dir=config/crd/bases
	$(CONTROLLER_GEN) rbac:roleName=seam-operator paths=./controllers/... output:rbac:dir=config/rbac

fmt: ## Format the Go code
	gofmt -w .

lint: ## Run golangci-lint
	$(GOLANGCI_LINT) run

build: ## Compile the operator into bin/
	@go build -buildvcs=false -ldflags "-X main.version=$(VERSION)" -o bin/ .

controlplane: ## Compile etcd, kube-apiserver, kube-controller-manager and kubectl, and print their folder
	@hack/controlplane/build.sh

clean: ## Remove what was built in this folder; the compiled control plane stays in the user's cache
	rm -rf bin dist

##@ Install
.PHONY: install uninstall deploy undeploy installer docker-build
install: ## Install the CRD in the current kubeconfig's cluster
	kubectl apply -k config/crd

uninstall: ## Remove the CRD, and with it every assignment: before undeploy, since the operator has to take them away
	kubectl delete --ignore-not-found -k config/crd

deploy: ## Install the operator in the current kubeconfig's cluster (IMG=its image)
	$(RENDER) | kubectl apply -f -

undeploy: ## Remove the operator; the CRD and its objects stay, and no credential is taken away
	@# The option goes first: nobody would take the finalizers off that it still puts. Before 1.36 there is no such kind.
	@if kubectl get --raw /apis/admissionregistration.k8s.io/v1 | grep -q '"mutatingadmissionpolicies"'; then set -x; \
		kubectl delete --ignore-not-found -f config/components/finalizer-policy/binding.yaml -f config/components/finalizer-policy/policy.yaml; fi
	kubectl delete --ignore-not-found --cascade=foreground -f config/manager/deployment.yaml
	kubectl delete --ignore-not-found -k config/manager
	kubectl delete --ignore-not-found -k config/rbac

installer: ## Write all manifests into dist/install.yaml (IMG=the operator's image)
	@mkdir -p dist
	$(RENDER) >dist/install.yaml

docker-build: ## Build the operator's image (IMG=its name, VERSION=what it calls itself)
	docker build --build-arg VERSION=$(VERSION) --tag $(IMG) .
