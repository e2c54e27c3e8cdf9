#!/usr/bin/env bash
# tinybench 6.2.3 (npm; checked with Node 20.20.2).
#
# One would expect: `throughput.mean` is how many calls a second there were: calls divided by time, 1000 / `latency.mean` (which is in ms).
# What happens:     it is the mean of the rates of the single calls, 1000 / latency averaged, which is never less and far more where calls differ:
#                   for a task that takes 1 ms and 9 ms in turn it says about 555 a second. Two hundred were made.
# So:               compare `latency.mean`, or its reciprocal; `throughput.mean` rewards a contender for being uneven. Searches of a graph
#                   are uneven.
# Seen (the figures vary with the machine; what is checked is their ratio, more than 2):
#   latency.mean 5.05 ms, so 198 a second; throughput.mean 538
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts tinybench@6.2.3
cat > try.mjs <<'JS'
import { Bench } from 'tinybench';
function spin(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
let turn = 0;
const bench = new Bench({ time: 0, iterations: 60, warmup: false });
bench.add('uneven', () => spin(turn++ % 2 ? 9 : 1));
await bench.run();
const { latency, throughput } = bench.tasks[0].result;
const made = 1000 / latency.mean;
console.log(`latency.mean ${latency.mean.toFixed(2)} ms, so ${made.toFixed(0)} a second; throughput.mean ${throughput.mean.toFixed(0)}`);
process.exitCode = throughput.mean / made > 2 ? 0 : 1;
JS
node try.mjs
