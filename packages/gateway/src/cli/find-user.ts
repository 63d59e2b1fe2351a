import { userInfo } from "node:os";

/** Who sits at the terminal, for the record. */
export function findUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user often has no name.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
