/** Random numbers, the same ones as numpy's `default_rng` gives, so that a seed means one picture here and in Python. */

const POOL = 4;

/** Numbers that seeds are made of, mixed into a pool, of which words are made: numpy's `SeedSequence`, after O'Neill's `seed_seq_fe`. */
export class SeedSequence {
  private readonly pool = new Uint32Array(POOL);

  /** @param entropy whole numbers, 0 and more. */
  constructor(entropy: readonly (number | bigint)[]) {
    const words = entropy.flatMap(wordsOf);
    let constant = 0x43b0d7e5;
    const hashed = (word: number): number => {
      const value = word ^ constant;
      constant = Math.imul(constant, 0x931e8875);
      return folded(Math.imul(value, constant));
    };
    const mix = (at: number, word: number): void => {
      this.pool[at] = folded(Math.imul(0xca01f9dd, this.pool[at]) - Math.imul(0x4973f715, word));
    };
    for (let at = 0; at < POOL; at++) this.pool[at] = hashed(words[at] ?? 0);
    for (let from = 0; from < POOL; from++) for (let at = 0; at < POOL; at++) if (from !== at) mix(at, hashed(this.pool[from]));
    for (const word of words.slice(POOL)) for (let at = 0; at < POOL; at++) mix(at, hashed(word));
  }

  /** So many words of 32 bits. */
  words(count: number): number[] {
    let constant = 0x8b51f9dd;
    return Array.from({ length: count }, (_, i) => {
      const value = this.pool[i % POOL] ^ constant;
      constant = Math.imul(constant, 0x58f38ded);
      return folded(Math.imul(value, constant));
    });
  }
}

function folded(value: number): number {
  return (value ^ (value >>> 16)) >>> 0;
}

function wordsOf(value: number | bigint): number[] {
  const words: number[] = [];
  for (let rest = BigInt(value); rest > 0n || !words.length; rest >>= 32n) words.push(Number(rest & 0xffffffffn));
  return words;
}

/** The generator PCG XSL RR 128/64 (O'Neill, "PCG", 2014). */
export class Random {
  private state = 0n;
  private readonly step: bigint;
  private kept: number | null = null;

  constructor(seeds: SeedSequence) {
    const words = seeds.words(8).map(BigInt);
    const long = (at: number): bigint => (((words[at + 1] << 32n) | words[at]) << 64n) | (words[at + 3] << 32n) | words[at + 2];
    this.step = BigInt.asUintN(128, (long(4) << 1n) | 1n);
    this.advance();
    this.state += long(0);
    this.advance();
  }

  private advance(): void {
    this.state = BigInt.asUintN(128, this.state * 0x2360ed051fc65da44385df649fccf645n + this.step);
  }

  /** 32 random bits. */
  bits(): number {
    if (this.kept !== null) {
      const bits = this.kept;
      this.kept = null;
      return bits;
    }
    const word = this.word();
    this.kept = Number(word >> 32n);
    return Number(word & 0xffffffffn);
  }

  /** 64 random bits. */
  private word(): bigint {
    this.advance();
    const folded = BigInt.asUintN(64, this.state) ^ (this.state >> 64n);
    const turn = this.state >> 122n;
    return BigInt.asUintN(64, (folded >> turn) | (folded << (64n - turn)));
  }

  /** So many evenly spread from 0 up to 1, as `random` gives them. */
  shares(count: number): Float64Array {
    return Float64Array.from({ length: count }, () => Number(this.word() >> 11n) / 2 ** 53);
  }

  /** Evenly spread from 0 up to 1. */
  private share(): number {
    return (this.bits() >>> 8) / 2 ** 24;
  }

  /** So many of the normal distribution of mean 0 and deviation 1, by the ziggurat (Marsaglia and Tsang, 2000) in 32 bits. */
  normal(count: number): Float32Array {
    return Float32Array.from({ length: count }, () => this.oneNormal());
  }

  private oneNormal(): number {
    for (;;) {
      const bits = this.bits();
      const layer = bits & 0xff;
      const sign = bits & 0x100 ? -1 : 1;
      const place = (bits >>> 9) & 0x7fffff;
      const value = Math.fround(place * WIDTHS[layer]);
      if (place < INSIDE[layer]) return sign * value;
      if (layer === 0) {
        for (;;) {
          const beyond = -Math.log1p(-this.share()) / TAIL;
          const height = -Math.log1p(-this.share());
          if (2 * height > beyond * beyond) return place & 0x100 ? -(TAIL + beyond) : TAIL + beyond;
        }
      }
      if ((HEIGHTS[layer - 1] - HEIGHTS[layer]) * this.share() + HEIGHTS[layer] < Math.exp(-0.5 * value * value)) return sign * value;
    }
  }
}

/** Where the ziggurat's tail begins, and the area of each of its 256 layers. */
const TAIL = 3.6541528853610088;
const AREA = 0.00492867323397465;
const WIDTHS = new Float32Array(256);
const HEIGHTS = new Float32Array(256);
const INSIDE = new Uint32Array(256);

function build(): void {
  const bell = (x: number): number => Math.exp(-0.5 * x * x);
  const whole = 2 ** 23;
  let edge = TAIL;
  INSIDE[0] = (edge / (AREA / bell(edge))) * whole;
  WIDTHS[0] = AREA / bell(edge) / whole;
  WIDTHS[255] = edge / whole;
  HEIGHTS[0] = 1;
  HEIGHTS[255] = bell(edge);
  for (let layer = 254; layer > 0; layer--) {
    const next = Math.sqrt(-2 * Math.log(AREA / edge + bell(edge)));
    INSIDE[layer + 1] = (next / edge) * whole;
    WIDTHS[layer] = next / whole;
    HEIGHTS[layer] = bell(next);
    edge = next;
  }
}
build();
