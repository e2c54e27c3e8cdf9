import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chromium, runInChromium } from '../support/chromium.ts';

interface Checked {
  readonly error?: string;
  readonly report?: { readonly backend: string; readonly hardware: boolean; readonly adapter: string };
  readonly shares?: Readonly<Record<string, number>>;
  readonly nearest: boolean;
  readonly kMeans: boolean;
  readonly pca: boolean;
  /** Of the losses of 40 steps, from the CPU's. */
  readonly training: number;
}

const program = chromium();
if (!program) console.log('skip: WebGPU and WebGL2 in a browser (no Chromium is installed)');
const results = (program === undefined ? undefined : await runInChromium(program, 'test/browser/gpu.ts')) as
  | Readonly<Record<string, Checked>>
  | undefined;

for (const name of ['webgpu', 'webgl2']) {
  const checked = results?.[name];
  const { error, report, shares, ...checks }: Partial<Checked> = checked ?? {};
  const absent =
    report?.backend !== `gpujs-${name}` && (error === undefined || error.includes('expected WebGPU or WebGL2'));
  if (checked && absent) console.log(`skip: ${name} in Chromium (it has none here)`);
  const there = absent ? test.skip : test;
  there(`${name} in Chromium: kernels are within their bounds, neighbors and k-means have the bits of the CPU`, () => {
    assert.is(error, undefined);
    assert.is(report?.hardware, false, report?.adapter);
    for (const [kernel, share] of Object.entries(shares ?? {}))
      assert.ok(share <= 1, `${kernel}: ${share} of its bound`);
    assert.ok(checks.training! < 1e-4, `losses of a training: ${checks.training}`);
    assert.equal([checks.nearest, checks.kMeans, checks.pca], [true, true, true]);
  });
}
test.run();
