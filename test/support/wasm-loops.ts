/**
 * The instructions inside the innermost loops of the functions of a module, read back from its bytes: what the engine gets, not what
 * the sources say. Knows the instructions that kernels use.
 *
 * Source: WebAssembly Core Specification 2.0, section 5.
 */
class Reader {
  readonly bytes: Uint8Array;
  place: number;

  constructor(bytes: Uint8Array, place = 0) {
    this.bytes = bytes;
    this.place = place;
  }

  byte(): number {
    return this.bytes[this.place++]!;
  }

  /** LEB128 of either sign; only unsigned values are used. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.number();
    this.place += length;
    return String.fromCharCode(...this.bytes.subarray(this.place - length, this.place));
  }
}

/** The number of an instruction; those of vectors begin at 0xfd00, their own numbers added. */
function instruction(reader: Reader): number {
  const opcode = reader.byte();
  if (opcode === 0xfd) {
    const own = reader.number();
    const lane = own >= 0x15 && own <= 0x22;
    if (own <= 11 || own === 0x5c || own === 0x5d || (own >= 0x54 && own <= 0x5b)) {
      reader.number();
      reader.number();
      if (own >= 0x54 && own <= 0x5b) reader.place++;
    } else if (own === 12 || own === 13) reader.place += 16;
    else if (lane) reader.place++;
    return 0xfd00 + own;
  }
  if (opcode === 0xfc) {
    const own = reader.number();
    reader.place += own === 10 ? 2 : own === 11 ? 1 : 0;
    return 0xfc00 + own;
  }
  if (opcode >= 0x02 && opcode <= 0x04) reader.place++;
  else if ([0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22, 0x41].includes(opcode)) reader.number();
  else if (opcode >= 0x28 && opcode <= 0x3e) {
    reader.number();
    reader.number();
  } else if (opcode === 0x43) reader.place += 4;
  return opcode;
}

/** The instructions of each loop without loops inside it, in the order of the code. */
function innermostLoops(reader: Reader, end: number): number[][] {
  const loops: number[][] = [];
  const open: { loop: boolean; nested: boolean; body: number[] }[] = [];
  while (reader.place < end) {
    const opcode = instruction(reader);
    if (opcode >= 0x02 && opcode <= 0x04) {
      if (opcode === 0x03) for (const one of open) one.nested = true;
      open.push({ loop: opcode === 0x03, nested: false, body: [] });
      continue;
    }
    const closed = opcode === 0x0b ? open.pop() : undefined;
    if (closed?.loop && !closed.nested) loops.push(closed.body);
    if (opcode !== 0x0b) for (const one of open) one.body.push(opcode);
  }
  return loops;
}

/** The innermost loops of the function exported under this name. */
export function loopsOf(module: Uint8Array, name: string): number[][] {
  const reader = new Reader(module, 8);
  let index = -1;
  while (reader.place < module.length) {
    const section = reader.byte();
    const size = reader.number();
    const end = reader.place + size;
    if (section === 7) {
      for (let count = reader.number(); count > 0; count--) {
        const found = reader.text();
        reader.byte();
        const own = reader.number();
        if (found === name) index = own;
      }
    } else if (section === 10) {
      reader.number();
      for (let i = 0; ; i++) {
        const bodyEnd = reader.number() + reader.place;
        if (i === index) {
          for (let groups = reader.number(); groups > 0; groups--) {
            reader.number();
            reader.byte();
          }
          return innermostLoops(reader, bodyEnd);
        }
        reader.place = bodyEnd;
      }
    }
    reader.place = end;
  }
  throw new Error(`loopsOf: expected a function ${name}, got none.`);
}
