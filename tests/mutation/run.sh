#!/usr/bin/env bash
# Breaks the engine in the ways that mutants.txt lists, one at a time in a copy,
# and says which test notices. A mutant that survives is a missing test.
#
#	tests/mutation/run.sh [NAME-PATTERN]
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
survivors=0
while IFS='|' read -r name file old new; do
	case $name in '#'* | '') continue ;; esac
	case $name in *${1:-}*) ;; *) continue ;; esac
	rm -rf "$copy/m" && mkdir "$copy/m" && (cd "$root" && git ls-files -z | xargs -0 cp --parents -t "$copy/m")
	if ! (cd "$copy/m" && go run ./tests/mutation/replace "$file" "$old" "$new"); then
		echo "$name: NOT APPLIED"
		survivors=$((survivors + 1))
		continue
	fi
	caught=
	try() { # try WHAT COMMAND...
		[ -n "$caught" ] && return
		(cd "$copy/m" && timeout 120 "${@:2}") >"$copy/out" 2>&1 || caught=$1
	}
	try build go build -o "$copy/stress" ./tests/stress
	try "stress, many stacks" env GODEBUG=clobberfree=1 "$copy/stress" -d 10s -trace=false -profile=false -stacks 4000 -goroutines 2 -churn=false
	try "stress" env GODEBUG=clobberfree=1 "$copy/stress" -d 10s -trace=false
	try "stress, traced" env GODEBUG=clobberfree=1 "$copy/stress" -d 10s
	try "root tests" go test -vet=off -short .
	try "cgo, regs, crash tests" go test -vet=off ./tests/cgo ./tests/regs ./tests/crash
	try "coro tests" go test -vet=off ./coro ./tests/conformance
	try "race" go test -vet=off -race -short .
	if [ -n "$caught" ]; then
		echo "$name: caught by $caught: $(grep -m1 -E 'fatal error|panic:|FAIL|FAILED|SIG|throw|race' "$copy/out" | cut -c1-90)"
	else
		echo "$name: SURVIVED"
		survivors=$((survivors + 1))
	fi
done <"$root/tests/mutation/mutants.txt"
echo "$survivors not caught"
[ "$survivors" = 0 ]
