import { fileURLToPath } from "node:url";
import { findFreePort, startChild, type Child } from "../child.ts";

/** What has come to a receiver. */
export interface Arrivals {
  /** How often something came that had come before. */
  readonly repeated: number;
  /** `<path> <event's id>`, and when it came first, in milliseconds of the monotonic clock; in the order of their coming. */
  readonly arrivals: readonly (readonly [string, number])[];
}

export interface Receiver extends Child {
  /** Resolves once `count` different deliveries have come. */
  waitFor(count: number): Promise<void>;
  read(): Promise<Arrivals>;
  forget(): Promise<void>;
}

/** Starts the process that receives what is delivered. */
export async function startReceiver(): Promise<Receiver> {
  const port = await findFreePort();
  const child = await startChild(
    [fileURLToPath(new URL("receiver-process.ts", import.meta.url))],
    port,
    { RECEIVER_PORT: String(port) },
  );
  const ask = async (path: string): Promise<string> => {
    const reply = await fetch(`${child.origin}${path}`);
    return reply.text();
  };
  return {
    ...child,
    waitFor: async (count) => void (await ask(`/wait?count=${count}`)),
    read: async () => JSON.parse(await ask("/arrivals")) as Arrivals,
    forget: async () => void (await ask("/forget")),
  };
}
