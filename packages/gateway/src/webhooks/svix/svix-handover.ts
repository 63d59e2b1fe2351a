import type { Instant } from "@evergate/core";
import type { Svix } from "svix";
import type { PartnerId } from "../../ids.ts";
import { findPartner } from "../../store/partners.ts";
import type { Reader } from "../../store/store.ts";
import type { SvixEvent } from "../../store/svix-queues.ts";
import { readRetryAfterMs } from "../delivery/retry-schedule.ts";
import type { SvixSettings } from "./svix-settings.ts";

/** Why an event was not accepted, in a sentence, and whether others would have been. */
export interface Failure {
  readonly error: string;
  /** `service`: no event would be accepted now; `event`: this one, or this partner's. */
  readonly concerns: "service" | "event";
  /** How long the service asks to be left alone; 0 where it doesn't. */
  readonly retryAfterMs: number;
}

/** Hands one event over. Answers null once Svix has it, whether it took it now or before, else why not. It never rejects. */
export type HandOver = (partner: PartnerId, event: SvixEvent) => Promise<Failure | null>;

/** Svix's answers bear no content; a proxy that answers in its place may send anything. */
const maximumAnswerBytes = 64 * 1_024;

/** What Svix says of an error is put into a sentence up to this length. */
const maximumDetailLength = 300;

/** Statuses that the published contract has for what is wrong with one request; others are about the token or the service. */
const aboutTheEvent: ReadonlySet<number> = new Set([400, 404, 409, 413, 422]);

/**
 * A Svix service as the `svix` client reaches it. `timeoutMs` bounds all requests that one event needs, together.
 * The client is loaded here, so that whoever does without Svix does not load it.
 */
export async function createHandOver(
  db: Reader,
  now: () => Instant,
  { url, token }: SvixSettings,
  timeoutMs: number,
): Promise<HandOver> {
  const { Svix, ApiException } = await import("svix");

  return async (partner, event) => {
    const signal = AbortSignal.timeout(timeoutMs);
    let answer: Response | null = null;
    const svix = new Svix(token, {
      serverUrl: url,
      // It would try again by itself, without regard to how others fare.
      retryScheduleInMs: [],
      fetch: async (input, init) => {
        answer = null;
        // A POST that is redirected is a GET: what that answers is no acceptance.
        const response = await fetch(input, { ...init, signal, redirect: "manual" });
        answer = response;
        return readWhole(response);
      },
    });
    try {
      if (await create(svix, partner, event)) return null;
      throw new Error("The answer names another event.");
    } catch (error) {
      return describeFailure(error, answer);
    }
  };

  /** Whether Svix says of this very event that it has it. Throws what the client does. */
  async function create(svix: Svix, partner: PartnerId, event: SvixEvent): Promise<boolean> {
    const message = {
      eventId: event.id,
      eventType: event.type,
      // As `GET /v1/events/{id}` answers it: Svix delivers under an id of its own.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was stored as an object's text
      payload: { id: event.id, ...(JSON.parse(event.payload) as object) },
    };
    const send = async (): Promise<boolean> => {
      const taken = await svix.message.create(partner, message, { idempotencyKey: event.id });
      return taken.eventId === event.id;
    };
    try {
      return await send();
    } catch (error) {
      const status = error instanceof ApiException ? error.code : null;
      // It was accepted before, if this partner's application has it: the answer was lost, or not recorded.
      if (status === 409) {
        const known = await svix.message.get(partner, event.id);
        return known.eventId === event.id;
      }
      if (status !== 404) throw error;
      const name = (await findPartner(db, partner))?.name ?? partner;
      await svix.application.getOrCreate({ uid: partner, name });
      return send();
    }
  }

  function describeFailure(error: unknown, answer: Response | null): Failure {
    if (answer === null)
      return { error: describeSilence(error), concerns: "service", retryAfterMs: 0 };
    if (answer.ok)
      return {
        error: `${url} answered ${answer.status}, but not as Svix does: is it one?`,
        concerns: "service",
        retryAfterMs: 0,
      };
    const detail = error instanceof ApiException ? readDetail(error.body) : "";
    const hint =
      answer.status === 401 || answer.status === 403
        ? " Is EVERGATE_SVIX_TOKEN the one of EVERGATE_SVIX_URL?"
        : "";
    return {
      error: `Svix answered ${answer.status}${detail === "" ? "" : `: ${detail}`}.${hint}`,
      concerns: aboutTheEvent.has(answer.status) ? "event" : "service",
      retryAfterMs: readRetryAfterMs(answer.headers.get("retry-after"), now()),
    };
  }

  function describeSilence(error: unknown): string {
    if (error instanceof Error && error.name === "TimeoutError")
      return `Svix did not answer within ${timeoutMs / 1_000} s.`;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason =
      cause instanceof Error ? ("code" in cause ? String(cause.code) : cause.message) : "";
    return `Svix could not be reached: ${reason.slice(0, maximumDetailLength)}.`;
  }
}

/** The same answer with its body, read. Throws where it is too long. */
async function readWhole(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maximumAnswerBytes) throw new Error("The answer is longer than any of Svix.");
    chunks.push(chunk);
  }
  const { status, headers } = response;
  return new Response(size === 0 ? null : Buffer.concat(chunks), { status, headers });
}

/** What the contract's `HttpErrorOut` and `HTTPValidationError` say, in a line; "" for anything else. */
function readDetail(body: unknown): string {
  if (typeof body !== "object" || body === null || !("detail" in body)) return "";
  const { detail } = body;
  const text =
    typeof detail === "string"
      ? detail
      : Array.isArray(detail)
        ? detail.map(describeValidation).join("; ")
        : "";
  return text.replaceAll(/\s+/g, " ").slice(0, maximumDetailLength).replace(/\.$/, "");
}

function describeValidation(fault: unknown): string {
  if (typeof fault !== "object" || fault === null) return "";
  const place = "loc" in fault && Array.isArray(fault.loc) ? fault.loc.join(".") : "";
  const message = "msg" in fault && typeof fault.msg === "string" ? fault.msg : "";
  return `${place} ${message}`.trim();
}
