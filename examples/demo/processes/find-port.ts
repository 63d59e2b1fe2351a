import { once } from "node:events";
import { createServer } from "node:net";

const usualPort = 8080;

/**
 * The port for the gateway: the one of `EVERGATE_PORT`, else 8080 where it is free, else any that is.
 * Throws where `EVERGATE_PORT` is no port or in use: whoever set it meant it.
 */
export async function findPort(asked: string | undefined): Promise<number> {
  if (asked !== undefined && asked !== "") {
    if (!/^\d{1,5}$/.test(asked) || Number(asked) > 65_535)
      throw new Error(`EVERGATE_PORT has to be a port, a number up to 65535; it is "${asked}".`);
    const port = await tryPort(Number(asked));
    if (port === undefined)
      throw new Error(
        `Port ${asked}, asked for by EVERGATE_PORT, is in use or not allowed; choose another.`,
      );
    return port;
  }
  const port = (await tryPort(usualPort)) ?? (await tryPort(0));
  if (port === undefined) throw new Error("No port of 127.0.0.1 is free.");
  return port;
}

/** Takes the port for a moment, 0 for any; undefined where it can't be had. */
async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
