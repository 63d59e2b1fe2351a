import { readFileSync } from "node:fs";

/** How deliveries name themselves to receivers. */
export const userAgent: string = `Evergate/${readVersion()}`;

function readVersion(): string {
  // The package's own file lies three folders up, from src and from dist alike.
  const description: unknown = JSON.parse(
    readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
  );
  const version: unknown =
    typeof description === "object" && description !== null
      ? Reflect.get(description, "version")
      : undefined;
  return typeof version === "string" ? version : "0";
}
