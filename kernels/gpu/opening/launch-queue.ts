import type { WebGpuBuffer, WebGpuDevice } from '../gpu-js.ts';

/** Launches after which the device gets what was collected, so that it does not wait for the host. */
const LAUNCHES = 32;

interface ComputePass {
  setPipeline(pipeline: unknown): void;
  setBindGroup(index: number, group: unknown): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
  end(): void;
}

type Encoder = ReturnType<WebGpuDevice['createCommandEncoder']> & { beginComputePass(): ComputePass };
/** What a launch reads and writes, as gpu.js binds it. */
interface Binding {
  readonly layout: object;
  readonly entries: readonly { readonly resource: { readonly buffer: object } }[];
}

interface Binder {
  createBindGroup(binding: Binding): unknown;
}

type Copy = Parameters<Encoder['copyBufferToBuffer']>;

/**
 * The same device, but launches are collected and submitted together: gpu.js submits each of its own, with its sizes written anew,
 * which took 27 µs of the host for each launch on an H100.
 *
 * Order is kept: whatever is written, copied or waited for comes after the launches before it. Only the sizes and numbers of a
 * launch, which are in a buffer that gpu.js keeps for each kernel, are left unwritten where they are what they were, and are
 * written ahead where no launch that was collected reads that buffer. Submitting nothing submits what was collected.
 */
export function collectLaunches(device: WebGpuDevice): WebGpuDevice {
  const launches = new LaunchQueue(device);
  const own: Readonly<Record<PropertyKey, unknown>> = {
    queue: {
      writeBuffer: (...write: Parameters<WebGpuDevice['queue']['writeBuffer']>) => launches.write(...write),
      submit: (commands: readonly unknown[]) => launches.submit(commands),
      onSubmittedWorkDone: () => {
        launches.flush();
        return device.queue.onSubmittedWorkDone();
      },
    },
    createCommandEncoder: () => launches.encoder(),
    createBindGroup: keptBindGroups(device as unknown as Binder),
  };
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(device, {
    get(target, name) {
      const found = own[name] ?? methods.get(name);
      if (found) return found;
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = value.bind(target);
      methods.set(name, method);
      return method;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}

/** Bindings that are kept; the oldest are made again. */
const MOST_BINDINGS = 4096;

/** gpu.js binds anew whenever a kernel alternates between two operands, as every parameter in training makes it do. */
function keptBindGroups(device: Binder): Binder['createBindGroup'] {
  const numbers = new WeakMap<object, number>();
  const groups = new Map<string, unknown>();
  let next = 0;
  const numberOf = (part: object): number => {
    let number = numbers.get(part);
    if (number === undefined) numbers.set(part, (number = next++));
    return number;
  };
  return (binding) => {
    const key = [binding.layout, ...binding.entries.map(({ resource }) => resource.buffer)].map(numberOf).join();
    let group = groups.get(key);
    if (!group) {
      group = device.createBindGroup(binding);
      groups.set(key, group);
      if (groups.size > MOST_BINDINGS) groups.delete(groups.keys().next().value!);
    }
    return group;
  };
}

class LaunchQueue {
  readonly #device: WebGpuDevice;
  #encoder: Encoder | undefined;
  #pass: ComputePass | undefined;
  #launches = 0;
  #copied = false;
  /** What was last written to the buffers of sizes, and those that collected launches read. */
  readonly #sizes = new WeakMap<WebGpuBuffer, Uint32Array>();
  readonly #read = new Set<WebGpuBuffer>();
  readonly #launch: ComputePass;

  constructor(device: WebGpuDevice) {
    this.#device = device;
    this.#launch = {
      setPipeline: (pipeline) => this.#open().setPipeline(pipeline),
      setBindGroup: (index, group) => this.#open().setBindGroup(index, group),
      dispatchWorkgroups: (x, y, z) => {
        this.#open().dispatchWorkgroups(x, y, z);
        this.#launches++;
      },
      end: () => {},
    };
  }

  /** What gpu.js takes for an encoder of one launch or copy: all write to the same one. */
  encoder(): Encoder {
    return {
      beginComputePass: () => this.#launch,
      copyBufferToBuffer: (...copy: Copy) => {
        this.#endPass();
        this.#commands().copyBufferToBuffer(...copy);
        this.#copied = true;
      },
      finish: () => undefined,
    };
  }

  submit(commands: readonly unknown[]): void {
    if (commands.length === 0 || this.#copied || this.#launches >= LAUNCHES) this.flush();
  }

  write(buffer: WebGpuBuffer, offset: number, data: Float32Array | ArrayBuffer, first?: number, length?: number): void {
    const { queue } = this.#device;
    if (!(data instanceof ArrayBuffer)) {
      this.flush();
      queue.writeBuffer(buffer, offset, data, first, length);
      return;
    }
    const sizes = new Uint32Array(data);
    if (!isSame(sizes, this.#sizes.get(buffer))) {
      if (this.#read.has(buffer)) this.flush();
      queue.writeBuffer(buffer, offset, data);
      this.#sizes.set(buffer, sizes.slice());
    }
    this.#read.add(buffer);
  }

  flush(): void {
    if (!this.#encoder) return;
    this.#endPass();
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = undefined;
    this.#launches = 0;
    this.#copied = false;
    this.#read.clear();
  }

  #commands(): Encoder {
    this.#encoder ??= this.#device.createCommandEncoder() as Encoder;
    return this.#encoder;
  }

  #open(): ComputePass {
    this.#pass ??= this.#commands().beginComputePass();
    return this.#pass;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }
}

function isSame(a: Uint32Array, b: Uint32Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((value, i) => value === b[i]);
}
