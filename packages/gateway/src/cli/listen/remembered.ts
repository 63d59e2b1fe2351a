import { readFile, rename, writeFile } from "node:fs/promises";
import { StartError } from "../../server/start-error.ts";
import { isEndpointSecret } from "../../webhooks/endpoints/endpoint-secret.ts";
import type { Mark } from "./progress.ts";

/** What `--remember` keeps from one run to the next, so that they are one endpoint to the receiver. */
export interface Remembered extends Mark {
  readonly partner: string;
  readonly endpoint: string;
  readonly secret: string;
  readonly eventTypes: readonly string[];
}

/** Reads what an earlier run has kept; null where there is no such file yet. */
export async function readRemembered(path: string): Promise<Remembered | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new StartError(`The file ${path} can't be read: ${toReason(error)}.`, { cause: error });
  }
  const found = parse(text);
  if (found === null)
    throw new StartError(
      `The file ${path} is not what evergate listen --remember writes. Name another, or remove it.`,
    );
  return found;
}

function parse(text: string): Remembered | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRemembered(value) ? value : null;
  } catch {
    return null;
  }
}

function isRemembered(value: unknown): value is Remembered {
  if (typeof value !== "object" || value === null) return false;
  const read = (name: string): unknown => Reflect.get(value, name);
  const areTexts = (list: unknown): boolean =>
    Array.isArray(list) && list.every((item) => typeof item === "string");
  const secret = read("secret");
  return (
    typeof read("partner") === "string" &&
    typeof read("endpoint") === "string" &&
    typeof secret === "string" &&
    isEndpointSecret(secret) &&
    (read("after") === null || typeof read("after") === "string") &&
    Number.isSafeInteger(read("sequence")) &&
    areTexts(read("done")) &&
    areTexts(read("eventTypes"))
  );
}

/** Keeps it, whole at every moment. One writing at a time; what comes meanwhile is written after it, once. */
export interface Keeper {
  keep(): void;
  /** Resolves once the newest is on disk. Throws {@link StartError} where any could not be written. */
  finish(): Promise<void>;
}

export function createKeeper(
  path: string,
  read: () => Remembered,
  failed: (error: StartError) => void,
): Keeper {
  let writing: Promise<void> | null = null;
  let isStale = false;
  let failure: StartError | null = null;

  async function write(): Promise<void> {
    while (isStale && failure === null) {
      isStale = false;
      try {
        // It holds the secret.
        await writeFile(`${path}.new`, `${JSON.stringify(read(), null, 2)}\n`, { mode: 0o600 });
        await rename(`${path}.new`, path);
      } catch (error) {
        failure = new StartError(`The file ${path} can't be written: ${toReason(error)}.`, {
          cause: error,
        });
        failed(failure);
      }
    }
    writing = null;
  }
  const keep = (): void => {
    isStale = true;
    writing ??= write();
  };
  return {
    keep,
    async finish() {
      keep();
      await writing;
      if (failure !== null) throw failure;
    },
  };
}

function toReason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
