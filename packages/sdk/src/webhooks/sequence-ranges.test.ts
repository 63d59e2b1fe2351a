import { expect, test } from "vitest";
import { addSequence, toReport, type SequenceRange } from "./sequence-ranges.ts";

test.each<{ has: readonly SequenceRange[]; add: number; gives: readonly SequenceRange[] | null }>([
  { has: [], add: 1, gives: [[1, 1]] },
  { has: [[1, 1]], add: 1, gives: null },
  { has: [[1, 4]], add: 4, gives: null },
  { has: [[1, 4]], add: 5, gives: [[1, 5]] },
  { has: [[2, 4]], add: 1, gives: [[1, 4]] },
  {
    has: [[1, 4]],
    add: 7,
    gives: [
      [1, 4],
      [7, 7],
    ],
  },
  {
    has: [
      [1, 4],
      [7, 7],
    ],
    add: 3,
    gives: null,
  },
  {
    has: [
      [1, 4],
      [7, 7],
    ],
    add: 7,
    gives: null,
  },
  {
    has: [
      [1, 4],
      [7, 7],
    ],
    add: 6,
    gives: [
      [1, 4],
      [6, 7],
    ],
  },
  {
    has: [
      [1, 4],
      [6, 7],
    ],
    add: 5,
    gives: [[1, 7]],
  },
  {
    has: [
      [3, 3],
      [9, 9],
    ],
    add: 6,
    gives: [
      [3, 3],
      [6, 6],
      [9, 9],
    ],
  },
])("$has and $add give $gives", ({ has, add, gives }) => {
  expect(addSequence(has, add)).toEqual(gives);
});

test("numbers that come in any order, some twice, end as one range", () => {
  let ranges: readonly SequenceRange[] = [];
  let duplicates = 0;
  // Each of 1 to 100 once, in steps that are prime to 101; and every tenth again.
  for (let step = 1; step <= 100; step++) {
    const sequence = (step * 37) % 101;
    for (const one of step % 10 === 0 ? [sequence, sequence] : [sequence]) {
      const next = addSequence(ranges, one);
      if (next === null) duplicates += 1;
      else ranges = next;
    }
  }
  expect(ranges).toEqual([[1, 100]]);
  expect(duplicates).toBe(10);
});

test("a report is ascending, merged, and no longer than the gateway takes: its shortest ranges give way", () => {
  expect(
    toReport([
      [7, 9],
      [1, 3],
      [4, 4],
      [2, 5],
      [20, 20],
    ]),
  ).toEqual([
    [1, 5],
    [7, 9],
    [20, 20],
  ]);
  expect(toReport(new Set<SequenceRange>())).toEqual([]);
  const many = Array.from({ length: 1_500 }, (_, index): SequenceRange => {
    const from = index * 10 + 1;
    return [from, index % 3 === 0 ? from : from + 4];
  });
  const report = toReport(many);
  expect(report).toHaveLength(1_000);
  expect(report.every(([from, to]) => to - from === 4)).toBe(true);
  expect(report.toSorted(([one = 0], [other = 0]) => one - other)).toEqual(report);
});
