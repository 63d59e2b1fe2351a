import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** A message that was accepted, as it came. */
export interface SvixMessage {
  readonly application: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly payload: { readonly id: string; readonly type: string; readonly data: object };
  readonly idempotencyKey: string;
}

export interface SvixServer {
  readonly url: string;
  readonly token: string;
  /** What was accepted, each once, in order. */
  readonly messages: readonly SvixMessage[];
  /** The event ids of every request to create a message, accepted or not, in order. */
  readonly asked: readonly string[];
  /** The most requests to create a message that were open at once for one event. */
  readonly mostAtOnceOfOne: () => number;
  /** Their names by their ids; a test may delete them. */
  readonly applications: Map<string, string>;
  /**
   * How it answers requests to create a message from now on: a status of its contract instead of its work, "lost" where
   * it does its work and the answer never arrives, late where it does its work at once, null as it should.
   */
  answer(how: (eventId: string, index: number) => Answer): void;
  /** What it knows of idempotency keys is forgotten, as after 12 hours. */
  forgetKeys(): void;
  stop(): Promise<void>;
}

export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly lateMs: number }
  | "lost"
  | null;

interface Reply {
  readonly status: number;
  readonly body: object;
}

const token = "testsk_evergate_0123456789.eu";
const identifier = /^[a-zA-Z0-9\-_.]{1,256}$/;
const answers: Readonly<Record<number, string>> = {
  400: "bad_request",
  401: "authentication_failed",
  404: "not_found",
  409: "conflict",
  413: "payload_too_large",
  429: "too_many_requests",
};

/**
 * A server on a port of this machine that implements `v1.application.create` (with `get_if_exists`), `v1.message.create`
 * and `v1.message.get` of Svix' published OpenAPI document (version 1.947.0) as it documents them: bearer tokens,
 * idempotency keys whose successful answers are kept, event ids that are unique in an application, the forms that it
 * refuses with 422, and bodies of its errors.
 */
export async function startSvixServer(): Promise<SvixServer> {
  const applications = new Map<string, string>();
  const messages: SvixMessage[] = [];
  const asked: string[] = [];
  const kept = new Map<string, Reply>();
  const open = new Map<string, number>();
  let most = 0;
  let answer: Parameters<SvixServer["answer"]>[0] = () => null;

  function createApplication(body: Record<string, unknown>, mayExist: boolean): Reply {
    const { uid, name } = body;
    if (typeof name !== "string" || name === "") return invalid("name", "field required");
    if (typeof uid !== "string" || !identifier.test(uid)) return invalid("uid", "invalid");
    if (applications.has(uid) && !mayExist) return refused(409);
    const status = applications.has(uid) ? 200 : 201;
    applications.set(uid, applications.get(uid) ?? name);
    const at = new Date(0).toISOString();
    return {
      status,
      body: { id: makeSvixId("app"), uid, name, metadata: {}, createdAt: at, updatedAt: at },
    };
  }

  function createMessage(
    application: string,
    body: Record<string, unknown>,
    idempotencyKey: string,
  ): Reply {
    const { eventId, eventType, payload } = body;
    if (!applications.has(application)) return refused(404);
    if (typeof eventType !== "string" || !identifier.test(eventType))
      return invalid("eventType", "invalid");
    if (typeof eventId !== "string" || !identifier.test(eventId))
      return invalid("eventId", "invalid");
    if (typeof payload !== "object" || payload === null || Array.isArray(payload))
      return invalid("payload", "not an object");
    if (find(application, eventId) !== undefined) return refused(409);
    messages.push({
      application,
      eventId,
      eventType,
      payload: payload as SvixMessage["payload"],
      idempotencyKey,
    });
    return { status: 202, body: describeMessage(eventId, eventType) };
  }

  function find(application: string, eventId: string): SvixMessage | undefined {
    return messages.find(
      (message) => message.application === application && message.eventId === eventId,
    );
  }

  function getMessage(application: string, eventId: string): Reply {
    const message = find(application, eventId);
    return message === undefined
      ? refused(404)
      : { status: 200, body: describeMessage(eventId, message.eventType) };
  }

  async function handleMessage(
    request: IncomingMessage,
    response: ServerResponse,
    application: string,
    body: Record<string, unknown>,
  ): Promise<void> {
    const eventId = String(body["eventId"]);
    asked.push(eventId);
    open.set(eventId, (open.get(eventId) ?? 0) + 1);
    most = Math.max(most, open.get(eventId) ?? 0);
    response.once("close", () => open.set(eventId, (open.get(eventId) ?? 1) - 1));
    const how = answer(eventId, asked.length - 1);
    if (how !== null && how !== "lost" && "status" in how)
      return send(response, refused(how.status), how.headers ?? {});
    const key = String(request.headers["idempotency-key"]);
    const reply = kept.get(`${key} ${request.url}`) ?? createMessage(application, body, key);
    // Answers are kept for 12 hours where they are a success.
    if (reply.status < 300) kept.set(`${key} ${request.url}`, reply);
    if (how !== null && how !== "lost") await sleep(how.lateMs);
    if (how === "lost") response.destroy();
    else send(response, reply, {});
  }

  const server = createServer((request, response) => {
    void readJson(request).then(async (body) => {
      const url = new URL(request.url ?? "", "http://svix.test");
      const [, application = "", eventId] =
        /^\/api\/v1\/app\/([^/]+)\/msg(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
      if (request.headers.authorization !== `Bearer ${token}`)
        return send(response, refused(401), {});
      if (request.method === "POST" && url.pathname === "/api/v1/app")
        return send(
          response,
          createApplication(body, url.searchParams.get("get_if_exists") === "true"),
          {},
        );
      if (request.method === "POST" && application !== "" && eventId === undefined)
        return handleMessage(request, response, application, body);
      if (request.method === "GET" && eventId !== undefined)
        return send(response, getMessage(application, eventId), {});
      return send(response, refused(404), {});
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    server.closeAllConnections();
    await closed;
  };
  onTestFinished(stop);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    messages,
    asked,
    mostAtOnceOfOne: () => most,
    applications,
    answer: (how) => {
      answer = how;
    },
    forgetKeys: () => kept.clear(),
    stop,
  };
}

function describeMessage(eventId: string, eventType: string): object {
  const timestamp = new Date(0).toISOString();
  return { id: makeSvixId("msg"), eventId, eventType, payload: {}, timestamp };
}

function makeSvixId(prefix: string): string {
  return `${prefix}_1srOrx2ZWZBpBUvZwXKQmoEYga2`;
}

/** A status of the contract with its `HttpErrorOut`. */
function refused(status: number): Reply {
  const code = answers[status] ?? "server_error";
  return { status, body: { code, detail: `This is ${code}.` } };
}

function invalid(field: string, msg: string): Reply {
  return { status: 422, body: { detail: [{ loc: ["body", field], msg, type: "value_error" }] } };
}

function send(
  response: ServerResponse,
  { status, body }: Reply,
  headers: Readonly<Record<string, string>>,
): void {
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
