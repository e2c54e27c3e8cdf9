/**
 * From here on, the first worker that this process starts dies in the middle of the first chunk that it takes: when it calls a
 * function of its kernels. The others live.
 *
 * @param how `heap`: its heap is used up; `exit`: it ends itself
 */
export function letFirstWorkerDie(how: 'heap' | 'exit'): void {
  const threads = process.getBuiltinModule('node:worker_threads');
  const { Worker } = threads;
  const deed =
    how === 'exit' ? 'process.exit(3)' : 'const all = []; for (;;) all.push(Array.from({ length: 1000 }, () => ({})))';
  const sabotage = `
    const { Instance } = WebAssembly;
    const deadly = () => { ${deed}; };
    WebAssembly.Instance = function (module, imports) {
      const { exports } = new Instance(module, imports);
      return { exports: Object.fromEntries(Object.keys(exports).map((name) => [name, deadly])) };
    };\n`;
  threads.Worker = class extends Worker {
    constructor(program: string | URL, options: import('node:worker_threads').WorkerOptions) {
      threads.Worker = Worker;
      const rest = options.eval ? String(program) : `import(${JSON.stringify(String(program))});`;
      super(sabotage + rest, { ...options, eval: true, resourceLimits: { maxOldGenerationSizeMb: 32 } });
    }
  };
}
