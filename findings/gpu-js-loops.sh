#!/usr/bin/env bash
# gpu.js 2.24.1 (npm; checked with Node 20.20.2, no GPU).
#
# One would expect: a kernel is JavaScript; a loop to `n` runs n times, at least where no GPU is involved.
# What happens:     a loop whose bound is an argument ends after 1000 rounds (`loopMaxIterations`), without an error or a warning, in the modes
#                   'cpu' and 'webasm' too. Mode 'dev', in which one would debug, runs all 5000. And in Node, without any GPU,
#                   `GPU.isGPUSupported` is true, because WebAssembly counts: the default mode is a WebAssembly kernel on the CPU.
# So:               bounds belong into `constants`; and ask which kernel ran before calling something a GPU measurement.
# Seen:
#   cpu 1000
#   webasm 1000
#   dev 5000
#   cpu, the bound a constant 5000
#   isGPUSupported true, kernel WebAssemblyKernel
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional gpu.js@2.24.1
cat > try.mjs <<'JS'
import { GPU } from 'gpu.js';
function count(n) {
  let rounds = 0;
  for (let i = 0; i < n; i++) rounds += 1;
  return rounds;
}
for (const mode of ['cpu', 'webasm', 'dev']) {
  const [rounds] = await new GPU({ mode }).createKernel(count, { output: [1] })(5000);
  console.log(mode, rounds);
}
function countConstant() {
  let rounds = 0;
  for (let i = 0; i < this.constants.n; i++) rounds += 1;
  return rounds;
}
const [rounds] = await new GPU({ mode: 'cpu' }).createKernel(countConstant, { output: [1], constants: { n: 5000 } })();
console.log('cpu, the bound a constant', rounds);
const kernel = new GPU().createKernel(function (a) { return a[this.thread.x] + 1; }, { output: [2] });
await kernel([1, 2]);
console.log(`isGPUSupported ${GPU.isGPUSupported}, kernel ${kernel.kernel.constructor.name}`);
JS
node try.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
cpu 1000
webasm 1000
dev 5000
cpu, the bound a constant 5000
isGPUSupported true, kernel WebAssemblyKernel
SEEN
