import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** Stands between a gateway and a receiver, and does to deliveries what networks and crashes do. */
export interface BadNetwork {
  readonly url: string;
  /** How many deliveries were answered and never handed on, handed on twice, and handed on too late. */
  readonly lost: () => number;
  readonly doubled: () => number;
  readonly late: () => number;
  /** From now on everything goes through as it comes. */
  mend(): void;
  close(): Promise<void>;
}

/** Long enough that others overtake it. */
const lateMs = 700;

/** Of five deliveries one is lost, though the gateway hears that it was taken; one comes twice, and one too late. */
export async function startBadNetwork(receiverPort: number): Promise<BadNetwork> {
  let [count, lost, doubled, late] = [0, 0, 0, 0];
  let isBad = true;
  const onTheWay = new Set<Promise<unknown>>();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const { host: _, connection: __, "content-length": ___, ...kept } = request.headers;
      const headers = Object.fromEntries(
        Object.entries(kept).map(([name, value]) => [name, String(value)]),
      );
      const pass = (): Promise<Response> =>
        fetch(`http://127.0.0.1:${receiverPort}/`, { method: "POST", headers, body });
      const passAndAnswer = async (): Promise<void> => {
        const answer = await pass();
        response.writeHead(answer.status).end(await answer.text());
      };
      const meanwhile = (work: Promise<unknown>): void => {
        const settled = work.catch(() => {}).finally(() => onTheWay.delete(settled));
        onTheWay.add(settled);
      };
      count += 1;
      if (isBad && count % 5 === 2) {
        lost += 1;
        response.writeHead(204).end();
      } else if (isBad && count % 5 === 4) {
        late += 1;
        response.writeHead(204).end();
        meanwhile(delay(lateMs).then(pass));
      } else {
        if (isBad && count % 5 === 0) {
          doubled += 1;
          meanwhile(pass());
        }
        // Who is away is tried again by the gateway.
        passAndAnswer().catch(() => response.writeHead(502).end());
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`,
    lost: () => lost,
    doubled: () => doubled,
    late: () => late,
    mend: () => {
      isBad = false;
    },
    async close() {
      await Promise.all(onTheWay);
      server.closeAllConnections();
      server.close();
    },
  };
}
