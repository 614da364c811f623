#!/usr/bin/env bash
# What a request of the program web takes of the processor when the program runs as tasks, against goroutines: both run at
# once on one processor, so that what else the machine does concerns both. Arguments: rounds, and requests of each client.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-7} loops=${2:-150}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/goroutines" ./tests/patch/web
go run ./cmd/stackful build -tasks -o "$work/tasks" ./tests/patch/web
export GOMAXPROCS=1
for _ in $(seq "$rounds"); do
	for kind in goroutines tasks; do
		taskset -c 1 "$work/$kind" "$loops" >/dev/null 2>"$work/$kind.out" &
	done
	wait
	awk '{ us[NR] = $1 + 0; if ($1 ~ /ms/) us[NR] *= 1000 } END { printf "%.3f  goroutines %.1f µs, tasks %.1f µs\n", us[2] / us[1], us[1], us[2] }' "$work/goroutines.out" "$work/tasks.out"
done | sort -n | tee "$work/all"
echo "median: $(awk -v n=$(((rounds + 1) / 2)) 'NR == n' "$work/all")"
