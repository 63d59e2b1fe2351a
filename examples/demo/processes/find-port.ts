import { once } from "node:events";
import { createServer } from "node:net";

const usualPort = 8080;

/**
 * The port for the gateway: the one of `EVERGATE_PORT`, else 8080 where it is free, else 0, which is any that is.
 * Throws where `EVERGATE_PORT` is no port or in use: whoever set it meant it.
 */
export async function findPort(asked: string | undefined): Promise<number> {
  if (asked !== undefined && asked !== "") {
    if (!/^\d{1,5}$/.test(asked) || Number(asked) > 65_535)
      throw new Error(`EVERGATE_PORT has to be a port, a number up to 65535; it is "${asked}".`);
    if (!(await isFree(Number(asked))))
      throw new Error(
        `Port ${asked}, asked for by EVERGATE_PORT, is in use or not allowed; choose another.`,
      );
    return Number(asked);
  }
  return (await isFree(usualPort)) ? usualPort : 0;
}

/** Takes the port for a moment. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
