import { ProblemError } from "./problem.ts";

/**
 * A URL's query by name; a name that comes several times has a list. Nothing is guessed: what is not percent-encoded
 * UTF-8 is `malformed_request`. The object has no prototype, so that a parameter may have any name, `__proto__` too.
 */
export function readQuery(url: string): Record<string, unknown> {
  const query: Record<string, unknown> = Object.create(null);
  const start = url.indexOf("?");
  if (start === -1) return query;
  for (const pair of url
    .slice(start + 1)
    .replace(/#.*$/, "")
    .split("&")) {
    if (pair === "") continue;
    const [name = "", ...rest] = pair.split("=");
    const key = decode(name, "");
    const value = decode(rest.join("="), key);
    const known = query[key];
    query[key] = known === undefined ? value : [known, value].flat();
  }
  return query;
}

function decode(text: string, name: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    const detail = "has to be percent-encoded UTF-8";
    throw new ProblemError(
      "malformed_request",
      `/query/${name.slice(0, 100)}: ${detail}.`,
      [{ pointer: `/query/${name.slice(0, 100)}`, detail }],
      { cause: error },
    );
  }
}

/** Throws `malformed_request` where a URL's path is not percent-encoded UTF-8. */
export function checkPath(url: string): void {
  try {
    decodeURIComponent(url.replace(/[?#].*$/, ""));
  } catch (error) {
    throw new ProblemError(
      "malformed_request",
      "The path has to be percent-encoded UTF-8.",
      [{ pointer: "/path", detail: "has to be percent-encoded UTF-8" }],
      { cause: error },
    );
  }
}
