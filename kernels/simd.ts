/** The backend that runs one WebAssembly module, with the functions of every family, over one memory. */
import { bindFamilies, emitFamilies } from './families.ts';
import type { Kernels } from './kernels.ts';
import type { Link } from './link.ts';
import type { Counts } from './operands.ts';
import { refuseToShare, requirePlaces, type SharedKernels } from './shared.ts';
import { runAllChunks } from './threads/chunks.ts';
import { chunkCount, wholeCall } from './threads/job.ts';
import { keepMemory, takeMemory } from './threads/kept-memories.ts';
import { Team } from './threads/pool.ts';
import { ModuleBuilder } from './wasm/assembler.ts';
import { countShared } from './wasm/counted-memory.ts';
import { attachedRegion, KernelMemory, type MemoryPlan, SCRATCH_BYTES } from './wasm/memory.ts';
import { type WasmFunction, type WasmMemory, type WasmModule, webAssembly } from './wasm/webassembly.ts';

/** The bytes of the whole module. */
export function emitKernels(options: { shared?: boolean } = {}): Uint8Array {
  const module = new ModuleBuilder(options);
  emitFamilies(module);
  return module.encode();
}

/** One module for each kind of memory, compiled once. */
const compiled: { plain?: WasmModule; shared?: WasmModule } = {};

function compile(kind: 'plain' | 'shared'): WasmModule {
  const engine = webAssembly();
  if (!engine) throw new Error('simdKernels: expected WebAssembly, got an engine without it.');
  compiled[kind] ??= new engine.Module(emitKernels({ shared: kind === 'shared' }));
  return compiled[kind];
}

/** The number of the memory shared last by this thread, and of the newest that it attached to. */
let [lastShared, newest] = [0, 0];

/** Kernels over a memory of their own. */
export function simdKernels(plan: MemoryPlan): Kernels {
  const { threads = 1, attachable = 0, bytesEach = 0 } = plan;
  if (threads > 1 && attachable === 0) return teamKernels(threads, plan.bytes);
  const memory = KernelMemory.create(plan);
  const number = ++lastShared;
  const module = compile(threads > 1 || attachable > 0 ? 'shared' : 'plain');
  const share = (): SharedKernels => {
    requirePlaces(attachable);
    return { backend: 'simd', memory: memory.memory, number, module, threads, attachable, bytesEach };
  };
  const exports = instantiate(module, memory.memory);
  const team = threads > 1 ? new Team(threads, memory.memory, module, exports, memory.scratch) : undefined;
  return bindExports(memory, exports, team, { share, close: () => void memory.close() });
}

/** Kernels of several threads, in a memory that closed ones have left, or in a new one. */
function teamKernels(threads: number, bytes: number): Kernels {
  const left = takeMemory(threads, bytes);
  const memory = left
    ? KernelMemory.again(left.memory, threads, bytes, left.used)
    : KernelMemory.create({ bytes, threads });
  const module = compile('shared');
  const exports = left?.exports ?? instantiate(module, memory.memory);
  const team = left?.team ?? new Team(threads, memory.memory, module, exports, memory.scratch);
  const capacity = left?.capacity ?? bytes;
  let open = true;
  return bindExports(memory, exports, team, {
    share: refuseToShare,
    close() {
      if (!open) return;
      open = false;
      keepMemory({ memory: memory.memory, exports, team, capacity, used: memory.close() });
    },
  });
}

/** Kernels of another thread over the same memory, with scratch and operands of their own. */
export function attachSimd(shared: SharedKernels & { readonly backend: 'simd' }, slot: number): Kernels {
  const { memory, number, module, threads, bytesEach } = shared;
  if (number > newest) {
    // Not at each search of one index: a collection takes as long as a thousand queries.
    newest = number;
    countShared(memory);
  }
  const own = new KernelMemory(attachedRegion(memory, threads, slot, bytesEach));
  const ends = { share: () => shared, close: () => void own.close() };
  return bindExports(own, instantiate(module, memory), undefined, ends);
}

type Exports = Readonly<Record<string, WasmFunction>>;

function instantiate(module: WasmModule, memory: WasmMemory): Exports {
  const engine = webAssembly();
  if (!engine) throw new Error('simdKernels: expected WebAssembly, got an engine without it.');
  return new engine.Instance(module, { kernels: { memory } }).exports;
}

function bindExports(
  memory: KernelMemory,
  exports: Exports,
  team: Team | undefined,
  ends: Pick<Kernels, 'share' | 'close'>,
): Kernels {
  const counts: Counts = { multiplyAdds: 0, distances: 0 };
  const func: Link['func'] = (name) => {
    const found = exports[name];
    if (!found) throw new Error(`simdKernels: expected a function ${name} in the module, got none.`);
    return found;
  };
  const link: Link = {
    func,
    split: splitter(func, Object.keys(exports), memory.scratch, team),
    at: (view, length) => memory.at(view, length),
    scratch(size) {
      if (size > SCRATCH_BYTES) {
        throw new RangeError(`simdKernels: expected at most ${SCRATCH_BYTES} bytes of scratch, got ${size}.`);
      }
      return memory.scratch;
    },
    counts,
  };
  return {
    backend: 'simd',
    precision: 'float32',
    threads: team?.threads ?? 1,
    counts,
    floats: (length) => memory.floats(length),
    ints: (length) => memory.ints(length),
    bytes: (length) => memory.bytes(length),
    room: () => memory.room,
    ...ends,
    ...bindFamilies(link),
  };
}

/**
 * Below this a call is not split: waking the others, or keeping them from what they do, would cost as much as it saves.
 */
const SPLIT_FROM_NANOSECONDS = 25_000;

function splitter(
  func: Link['func'],
  names: readonly string[],
  scratch: number,
  team: Team | undefined,
): Link['split'] {
  return (name) => {
    const whole = func(name);
    const place = names.indexOf(name);
    return (grid, operands, meanwhile) => {
      const cut = chunkCount(grid) > 1;
      if (team && cut && grid.nanoseconds >= SPLIT_FROM_NANOSECONDS) {
        team.run(place, grid, operands, meanwhile);
        return;
      }
      if (cut && grid.alwaysCut) runAllChunks(whole, grid, operands, scratch);
      else whole(...wholeCall(grid, operands, scratch));
      meanwhile?.();
    };
  };
}
