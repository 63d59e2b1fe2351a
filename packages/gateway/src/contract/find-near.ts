import { closestMatch } from "leven";

/** Nobody mistypes a longer name. */
const maximumLength = 40;

/** The name that was probably meant: it differs in two letters at most, a letter in three, or begins with what was written. */
export function findNear<Name extends string>(
  text: string,
  names: readonly Name[],
): Name | undefined {
  if (text.length > maximumLength) return undefined;
  const written = text.toLowerCase();
  const maxDistance = Math.min(2, Math.floor(text.length / 3));
  const nearest = closestMatch(
    written,
    names.map((name) => name.toLowerCase()),
    { maxDistance },
  );
  return names.find((name) => {
    const known = name.toLowerCase();
    return nearest === undefined ? text.length > 2 && known.startsWith(written) : known === nearest;
  });
}
