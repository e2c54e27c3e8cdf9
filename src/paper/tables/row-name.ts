import type { MethodOrNone } from '../methods/method.ts';

/** What a row of a table is called, by the vectors that it stands for. */
export function rowName(method: MethodOrNone, factor: number): string {
  return method === 'none' ? 'full vectors' : `${method} ${factor}x`;
}
