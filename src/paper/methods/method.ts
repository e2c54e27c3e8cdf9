import { METHODS, type Method } from '../../compress/methods.ts';

/** How results name vectors that are not compressed. */
export type MethodOrNone = Method | 'none';

/** `CNT 4x`: what a row of a table is called, by the vectors that it stands for. */
export function rowName(method: MethodOrNone, factor: number): string {
  return method === 'none' ? 'full vectors' : `${METHODS[method].label} ${factor}x`;
}

/** `CNT + PQ`: codes, and of what. */
export function codecName(method: MethodOrNone, codec: string): string {
  return method === 'none' ? codec : `${METHODS[method].label} + ${codec}`;
}
