#!/usr/bin/env bash
# usearch 2.26.2 (npm; prebuilt for Linux x64; checked with Node 20.20.2).
#
# One would expect: quantization 'i8' keeps each number in a byte with some error, and the metric 'l2sq' stays the squared Euclidean
#                   distance, as with 'f32'.
# What happens:     each vector is divided by its own length before it becomes bytes. Under 'l2sq' vectors of the same direction and any
#                   length have distance 0, and distances are in units of bytes (127² a unit). It is the cosine order under the name of l2sq:
#                   the nearest of (1, 0) among (2, 0), (50, 0) and (1, 0.5) is the last with 'f32' and one of the others with 'i8'.
# So:               vectors whose lengths matter must not be given to it with 'i8', and a recall against Euclidean truth is low for
#                   another reason than "eight bits".
# Seen:
#   f32: [ [ 2, 0.25 ], [ 0, 1 ], [ 1, 2401 ] ]
#   i8: distance to (2, 0) 0, to (50, 0) 0, to (1, 0.5) more than 1000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts usearch@2.26.2
cat > try.mjs <<'JS'
import usearch from 'usearch';
const { Index, MetricKind, ScalarKind } = usearch;
function search(quantization) {
  const index = new Index({ dimensions: 2, metric: MetricKind.L2sq, quantization });
  index.add(BigUint64Array.of(0n, 1n, 2n), Float32Array.of(2, 0, 50, 0, 1, 0.5), 1);
  const { keys, distances } = index.search(Float32Array.of(1, 0), 3, 1);
  return Array.from(keys, (key, i) => [Number(key), distances[i]]);
}
console.log('f32:', search(ScalarKind.F32));
const byte = new Map(search(ScalarKind.I8));
console.log(`i8: distance to (2, 0) ${byte.get(0)}, to (50, 0) ${byte.get(1)}, to (1, 0.5) ${byte.get(2) > 1000 ? 'more than 1000' : byte.get(2)}`);
JS
node try.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
f32: [ [ 2, 0.25 ], [ 0, 1 ], [ 1, 2401 ] ]
i8: distance to (2, 0) 0, to (50, 0) 0, to (1, 0.5) more than 1000
SEEN
