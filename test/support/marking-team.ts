import { Team } from '../../kernels/threads/pool.ts';
import { ModuleBuilder } from '../../kernels/wasm/assembler.ts';
import { whileDo } from '../../kernels/wasm/control.ts';
import { i32 } from '../../kernels/wasm/instructions.ts';
import { webAssembly } from '../../kernels/wasm/webassembly.ts';

export const ROW_COUNT = 64;
/** Where the scratch of the calling thread begins. */
export const SCRATCH = 1024;

/** Each row a chunk, and worth splitting. */
export const rowByRow = { nanoseconds: 1e6, rows: ROW_COUNT, rowsEach: 1 };

/** A team over a module of its own: function 0, `mark`, notes who computed a row; 1, `read`, reads wherever it is told. */
export function markingTeam(threads: number) {
  const builder = new ModuleBuilder({ shared: true });
  builder.func('mark', { out: 'i32', scratch: 'i32', count: 'i32', spins: 'i32' }, 'void', ({ out, ...all }) => [
    whileDo(all.spins, [all.spins.set(i32.sub(all.spins, 1))]),
    i32.store(out, i32.add(all.scratch, all.count)),
  ]);
  builder.func('read', { out: 'i32', address: 'i32' }, 'void', ({ out, address }) => [
    i32.store(out, i32.load(address)),
  ]);
  const engine = webAssembly()!;
  const memory = new engine.Memory({ initial: 64, maximum: 64, shared: true });
  const module = new engine.Module(builder.encode());
  const { exports } = new engine.Instance(module, { kernels: { memory } });
  const out = new Int32Array(memory.buffer, 0, ROW_COUNT);
  return { out, bytes: memory.buffer.byteLength, team: new Team(threads, memory, module, exports, SCRATCH) };
}
