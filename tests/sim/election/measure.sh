#!/usr/bin/env bash
# How fast simulations are, with the election of election_test.go:
#
#	tests/sim/election/measure.sh [seeds]
#
# First as many seeds as are asked for (1,000) on one processor. Then the scheduling steps for each second of processor
# time, of the test in a simulation and on goroutines at GOMAXPROCS=1; what the process needs to start is left out
# by running few elections and many. A step is that a task, or goroutine, begins to run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
seeds=${1:-1000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stackful=${STACKFUL:-}
if [ -z "$stackful" ]; then
	stackful=$work/stackful
	(cd "$here/../../.." && go build -o "$stackful" ./cmd/stackful)
fi
cd "$here"

# cpu prints the processor time of a command, in seconds. Its output goes to $work/out.
cpu() {
	local TIMEFORMAT='%U %S'
	{ time "$@" >"$work/out" 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
}

"$stackful" test -sim -seeds 1 . >/dev/null # builds
begin=$(date +%s.%N)
used=$(cpu taskset -c 0 "$stackful" test -sim -p 1 -seeds "$seeds" .)
end=$(date +%s.%N)
cat "$work/out"
awk -v begin="$begin" -v end="$end" -v cpu="$used" -v n="$seeds" \
	'BEGIN { printf "%d seeds: %.1f s on one processor, with the build; %.1f s of processor time\n", n, end - begin, cpu }'

few=2 many=${MANY:-42}

go test -c -o "$work/test" .
real() {
	local GOMAXPROCS=1 ELECTIONS=$1
	export GOMAXPROCS ELECTIONS
	cpu "$work/test" -test.v
	sed -n 's/.*about //p' "$work/out"
}
sim() {
	local ELECTIONS=$1
	export ELECTIONS
	cpu taskset -c 0 "$stackful" test -sim -p 1 -seed 1 .
	"$stackful" test -sim -seed 1 -log "$work/log" . >/dev/null
	grep -c ' runs$' "$work/log"
}
for kind in real sim; do
	mapfile -t a < <($kind $few)
	mapfile -t b < <($kind $many)
	awk -v kind=$kind -v n=$((many - few)) -v cpu="$(awk -v a="${a[0]}" -v b="${b[0]}" 'BEGIN { print b - a }')" -v steps=$((b[1] - a[1])) \
		'BEGIN { printf "%s: %d elections: %d steps, %.3f s of processor time, %.0f steps/s\n", kind, n, steps, cpu, steps / cpu }'
done
