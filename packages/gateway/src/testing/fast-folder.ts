import { existsSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const inMemory = "/dev/shm";

/** As many bytes as the databases of a whole run may take. */
const wantedBytes = 3 * 2 ** 30;

/** Where databases of tests lie: real files, in memory where the system has room for them, as no test pulls the plug. */
export const fastFolder: string = existsSync(inMemory) && hasRoom(inMemory) ? inMemory : tmpdir();

function hasRoom(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= wantedBytes;
}
