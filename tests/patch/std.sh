#!/usr/bin/env bash
# The Go project's own tests of the standard library, with package runtime patched:
#
#	tests/patch/std.sh [packages]
#	tests/patch/std.sh tasks [packages]
#
# They run outside of tasks, or, with tasks, the body of each test function in a task (see the
# command intasks), and must pass as without the patch. The go command is the one of the
# environment: set GOTOOLCHAIN. Arguments for go test come from FLAGS, by default -short.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)

tasks=
if [ "${1:-}" = tasks ]; then
	tasks=yes
	shift
fi
packages=("${@}")
if [ ${#packages[@]} = 0 ] && [ -n "$tasks" ]; then
	packages=(iter sync time context net net/http)
elif [ ${#packages[@]} = 0 ]; then
	packages=(iter sync time context internal/poll os os/exec net crypto/tls net/http runtime)
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$repo" && go build -o "$work/stackful" ./cmd/stackful)
if [ -n "$tasks" ]; then
	goroot=$(go env GOROOT)
	mkdir "$work/goroot"
	ln -s "$goroot"/* "$work/goroot"
	rm "$work/goroot/src"
	cp -r "$goroot/src" "$work/goroot/src"
	chmod -R u+w "$work/goroot/src"
	(cd "$repo" && go run ./tests/patch/intasks -goroot "$work/goroot" "${packages[@]}")
	export GOROOT=$work/goroot
fi
cd "$(go env GOROOT)/src" # its module: that of the caller would choose other defaults of GODEBUG

# Tests that are left out, with the reason.
skip=(
	TestSizeof # runtime: the size of g, which has one more field
)
if [ -n "$tasks" ]; then
	skip+=(
		TestPull TestPull2             # iter: count the goroutines that coroutines are
		TestPullGoexit TestPull2Goexit # iter: stop is called on another goroutine
		TestRecordSource               # log/slog: that package testing calls the test's function from tRunner, not from a task
	)
fi

args=(-short -count=1 -vet=off)
if [ -n "${FLAGS:-}" ]; then
	read -ra args <<<"$FLAGS"
fi
if [ ${#skip[@]} -gt 0 ]; then
	args+=(-skip "^($(
		IFS='|'
		echo "${skip[*]}"
	))\$")
fi
"$work/stackful" test "${args[@]}" "${packages[@]}"
