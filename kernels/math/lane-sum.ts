import type { Round } from '../operands.ts';

/** The sum of term(i) over i < count as SIMD adds it: term i to lane i mod 4, and the lanes as (l0 + l2) + (l1 + l3). */
export function laneSum(count: number, term: (i: number) => number, round: Round): number {
  const lanes = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) lanes[i & 3] = round(lanes[i & 3]! + term(i));
  return round(round(lanes[0]! + lanes[2]!) + round(lanes[1]! + lanes[3]!));
}
