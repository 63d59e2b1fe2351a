/** The one of some names that was probably meant: a slip or two away, or begun with what was written. */
export function findNear<Name extends string>(
  text: string,
  names: readonly Name[],
): Name | undefined {
  // Of short words more than a third changed is another word.
  const most = Math.min(2, Math.floor(text.length / 3));
  const [nearest] = names
    .map((name) => ({ name, slips: countSlips(text, name) }))
    .filter(({ slips }) => slips <= most)
    .toSorted((one, other) => one.slips - other.slips);
  return nearest?.name ?? names.find((name) => text.length > 2 && name.startsWith(text));
}

/** Letters that are missing, too many, wrong, or swapped with the next (Damerau and Levenshtein, in their restricted form). */
function countSlips(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return last[other.length] ?? 0;
}
