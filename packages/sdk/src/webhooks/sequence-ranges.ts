/** Numbers that a receiver has: from and to, both included. */
export type SequenceRange = readonly [from: number, to: number];

/**
 * Adds a number (`delivery.sequence`) to those that a receiver has; null where it is among them, so that what it numbers
 * came before. The ranges are ascending and don't touch each other: without gaps there is one, however many deliveries
 * there were, which can be kept as a line of JSON.
 */
export function addSequence(
  ranges: readonly SequenceRange[],
  sequence: number,
): readonly SequenceRange[] | null {
  if (ranges.some(([from, to]) => from <= sequence && sequence <= to)) return null;
  return mergeRanges([...ranges, [sequence, sequence]]);
}

/** As many ranges as the gateway takes at once. */
const mostRanges = 1_000;

/**
 * What a receiver reports when it reconciles. Where there are more ranges than the gateway takes, the shortest are left
 * out: what is in them is delivered once more for nothing, and then there are fewer gaps.
 */
export function toReport(ranges: Iterable<SequenceRange>): readonly SequenceRange[] {
  const merged = mergeRanges(ranges);
  if (merged.length <= mostRanges) return merged;
  return merged
    .toSorted((one, other) => other[1] - other[0] - (one[1] - one[0]))
    .slice(0, mostRanges)
    .toSorted(([one], [other]) => one - other);
}

function mergeRanges(ranges: Iterable<SequenceRange>): readonly SequenceRange[] {
  const merged: [number, number][] = [];
  for (const [from, to] of [...ranges].toSorted(([one], [other]) => one - other)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
