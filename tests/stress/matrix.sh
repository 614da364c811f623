#!/usr/bin/env bash
# Runs the stress program over the whole matrix: releases of Go x CPUs x builds and
# environments. Each cell runs twice, without and with the execution tracer, which
# closes the unlocked way for good (but for the crowd, beside which only garbage is
# collected). Prints one row of a table for each run.
#
#	tests/stress/matrix.sh [SECONDS-PER-RUN [FILTER]]   FILTER: a regular expression for "release cpu cell"
#	tests/stress/matrix.sh fast                         a slice of it, for CI
#
# With PATCHED=1 in the environment the program is built by `stackful build`, so that tasks wait in
# package runtime, too.
#
# Not in it under an emulator: -race, cgo and -buildmode=pie, which need a C compiler
# or a dynamic loader for that CPU, and the portable backend, which has no assembly.
# A cell that cannot be built or does not end is a failure. Exit status 1 if there is any.
set -u
cd "$(dirname "$0")/../.."
seconds=${1:-20}
filter=${2:-.}
if [ "$seconds" = fast ]; then
	seconds=3
	filter='^go1.26.* amd64 (plain|crowd|race|clobberfree=1|gccheckmark=1|GOGC=1|cgo)$|^go1.(25|27).* amd64 (plain|clobberfree=1)$|^go1.26.* arm64 clobberfree=1$'
fi
installed=$(go env GOVERSION)
releases=${RELEASES:-go1.25.14 $installed go1.27.4}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
go=go
if [ "${PATCHED:-}" ]; then
	go build -o "$work/stackful" ./cmd/stackful || exit 1
	go=$work/stackful
fi

row() { printf '| %s | %s | %s | %s |\n' "$release" "$cpu" "$1" "$2"; }

# run NAME PROGRAM ENVIRONMENT...
run() {
	local name=$1 program=$2 traced result
	shift 2
	for traced in false true; do
		result=$(env GOCOVERDIR="$work" "$@" timeout $((seconds + 180)) $emulator "$program" -row -d "${seconds}s" -trace=$traced $more 2>"$work/stderr")
		local status=$?
		if [ $status != 0 ]; then
			failures=$((failures + 1))
			result="${result:-FAILED} (status $status)"
			sed 's/^/    /' "$work/stderr" | head -60 >&2
		fi
		row "$name$([ $traced = true ] && echo ', traced')" "$result"
	done
}

# cell NAME KIND DETAIL...: KIND is "build", with flags, or "env", with variables
cell() {
	local name=$1 kind=$2 program=$work/plain
	shift 2
	[[ "$release $cpu $name" =~ $filter ]] || return
	case $kind in
	build)
		program=$work/built
		if ! build "$program" "$@"; then return; fi
		run "$name" "$program"
		;;
	env)
		if ! [ -x "$program" ] && ! build "$program"; then return; fi
		run "$name" "$program" "$@"
		;;
	esac
}

build() { # build OUTPUT FLAGS...
	if ! GOTOOLCHAIN=$release GOARCH=$cpu $go build -o "$@" ./tests/stress 2>"$work/stderr"; then
		failures=$((failures + 1))
		row "$*" "DOES NOT BUILD"
		cat "$work/stderr" >&2
		return 1
	fi
}

for release in $releases; do
	for cpu in amd64 arm64; do
		rm -f "$work/plain"
		emulator=
		export CGO_ENABLED=1
		if [ $cpu != "$(go env GOHOSTARCH)" ]; then
			emulator=${QEMU:-qemu-aarch64-static}
			export CGO_ENABLED=0
		fi
		more=
		cell plain env
		more=-crowd
		cell crowd env
		more=
		for debug in clobberfree=1 clobberfree=1,gccheckmark=1 gcstoptheworld=1 asyncpreemptoff=1; do
			cell ${debug#clobberfree=1,} env GODEBUG=$debug
		done
		cell GOGC=1 env GOGC=1
		for procs in 1 2 4; do cell GOMAXPROCS=$procs env GOMAXPROCS=$procs; done
		cell '-N -l' build '-gcflags=all=-N -l'
		cell stripped build -trimpath '-ldflags=-s -w'
		cell cover build -cover
		if [ $CGO_ENABLED = 1 ]; then
			cell pie build -buildmode=pie
			[ "${PATCHED:-}" ] || cell portable build -tags=stackful_portable
			cell race build -race
			cell cgo build -tags=stresscgo
		fi
	done
done
echo "$failures failures" >&2
[ $failures = 0 ]
