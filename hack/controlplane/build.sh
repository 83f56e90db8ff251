#!/bin/sh
# Prints the folder that holds etcd, kube-apiserver, kube-controller-manager and kubectl, and compiles first what is
# missing there. The sources are Go modules, pinned with their checksums by the two go.mod files beside this script.
# Set KUBEBUILDER_ASSETS to use binaries of your own, or XDG_CACHE_HOME to keep the compiled ones elsewhere.
set -eu

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
	echo "$KUBEBUILDER_ASSETS"
	exit 0
fi

here=$(cd "$(dirname "$0")" && pwd)
pins=$(cat "$here"/build.sh "$here"/*/go.mod "$here"/*/go.sum | git hash-object --stdin | cut -c1-12)
assets="${XDG_CACHE_HOME:-$HOME/.cache}/seam-operator/controlplane/$(go env GOOS)-$(go env GOARCH)-$pins"
etcd=$(cd "$here/etcd" && go list -m -f '{{.Version}}' go.etcd.io/etcd/server/v3)
kubernetes=$(cd "$here/kubernetes" && go list -m -f '{{.Version}}' k8s.io/kubernetes)
major=$(echo "$kubernetes" | cut -d. -f1 | tr -d v)
minor=$(echo "$kubernetes" | cut -d. -f2)
version=k8s.io/component-base/version

# elapsed NAME prints a line every 20 seconds, so that a long compilation is not taken for a hang.
elapsed() {
	seconds=0
	while sleep 20 >/dev/null 2>&1; do
		seconds=$((seconds + 20))
		echo "  … still compiling $1 (${seconds}s)" >&2
	done
}

# compile NAME MODULE PACKAGE builds one binary beside its final name and moves it there when it is whole.
compile() {
	[ -x "$assets/$1" ] && return
	echo "compiling $1 $2 into $assets (once; some minutes on a small machine)" >&2
	elapsed "$1" >/dev/null &
	ticker=$!
	trap 'kill $ticker 2>/dev/null || true; rm -f "$assets/$1.$$"' EXIT
	(cd "$here/$3" && CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -o "$assets/$1.$$" -ldflags "-s -w \
		-X $version.gitVersion=$kubernetes -X $version.gitMajor=$major -X $version.gitMinor=$minor \
		-X $version.gitTreeState=clean" "$4" >&2)
	mv "$assets/$1.$$" "$assets/$1"
	kill $ticker 2>/dev/null || true
	trap - EXIT
}

mkdir -p "$assets"
compile etcd "$etcd" etcd go.etcd.io/etcd/server/v3
for name in kube-apiserver kube-controller-manager kubectl; do
	compile "$name" "$kubernetes" kubernetes "k8s.io/kubernetes/cmd/$name"
done
echo "$assets"
