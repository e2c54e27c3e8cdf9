import type { WasmFunction, WasmMemory } from '../wasm/webassembly.ts';
import type { Team } from './pool.ts';

/**
 * A memory that a team of threads knows, with the functions over it. Garbage collection does not count shared memory, and here
 * every thread of the team would have to collect it (measured: 400 short-lived kernels of 20 MB held 8 GB). So kernels that are
 * closed leave theirs to the next ones, which also spares the threads getting to know another.
 */
export interface KeptMemory {
  readonly memory: WasmMemory;
  readonly exports: Readonly<Record<string, WasmFunction>>;
  readonly team: Team;
  /** Bytes for operands. */
  readonly capacity: number;
  /** How many of them the last kernels handed out. */
  readonly used: number;
}

/** The most that are kept; the one left first goes first. */
const MOST_KEPT = 4;

const kept: KeptMemory[] = [];

export function keepMemory(memory: KeptMemory): void {
  kept.push(memory);
  if (kept.length > MOST_KEPT) kept.shift()!.team.forget();
}

/** The smallest kept memory of a team of so many threads with room for `bytes`. */
export function takeMemory(threads: number, bytes: number): KeptMemory | undefined {
  const [smallest] = kept
    .filter(({ team, capacity }) => team.threads === threads && capacity >= bytes)
    .sort((a, b) => a.capacity - b.capacity);
  if (smallest) kept.splice(kept.indexOf(smallest), 1);
  return smallest;
}
