import { expect, test } from "vitest";
import {
  clipRanges,
  complementRanges,
  countNumbers,
  normalizeRanges,
  type Range,
} from "./ranges.ts";

test.each<readonly [given: readonly Range[], normal: readonly Range[]]>([
  [[], []],
  [[[5, 5]], [[5, 5]]],
  [
    [
      [105, 230],
      [1, 100],
    ],
    [
      [1, 100],
      [105, 230],
    ],
  ],
  [
    [
      [1, 4],
      [5, 9],
    ],
    [[1, 9]],
  ],
  [
    [
      [1, 100],
      [20, 30],
      [90, 110],
      [1, 1],
    ],
    [[1, 110]],
  ],
])("%j is %j", (given, normal) => {
  expect(normalizeRanges(given)).toEqual(normal);
});

test("what is missing and what is there make up the whole, whatever was given", () => {
  // A sequence that repeats itself after 2^32 steps (Numerical Recipes), from a fixed seed.
  let state = 20_261_124;
  const pick = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  for (let round = 0; round < 500; round++) {
    const last = pick(60);
    const given = Array.from({ length: pick(12) }, (): Range => {
      const from = 1 + pick(70);
      return [from, from + pick(9)];
    });
    const there = new Set<number>();
    for (const [from, to] of given)
      for (let number = from; number <= to; number++) there.add(number);
    const normal = normalizeRanges(given);
    expect(countNumbers(normal)).toBe(there.size);
    const missing = complementRanges(normal, 1, last);
    const expected = Array.from({ length: last }, (_, index) => index + 1).filter(
      (number) => !there.has(number),
    );
    const numbers = missing.flatMap(([from, to]) =>
      Array.from({ length: to - from + 1 }, (_, index) => from + index),
    );
    expect(numbers).toEqual(expected);
    expect(countNumbers(missing)).toBe(expected.length);
    expect(countNumbers(clipRanges(normal, 1, last)) + expected.length).toBe(last);
  }
});
