/**
 * The generators of faiss and hnswlib, only for reproducing what those libraries draw. Everything else uses `random.ts`.
 */

const SIZE = 624;
const SHIFT = 397;

/**
 * mt19937 with the draws that faiss builds on it.
 *
 * Source: Matsumoto & Nishimura 1998 (the generator); faiss 1.7.3 `RandomGenerator`, `rand_perm` (the draws).
 */
export class MersenneTwister {
  readonly #words = new Uint32Array(SIZE);
  #next = SIZE;

  /** @param seed an unsigned 32-bit integer */
  constructor(seed: number) {
    const words = this.#words;
    words[0] = seed;
    for (let i = 1; i < SIZE; i++) {
      const last = words[i - 1]!;
      words[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
    }
  }

  /** Uniform among the unsigned 32-bit integers. */
  uint32(): number {
    if (this.#next === SIZE) this.#refill();
    let word = this.#words[this.#next++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  /** Among 0 .. n - 1, by remainder. */
  below(n: number): number {
    return this.uint32() % n;
  }

  /** float32 in [0, 1]: both the draw and 2^32 - 1 are rounded first, so 1 is possible. */
  float(): number {
    return Math.fround(Math.fround(this.uint32()) / 4294967296);
  }

  /** Puts the items from `begin` to `end` (exclusive) into random order, first place first. */
  shuffle(items: Int32Array, begin: number, end: number): void {
    for (let i = begin; i < end; i++) {
      const j = i + this.below(end - i);
      const moved = items[i]!;
      items[i] = items[j]!;
      items[j] = moved;
    }
  }

  /** The numbers 0 .. n - 1 in random order: faiss `rand_perm`. */
  static permutation(n: number, seed: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    new MersenneTwister(seed).shuffle(order, 0, n);
    return order;
  }

  #refill(): void {
    const words = this.#words;
    for (let i = 0; i < SIZE; i++) {
      const joined = (words[i]! & 0x80000000) | (words[(i + 1) % SIZE]! & 0x7fffffff);
      words[i] = words[(i + SHIFT) % SIZE]! ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}

const MODULUS = 2 ** 31 - 1;

/**
 * minstd_rand0, x = 16807 x mod 2^31 - 1, with the uniform double that libstdc++ builds from two draws.
 *
 * Source: Park & Miller 1988 (the generator); hnswlib 0.6.2 as compiled with libstdc++ (the draw).
 */
export class MinimalStandard {
  #state: number;

  /** @param seed an unsigned 32-bit integer; a multiple of the modulus counts as 1 */
  constructor(seed: number) {
    this.#state = seed % MODULUS || 1;
  }

  /** Uniform among 1 .. 2^31 - 2. */
  next(): number {
    this.#state = (this.#state * 16807) % MODULUS;
    return this.#state;
  }

  /** float64 in [0, 1). */
  double(): number {
    const range = MODULUS - 1;
    const low = this.next() - 1;
    const high = this.next() - 1;
    return (low + high * range) / (range * range);
  }
}
