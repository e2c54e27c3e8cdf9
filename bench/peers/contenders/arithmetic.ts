/**
 * The life of a contender in arithmetic: it does what each line of its input says for half a second, and answers with the seconds of
 * one time, in processor time of this process, or with NaN for what it cannot do.
 *
 *   NN m n k     c (m, n) = a (m, k) b (k, n); NT: b is (n, k); TN: a is (k, m)
 *   layers       one training step of 256 -> 512 -> 64: linear, relu, linear, mean squared error, AdamW; batch 1024
 *   cnt n        one training step of CNT 256 -> 64 with n projections, INRP loss, AdamW; batch 1024
 */
import { createInterface } from 'node:readline';

export type Product = 'NN' | 'NT' | 'TN';

export interface ArithmeticContender {
  /** What is to be timed; `undefined` if it cannot be done. */
  product(kind: Product, m: number, n: number, k: number): (() => void) | undefined;
  layers(): (() => void) | undefined;
  cnt(projections: number): (() => void) | undefined;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function secondsOf(work: (() => void) | undefined): number {
  if (!work) return Number.NaN;
  work();
  work();
  const begin = cpuSeconds();
  let calls = 0;
  while (calls < 3 || cpuSeconds() - begin < 0.5) {
    work();
    calls++;
  }
  return (cpuSeconds() - begin) / calls;
}

export async function runArithmetic(contender: ArithmeticContender): Promise<void> {
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const [what, ...numbers] = line.split(' ');
    const [m = 0, n = 0, k = 0] = numbers.map(Number);
    if (what === 'layers') console.log(secondsOf(contender.layers()));
    else if (what === 'cnt') console.log(secondsOf(contender.cnt(m)));
    else console.log(secondsOf(contender.product(what as Product, m, n, k)));
  }
}
