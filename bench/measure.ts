import { Pool } from "undici";

/** What a run of requests came to. */
export interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends `count` requests over `connections` connections, each as soon as the one before is answered. Throws at the first answer that is no success. */
export async function sendAll(
  origin: string,
  connections: number,
  count: number,
  makeCall: () => Call,
): Promise<Figures> {
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const durations: number[] = [];
  let left = count;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left-- > 0) {
        const { method, path, headers, body } = makeCall();
        const sentAt = performance.now();
        const reply = await pool.request({ method, path, headers, body: body ?? null });
        const text = await reply.body.text();
        durations.push(performance.now() - sentAt);
        if (reply.statusCode >= 300)
          throw new Error(`${method} ${path} answered ${reply.statusCode}: ${text}`);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  await pool.close();
  const sorted = durations.toSorted((one, other) => one - other);
  return {
    perSecond: count / seconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };
}

export function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((one, other) => one - other),
    0.5,
  );
}

/** `sorted` ascending. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
