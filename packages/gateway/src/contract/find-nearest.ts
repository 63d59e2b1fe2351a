/** Nobody mistypes a longer name, and comparing takes the product of both lengths. */
const maximumLength = 40;

/** The name that was most likely meant: it differs in a few letters at most, a letter in three. */
export function findNearest(given: unknown, names: readonly string[]): string | undefined {
  if (typeof given !== "string" || given.length > maximumLength) return undefined;
  const text = given.toLowerCase();
  let nearest: string | undefined;
  let least = Math.min(3, Math.floor(text.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - text.length) >= least) continue;
    const distance = countEdits(text, name.toLowerCase());
    if (distance < least) [nearest, least] = [name, distance];
  }
  return nearest;
}

/** How many letters have to be put in, left out or replaced to make one text of the other (Levenshtein). */
function countEdits(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let column = 1; column <= other.length; column++)
      line.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (line[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1),
        ),
      );
    above = line;
  }
  return above[other.length] ?? 0;
}
