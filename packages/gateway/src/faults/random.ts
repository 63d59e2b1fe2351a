/** A seeded source of chance: the same seed, the same run. */
export interface Chance {
  readonly seed: number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<T>(choices: readonly T[]): T;
}

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty to choose moments and commands. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number =>
    least + Math.floor(next() * (most - least + 1));
  return {
    seed,
    between,
    pick: (choices) => {
      const choice = choices[between(0, choices.length - 1)];
      if (choice === undefined) throw new Error("There is nothing to choose from.");
      return choice;
    },
  };
}

/** The seed of a run: given by `EVERGATE_FAULTS_SEED` to repeat one, else new; it is printed, so that a failure can be repeated. */
export function takeSeed(purpose: string): number {
  const given = process.env["EVERGATE_FAULTS_SEED"];
  const seed =
    given === undefined || given === ""
      ? (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0)
      : Number(given);
  process.stdout.write(`${purpose}: EVERGATE_FAULTS_SEED=${seed}\n`);
  return seed;
}
