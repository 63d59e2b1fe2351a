import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What an endpoint does with a delivery: takes it, refuses it, drops the connection, or never answers. */
export type Conduct = "take" | "drop" | "hang" | 500 | 503;

export interface EndpointConduct {
  /** Asked at each arrival. */
  readonly decide: () => { readonly conduct: Conduct; readonly afterMs: number };
  /** Strict order over all subscriptions. */
  readonly isStrict?: boolean;
}

interface Message {
  readonly event: string;
  readonly body: string;
  readonly subscription: string;
  readonly subscriptionSequence: number;
  readonly sequence: number;
}

interface Endpoint extends EndpointConduct {
  /** What it has taken, by event, and how many times. */
  readonly taken: Map<string, Message & { readonly times: number }>;
  /** The last number that it has taken of each subscription. */
  readonly lastOf: Map<string, number>;
  /** Events that are on their way to it now. */
  readonly open: Map<string, ServerResponse>;
  lastSequence: number;
  repeated: number;
  mostOpen: number;
}

/** Real endpoints in this process that see everything, and say what they should never have seen. */
export interface DeliveryWitness {
  url(name: string): string;
  /** What has been out of order, changed between two tries, or on its way twice at once. */
  readonly faults: readonly string[];
  /** The events that an endpoint has taken, and how many times each. */
  taken(name: string): ReadonlyMap<string, number>;
  /** The numbers under which it has taken them, ascending. */
  sequences(name: string): readonly number[];
  /** How many deliveries have been taken, and how many times one was taken again after that. */
  count(): { readonly taken: number; readonly repeated: number };
  /** The most that were on their way to one endpoint at once. */
  mostOpen(): number;
  /** How many are on their way now, to all of them. */
  openNow(): number;
  /** What is on its way now belongs to a process that stands still: the same may come from another one. */
  forgetOpen(): void;
}

export async function startDeliveryWitness(
  conducts: Readonly<Record<string, EndpointConduct>>,
): Promise<DeliveryWitness> {
  const faults: string[] = [];
  const endpoints = new Map<string, Endpoint>(
    Object.entries(conducts).map(([name, conduct]) => [
      name,
      {
        ...conduct,
        taken: new Map(),
        lastOf: new Map(),
        open: new Map(),
        lastSequence: 0,
        repeated: 0,
        mostOpen: 0,
      },
    ]),
  );
  const get = (name: string): Endpoint => {
    const endpoint = endpoints.get(name);
    if (endpoint === undefined) throw new Error(`There is no endpoint ${name}.`);
    return endpoint;
  };
  const server = createServer((request, response) => {
    const name = (request.url ?? "").slice(1);
    void readMessage(request).then((message) => {
      if (message !== null) receive(name, get(name), message, response, faults);
    });
  });
  const port = await listen(server);
  return {
    url: (name) => `http://127.0.0.1:${port}/${name}`,
    faults,
    taken: (name) =>
      new Map([...get(name).taken].map(([event, { times }]) => [event, times] as const)),
    sequences: (name) =>
      [...get(name).taken.values()]
        .map(({ sequence }) => sequence)
        .toSorted((one, other) => one - other),
    count: () => ({
      taken: [...endpoints.values()].reduce((sum, { taken }) => sum + taken.size, 0),
      repeated: [...endpoints.values()].reduce((sum, { repeated }) => sum + repeated, 0),
    }),
    mostOpen: () => Math.max(...[...endpoints.values()].map(({ mostOpen }) => mostOpen)),
    openNow: () => [...endpoints.values()].reduce((sum, { open }) => sum + open.size, 0),
    forgetOpen: () => {
      for (const { open } of endpoints.values()) open.clear();
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Null where the sender has died amid it. */
async function readMessage(request: IncomingMessage): Promise<Message | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return null;
  }
  const body = Buffer.concat(chunks).toString();
  const { data, delivery } = JSON.parse(body) as {
    data: { id: string; sequence: number };
    delivery: { sequence: number };
  };
  return {
    event: String(request.headers["webhook-id"]),
    body,
    subscription: data.id,
    subscriptionSequence: data.sequence,
    sequence: delivery.sequence,
  };
}

function receive(
  name: string,
  endpoint: Endpoint,
  message: Message,
  response: ServerResponse,
  faults: string[],
): void {
  const { event } = message;
  if (endpoint.open.has(event)) faults.push(`${name}: ${event} is on its way twice at once`);
  endpoint.open.set(event, response);
  endpoint.mostOpen = Math.max(endpoint.mostOpen, endpoint.open.size);
  response.once("close", () => {
    if (endpoint.open.get(event) === response) endpoint.open.delete(event);
  });
  const before = endpoint.taken.get(event);
  if (before === undefined) faults.push(...judgeOrder(name, endpoint, message));
  else if (before.body !== message.body)
    faults.push(`${name}: ${event} has other bytes than before`);
  const { conduct, afterMs } = endpoint.decide();
  setTimeout(() => answer(endpoint, message, response, conduct), afterMs);
}

function judgeOrder(
  name: string,
  endpoint: Endpoint,
  { event, subscription, subscriptionSequence, sequence }: Message,
): string[] {
  const last = endpoint.lastOf.get(subscription) ?? 0;
  const faults: string[] = [];
  if (subscriptionSequence !== last + 1)
    faults.push(
      `${name}: ${event} is number ${subscriptionSequence} of ${subscription}, of which ${last} was taken last`,
    );
  if (endpoint.isStrict === true && sequence !== endpoint.lastSequence + 1)
    faults.push(`${name}: ${event} is number ${sequence}, after ${endpoint.lastSequence}`);
  return faults;
}

function answer(
  endpoint: Endpoint,
  message: Message,
  response: ServerResponse,
  conduct: Conduct,
): void {
  // Who has died in the meantime gets nothing: what it sent was not taken.
  if (response.destroyed || conduct === "hang") return;
  if (conduct === "drop") response.destroy();
  else if (conduct === "take") {
    const times = (endpoint.taken.get(message.event)?.times ?? 0) + 1;
    if (times > 1) endpoint.repeated += 1;
    endpoint.taken.set(message.event, { ...message, times });
    endpoint.lastOf.set(
      message.subscription,
      Math.max(message.subscriptionSequence, endpoint.lastOf.get(message.subscription) ?? 0),
    );
    endpoint.lastSequence = Math.max(message.sequence, endpoint.lastSequence);
    response.writeHead(204).end();
  } else response.writeHead(conduct).end();
}
