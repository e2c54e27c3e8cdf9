#!/usr/bin/env bash
# ml-pca 4.1.1 (npm; checked with Node 20.20.2).
#
# One would expect: `getEigenvalues()` gives the variances along the components, whichever `method` computed them.
# What happens:     with 'SVD' (the default) and 'covarianceMatrix' it does. With 'NIPALS' it gives sums of squares: n - 1 times as much, three
#                   times with these four rows. Directions and shares of variance agree, so nothing looks wrong.
# So:               whoever whitens, picks components by a threshold on eigenvalues or sums them up to a total variance gets another
#                   result by changing `method`, more so the more rows there are.
# Seen:
#   SVD 27.7151 0.0140
#   covarianceMatrix 27.7151 0.0140
#   NIPALS 83.1454 0.0421
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts ml-pca@4.1.1
cat > try.mjs <<'JS'
import { PCA } from 'ml-pca';
const rows = [[1, 2], [3, 5], [5, 9], [7, 12.5]];
for (const method of ['SVD', 'covarianceMatrix', 'NIPALS']) {
  console.log(method, ...new PCA(rows, { method }).getEigenvalues().map((value) => value.toFixed(4)));
}
JS
node try.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
SVD 27.7151 0.0140
covarianceMatrix 27.7151 0.0140
NIPALS 83.1454 0.0421
SEEN
