import { cpus } from 'node:os';

/** The machine, in one line. */
export function machine(): string {
  const [cpu] = cpus();
  return `${cpu?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, one thread, CPU time`;
}

export interface Timing {
  readonly median: number;
  readonly best: number;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/**
 * Seconds of process CPU time per call (a loaded machine stretches the clock on the wall, not this one). The contenders take
 * turns, so that a slow moment meets them all.
 *
 * @param rounds how often each takes its turn, after one to warm up
 * @param turn seconds of a turn, roughly
 */
export function measure(contenders: Record<string, () => void>, rounds = 9, turn = 0.05): Record<string, Timing> {
  const samples = Object.entries(contenders).map(([name, run]) => ({
    name,
    run,
    calls: calls(run, turn),
    seconds: [] as number[],
  }));
  for (let round = 0; round < rounds; round++) {
    for (const sample of samples) {
      const begin = cpuSeconds();
      for (let call = 0; call < sample.calls; call++) sample.run();
      sample.seconds.push((cpuSeconds() - begin) / sample.calls);
    }
  }
  return Object.fromEntries(
    samples.map(({ name, seconds }) => {
      seconds.sort((a, b) => a - b);
      return [name, { median: seconds[seconds.length >> 1]!, best: seconds[0]! }];
    }),
  );
}

/** How many calls fill a turn; also warms the code up. */
function calls(run: () => void, turn: number): number {
  for (let count = 1; ; count *= 2) {
    const begin = cpuSeconds();
    for (let call = 0; call < count; call++) run();
    const seconds = cpuSeconds() - begin;
    if (seconds >= turn / 2) return Math.max(1, Math.round((count * turn) / seconds));
  }
}

/** Reproducible numbers in [-0.5, 0.5): a bench needs no better ones. */
export function fill(values: Float32Array | Float64Array, seed: number): void {
  let state = seed >>> 0;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 32 - 0.5;
  }
}

/** @throws {Error} unless both hold the same bits */
export function requireSameBits(what: string, a: Float32Array, b: Float32Array): void {
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length);
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length);
  for (let i = 0; i < left.length; i++) {
    if (left[i] !== right[i]) throw new Error(`${what}: expected ${b[i]} at ${i} as the reference, got ${a[i]}.`);
  }
}
