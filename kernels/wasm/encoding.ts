/** Bytes of WebAssembly, nested as they were composed, and their flattening. */

/** The end of a block or the start of a loop, as the target of branches. */
export class Label {}

/** Start and end of a labelled construct, and branches to it; a branch becomes a relative depth when written. */
export class Mark {
  readonly kind: 'open' | 'close' | 'branch';
  readonly label: Label;
  constructor(kind: 'open' | 'close' | 'branch', label: Label) {
    this.kind = kind;
    this.label = label;
  }
}

export type Code = number | Uint8Array | Mark | readonly Code[];

/** Unsigned LEB128. */
export function unsigned(value: number): Code {
  if (value >= 0 && value < 128) return value;
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128 of 32 bits. */
export function signed(value: number): Code {
  if (value >= -64 && value < 64) return value & 127;
  const bytes: number[] = [];
  let rest = value | 0;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest & 127);
  return bytes;
}

/** Little-endian float32. */
export function float32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

/** A count and that many items. */
export function vector(items: readonly Code[]): Code {
  return [unsigned(items.length), items];
}

export function text(value: string): Code {
  return vector(Array.from(value, (letter) => letter.charCodeAt(0)));
}

export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;
  /** Constructs around the present place, the innermost last. */
  readonly #open: Label[] = [];

  write(code: Code): this {
    if (typeof code === 'number') {
      this.#reserve(1);
      this.#bytes[this.#length++] = code;
    } else if (code instanceof Uint8Array) {
      this.#reserve(code.length);
      this.#bytes.set(code, this.#length);
      this.#length += code.length;
    } else if (code instanceof Mark) {
      this.#mark(code);
    } else {
      for (const part of code) this.write(part);
    }
    return this;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  #mark({ kind, label }: Mark): void {
    if (kind === 'open') this.#open.push(label);
    else if (kind === 'close') this.#open.pop();
    else {
      const place = this.#open.lastIndexOf(label);
      if (place < 0) throw new RangeError('ModuleBuilder.encode: expected a branch inside its block or loop.');
      this.write(unsigned(this.#open.length - 1 - place));
    }
  }
}

/** A length in bytes and the content. */
export function sized(content: Code): Code {
  const bytes = new ByteWriter().write(content).bytes();
  return [unsigned(bytes.length), bytes];
}
