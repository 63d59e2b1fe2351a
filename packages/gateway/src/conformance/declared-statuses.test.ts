import { gzipSync } from "node:zlib";
import { toInstant } from "@evergate/core";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { hashKeySecret } from "../auth/key-secret.ts";
import { createGateway } from "../create-gateway.ts";
import { checkReply, forgetExercised, listExercised } from "../testing/check-reply.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, testNow, testSecretKey } from "../testing/start-test-gateway.ts";
import { checkRefusedField } from "./check-refused-field.ts";
import { documents, operations, type DeclaredOperation } from "./contract.ts";
import { holdRequests } from "./hold-requests.ts";
import { refusals } from "./refusals.ts";
import {
  makeFresh,
  makeRequest,
  send,
  type Reply,
  type RequestParts,
  takePartner,
} from "./requests.ts";
import { makeScene, type Scene } from "./scene.ts";

type Schemas = components["schemas"];

/** What a document of a media type looks like from outside. What is in it, the tests of the document itself say. */
const documentForms: Readonly<Record<string, (text: string) => boolean>> = {
  "text/csv": (text) => /^\w+(,\w+)*\r\n/.test(text) && text.endsWith("\r\n"),
  "application/x-ndjson": (text) =>
    text.startsWith('{"head":{') && text.endsWith("}\n") && !text.includes("\n\n"),
  "application/pdf": (text) => text.startsWith("%PDF-1.") && text.endsWith("%%EOF\n"),
};

const withKey = operations.filter(({ security }) => security !== null);
const ofPartner = withKey.filter(({ security }) => security !== null && "partnerKey" in security);
const ofOperatorOnly = withKey.filter((operation) => !ofPartner.includes(operation));
const withoutBody = operations.filter(
  ({ bodies, method }) => bodies.size === 0 && method !== "get",
);
const withBody = operations.filter(({ bodies }) => bodies.size > 0);

/** Whether the operation declares this problem code at all. */
const declares = (operation: DeclaredOperation, code: string): boolean =>
  [...operation.codes.values()].some((codes) => codes.includes(code));
const declaring = (code: string): readonly DeclaredOperation[] =>
  operations.filter((operation) => declares(operation, code));
const successOf = ({ replies }: DeclaredOperation): number | undefined =>
  [...replies.keys()].find((status) => status < 300);

beforeAll(forgetExercised);

describe.each(testStores)("every declared status is produced on $name", (stores) => {
  let scene: Scene;
  const seen = new Set<string>();
  const keys: Record<"revoked" | "expired", string> = { revoked: "", expired: "" };

  beforeAll(async () => {
    const gateway = await startTestGateway(stores, { isShared: true });
    scene = await makeScene(gateway);
    for (const name of ["revoked", "expired"] as const) {
      const made = await scene.operator.ask<Schemas["CreatedApiKey"]>("POST", "/v1/api-keys", {
        kind: "partner",
        partner: scene.one.ids["partnerId"],
        name,
      });
      keys[name] = made.secret;
      const end =
        name === "revoked" ? { revoked_at: testNow } : { expires_at: toInstant(testNow - 1) };
      await gateway.store.transaction((tx) =>
        tx
          .updateTable("api_keys")
          .set(end)
          .where("hash", "=", hashKeySecret(made.secret))
          .execute(),
      );
    }
  });
  let suspendedKey: string;
  beforeAll(async () => {
    const { id, key } = await takePartner(scene);
    await scene.operator.ask("POST", `/v1/partners/${id}/suspend`, { reason: "Unpaid." });
    suspendedKey = key;
  });
  afterAll(() => scene.gateway.close());

  /** Sends, and keeps in mind what was answered. */
  async function trySending(
    operation: DeclaredOperation,
    parts: RequestParts,
    where: Pick<Scene, "gateway"> = scene,
  ): Promise<Reply & { readonly code: string | undefined }> {
    const reply = await send(where, operation, parts);
    const code = reply.status < 400 ? undefined : (reply.body as Schemas["Problem"]).code;
    const asked = parts.headers["accept"];
    const documentType = operation.documentTypes.find((name) => name === asked);
    const kind = code ?? documentType;
    seen.add(`${operation.id} ${reply.status}${kind === undefined ? "" : ` ${kind}`}`);
    const type =
      code === undefined
        ? reply.text === ""
          ? null
          : (documentType ?? "application/json")
        : "application/problem+json";
    expect(reply.headers.get("content-type")?.split(";")[0] ?? null).toBe(type);
    expect(reply.headers.get("request-id")).toMatch(
      code === undefined ? /^req_/ : (reply.body as Schemas["Problem"]).requestId,
    );
    return { ...reply, code };
  }
  async function expectRefusal(
    operation: DeclaredOperation,
    parts: RequestParts,
    status: number,
    code: string,
  ): Promise<Reply> {
    const reply = await trySending(operation, parts);
    expect(`${operation.id} ${reply.status} ${reply.code ?? reply.text}`).toBe(
      `${operation.id} ${status} ${code}`,
    );
    return reply;
  }

  test.each(operations)("$id succeeds", async (operation) => {
    const reply = await trySending(operation, await makeRequest(scene, scene.one, operation));
    expect(reply.status).toBe(successOf(operation));
  });

  test.each(documents)("$id answers $mediaType", async ({ operation, mediaType }) => {
    const reply = await trySending(operation, {
      ...(await makeRequest(scene, scene.one, operation)),
      headers: { accept: mediaType },
    });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-disposition")).toMatch(/^attachment; filename=[\w.-]+$/);
    expect(reply.headers.get("vary")).toBe("accept");
    const isOfItsType = documentForms[mediaType];
    if (isOfItsType === undefined) throw new Error(`What is ${mediaType} told by? Say it above.`);
    expect(reply.text).toSatisfy(isOfItsType);
  });

  test.each(documents)("400: $id as $mediaType by the page", async ({ operation, mediaType }) => {
    const parts = {
      ...(await makeRequest(scene, scene.one, operation)),
      headers: { accept: mediaType },
    };
    for (const { name } of operation.parameters.filter((it) =>
      ["limit", "after"].includes(it.name),
    )) {
      const query = { [name]: "1" };
      const reply = await expectRefusal(operation, { ...parts, query }, 400, "malformed_request");
      expect((reply.body as Schemas["Problem"]).errors?.[0]?.pointer).toBe(`/query/${name}`);
    }
  });

  test.each(declaring("not_acceptable"))(
    "406: $id for whom none of its media types will do",
    async (operation) => {
      const parts = await makeRequest(scene, scene.one, operation);
      for (const accept of ["image/png", "application/json;q=0", "*/*;q=0"])
        await expectRefusal(operation, { ...parts, headers: { accept } }, 406, "not_acceptable");
    },
  );

  test.each(withKey)(
    "401: $id without a key, with an unknown, a revoked and an expired one",
    async (operation) => {
      const parts = await makeRequest(scene, scene.one, operation);
      for (const key of [null, "evg_partner_unknown", keys.revoked, keys.expired]) {
        const reply = await expectRefusal(operation, { ...parts, key }, 401, "unauthenticated");
        expect(reply.headers.get("www-authenticate")).toBe("Bearer");
      }
      await expectRefusal(
        operation,
        {
          ...parts,
          key: null,
          headers: { authorization: `Basic ${Buffer.from("a:b").toString("base64")}` },
        },
        401,
        "unauthenticated",
      );
    },
  );

  test.each(ofOperatorOnly)(
    "403: $id with a partner's key, whatever its scopes",
    async (operation) => {
      const parts = await makeRequest(scene, scene.one, operation);
      await expectRefusal(operation, { ...parts, key: scene.one.key }, 403, "forbidden");
    },
  );

  test.each(ofPartner)(
    "403: $id with a key that has every scope but the one needed, or names another partner",
    async (operation) => {
      const parts = await makeRequest(scene, scene.one, operation);
      const needed = operation.security?.["partnerKey"] ?? [];
      expect(needed).toHaveLength(1);
      const scopes = ["read", "subscriptions:write", "billing:read", "webhooks:write"].filter(
        (scope) => !needed.includes(scope),
      );
      const { secret } = await scene.operator.ask<Schemas["CreatedApiKey"]>(
        "POST",
        "/v1/api-keys",
        { kind: "partner", partner: scene.one.ids["partnerId"], name: "Narrow", scopes },
      );
      await expectRefusal(operation, { ...parts, key: secret }, 403, "forbidden");
      if (!operation.parameters.some(({ name }) => name === "Evergate-Partner")) return;
      await expectRefusal(
        operation,
        { ...parts, headers: { "evergate-partner": scene.other.ids["partnerId"] ?? "" } },
        403,
        "forbidden",
      );
    },
  );

  test.each(declaring("partner_suspended"))(
    "403: $id with a key of a partner that is suspended",
    async (operation) => {
      const parts = await makeRequest(scene, scene.one, operation);
      await expectRefusal(operation, { ...parts, key: suspendedKey }, 403, "partner_suspended");
    },
  );

  const openAndLimited = declaring("rate_limited").filter(({ security }) => security === null);
  test.each(openAndLimited)("429: $id more often than is let in", async (operation) => {
    const strict = createGateway({
      store: scene.gateway.store,
      log: pino({ level: "silent" }),
      secretKey: testSecretKey,
      settings: { privateWebhooks: true, applicationsPerHour: 1 },
      now: () => testNow,
      witness: checkReply,
    });
    const there = {
      gateway: { ...scene.gateway, fetch: async (request: Request) => strict.app.fetch(request) },
    };
    const parts = await makeRequest(scene, scene.one, operation);
    const first = await trySending(operation, parts, there);
    const second = await trySending(operation, parts, there);
    expect([first.status, second.status, second.code]).toEqual([201, 429, "rate_limited"]);
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(3_500);
  });

  test.each(declaring("malformed_request"))(
    "400: $id with a query parameter that nobody knows",
    async (operation) => {
      const reply = await expectRefusal(
        operation,
        { ...(await makeRequest(scene, scene.one, operation)), query: { bogus: "1" } },
        400,
        "malformed_request",
      );
      expect((reply.body as Schemas["Problem"]).errors?.[0]).toEqual({
        pointer: "/query/bogus",
        detail: "is not known here",
      });
    },
  );

  test.each(declaring("partner_required"))(
    "400: $id by an operator who names no partner, or none that there is",
    async (operation) => {
      const parts = {
        ...(await makeRequest(scene, scene.one, operation)),
        key: scene.gateway.operatorKey,
      };
      await expectRefusal(
        operation,
        { ...parts, headers: { "evergate-partner": "partner_01m86ch3m0e3dbc8ahtjsnjy57" } },
        400,
        "partner_required",
      );
      // The operator has a record of its own.
      if (operation.id !== "listAuditLog" && operation.id !== "verifyAuditLog")
        await expectRefusal(operation, { ...parts, headers: {} }, 400, "partner_required");
    },
  );

  test.each(declaring("not_found"))("404: $id for what does not exist", async (operation) => {
    const parts = await makeRequest(scene, scene.one, operation);
    for (const { name, in: place } of operation.parameters) {
      if (place !== "path") continue;
      const unknown = (parts.path[name] ?? "").replace(/_.{26}$/, "_01m86ch3m0e3dbc8ahtjsnjy57");
      await expectRefusal(
        operation,
        { ...parts, path: { ...parts.path, [name]: unknown } },
        404,
        "not_found",
      );
    }
  });

  test.each(declaring("version_mismatch"))(
    "412: $id for a version that is no more",
    async (operation) => {
      await expectRefusal(
        operation,
        { ...(await makeRequest(scene, scene.one, operation)), headers: { "if-match": '"999"' } },
        412,
        "version_mismatch",
      );
    },
  );

  test.each(withBody)("413: $id with more than a mebibyte, announced or not", async (operation) => {
    const parts = await makeRequest(scene, scene.one, operation);
    const rawBody = " ".repeat(1_048_577);
    await expectRefusal(operation, { ...parts, rawBody }, 413, "content_too_large");
    await expectRefusal(
      operation,
      { ...parts, rawBody, headers: { "content-length": "1048577" } },
      413,
      "content_too_large",
    );
  });

  test.each(withoutBody)("$id takes no body but an empty one", async (operation) => {
    const { body: _, ...parts } = await makeRequest(scene, scene.one, operation);
    for (const rawBody of ['{"status":"applied"}', "junk", "[]", "x".repeat(1_048_577)]) {
      const { body } = await expectRefusal(
        operation,
        { ...parts, rawBody },
        400,
        "malformed_request",
      );
      expect((body as Schemas["Problem"]).errors).toMatchObject([{ pointer: "" }]);
    }
    const taken = await trySending(operation, { ...parts, rawBody: " {}\n" });
    expect(taken.status).toBe(successOf(operation));
  });

  test.each(withBody.filter(({ isBodyRequired }) => !isBodyRequired))(
    "$id does without a body",
    async (operation) => {
      const { body: _, ...parts } = await makeRequest(scene, scene.one, operation);
      expect((await trySending(operation, parts)).status).toBe(successOf(operation));
    },
  );

  test.each(withBody)("415: $id with a body that is encoded", async (operation) => {
    const parts = await makeRequest(scene, scene.one, operation);
    const encoded = { ...parts, headers: { ...parts.headers, "content-encoding": "gzip" } };
    const { headers, body } = await expectRefusal(
      operation,
      { ...encoded, rawBody: new Uint8Array(gzipSync("{}")) },
      415,
      "unsupported_media_type",
    );
    expect(headers.get("accept-encoding")).toBe("identity");
    expect((body as Schemas["Problem"]).detail).toContain("No Content-Encoding is supported");
  });

  test.each(withBody)("415: $id with a body of another media type", async (operation) => {
    const parts = await makeRequest(scene, scene.one, operation);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/jsonp",
      "*/*",
    ]) {
      const { headers } = await expectRefusal(
        operation,
        { ...parts, headers: { "content-type": type } },
        415,
        "unsupported_media_type",
      );
      // Its presence would say that it was the encoding (RFC 9110, 12.5.3).
      expect(headers.has("accept-encoding")).toBe(false);
    }
  });

  test.each(declaring("idempotency_key_reused"))(
    "422: $id with an Idempotency-Key of another request",
    async (operation) => {
      const parts = await makeRequest(scene, scene.one, operation);
      const headers = { ...parts.headers, "idempotency-key": makeFresh("used-") };
      if (operation.security === null)
        await send(scene, operation, {
          ...parts,
          headers,
          rawBody: ` ${JSON.stringify(parts.body)}`,
        });
      else if ("evergate-partner" in parts.headers)
        await scene.operator.ask("POST", "/v1/customers", { name: "First" }, { headers });
      else if (ofPartner.includes(operation))
        await scene.one.api.ask("POST", "/v1/customers", { name: "First" }, { headers });
      else
        await scene.operator.ask(
          "POST",
          "/v1/products",
          {
            code: makeFresh("FIRST-"),
            name: "First",
            unit: "user",
            minQuantity: 1,
            maxQuantity: 2,
          },
          { headers },
        );
      await expectRefusal(operation, { ...parts, headers }, 422, "idempotency_key_reused");
    },
  );

  test.each(declaring("idempotency_key_in_use"))(
    "409: $id while the first request with the same Idempotency-Key runs",
    async (operation) => {
      const fine = await makeRequest(scene, scene.one, operation);
      const parts = {
        ...fine,
        headers: { ...fine.headers, "idempotency-key": makeFresh("twice-") },
      };
      const release = await holdRequests(scene.gateway.store);
      const both = [trySending(operation, parts), trySending(operation, parts)];
      const refused = await Promise.race(both);
      await release();
      expect(refused).toMatchObject({ status: 409, code: "idempotency_key_in_use" });
      const statuses = (await Promise.all(both)).map(({ status }) => status);
      expect(statuses.toSorted()).toEqual([successOf(operation), 409]);
    },
  );

  test.each(refusals)("$operation: $code", async ({ operation: id, code, make }) => {
    const operation = operations.find((candidate) => candidate.id === id);
    const declared = [...(operation?.codes ?? [])].find(([, codes]) => codes.includes(code));
    if (operation === undefined || declared === undefined)
      throw new Error(`${id} does not declare ${code}.`);
    const parts = await make(scene);
    const { body } = await expectRefusal(operation, parts, declared[0], code);
    checkRefusedField(parts, body as Schemas["Problem"]);
  });

  test("503: every operation that declares it, once the database is gone", async () => {
    const requests: (readonly [DeclaredOperation, RequestParts])[] = [];
    for (const operation of declaring("unavailable"))
      requests.push([operation, await makeRequest(scene, scene.one, operation)]);
    await scene.gateway.store.close();
    for (const [operation, parts] of requests) {
      const reply = await expectRefusal(operation, parts, 503, "unavailable");
      expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    const health = operations.filter(({ id }) => id === "getHealth");
    for (const operation of health)
      expect(
        (await trySending(operation, { path: {}, query: {}, headers: {}, key: null })).status,
      ).toBe(200);
  });

  test("nothing that the contract declares was left out", () => {
    const declared = operations.flatMap((operation) =>
      [...operation.replies.keys()].flatMap((status) => {
        const codes = operation.codes.get(status);
        return codes === undefined
          ? [`${operation.id} ${status}`]
          : codes.map((code) => `${operation.id} ${status} ${code}`);
      }),
    );
    declared.push(...documents.map(({ id, mediaType }) => `${id} 200 ${mediaType}`));
    expect(declared.filter((name) => !seen.has(name))).toEqual([]);
    // What the harness has checked against the contract is all that was answered.
    expect(
      [...seen]
        .map((name) => (name.includes("/") ? name : name.split(" ").slice(0, 2).join(" ")))
        .filter((name) => !listExercised().has(name)),
    ).toEqual([]);
  });
});
