/** From which number to which, both included. */
export type Range = readonly [from: number, to: number];

/** The same numbers in ranges that ascend and neither overlap nor touch. */
export function normalizeRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: [number, number][] = [];
  for (const [from, to] of ranges.toSorted(([one], [other]) => one - other)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** The numbers from `first` to `last` that are in none of the ranges, which are normal. */
export function complementRanges(
  ranges: readonly Range[],
  first: number,
  last: number,
): readonly Range[] {
  const missing: Range[] = [];
  let next = first;
  for (const [from, to] of ranges) {
    if (from > last) break;
    if (from > next) missing.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= last) missing.push([next, last]);
  return missing;
}

/** The part of the ranges that lies from `first` to `last`. */
export function clipRanges(
  ranges: readonly Range[],
  first: number,
  last: number,
): readonly Range[] {
  return ranges.flatMap(([from, to]): readonly Range[] => {
    const clipped: Range = [Math.max(from, first), Math.min(to, last)];
    return clipped[0] <= clipped[1] ? [clipped] : [];
  });
}

export function countNumbers(ranges: readonly Range[]): number {
  return ranges.reduce((count, [from, to]) => count + to - from + 1, 0);
}
