/** The fields of `after` that are not as they were, with the values that they had. */
export function diffFields<T extends object>(before: T, after: T): Partial<T> {
  const previous: Partial<T> = {};
  for (const name of Object.keys(after)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a key of T by construction
    const key = name as keyof T;
    if (before[key] !== after[key] && JSON.stringify(before[key]) !== JSON.stringify(after[key]))
      previous[key] = before[key];
  }
  return previous;
}
