import { fileURLToPath } from "node:url";

/** The path of a `file:` URL. `file:./x.db` is relative to the working directory, as people write it; `file:///x.db` is a proper URL. */
export function toPath(url: string): string {
  return url.startsWith("file://") ? fileURLToPath(url) : url.slice("file:".length);
}
