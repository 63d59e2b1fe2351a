import type { Operation } from "../contract/document.ts";
import type { Document, OperationId } from "../contract/operation.ts";
import { toPartnerId } from "../ids.ts";
import { placeWithCommand } from "../events/place-events.ts";
import { findPartner, lockPartner, partnerNow, type Partner } from "../store/partners.ts";
import type { Reader, Transaction } from "../store/store.ts";
import {
  createInUseError,
  findKeptAnswer,
  keepAnswer,
  type Answer,
  type IdempotentCall,
} from "./idempotency.ts";
import { ProblemError, toProblem } from "./problem.ts";
import type { ReadRequest } from "./read-request.ts";
import { toRefusal } from "./to-problem-error.ts";
import type { Binding, PartnerReadRoom } from "./room.ts";
import type { Caller, Services, World } from "./world.ts";

/** What a room has answered, loosely typed: `Rooms` has tied each room to its contract already. */
interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A document on its way to the caller. */
export interface DocumentAnswer {
  readonly status: 200;
  readonly document: Document;
}

type Outcome = Reply | { readonly refused: ProblemError };

/** Keys whose first request still runs in this process. */
const running = new Set<string>();

/** Makes the world that a room needs, walks the request through it, and answers. A refusal is thrown as a {@link ProblemError}. */
export async function runRoom(
  operation: Operation,
  binding: Binding<OperationId>,
  request: ReadRequest,
  services: Services,
): Promise<Answer | DocumentAnswer> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the request has just been validated for this operation
  const input = request as never;
  if (binding.kind === "public") return toReadAnswer(await binding.room(input, { services }));

  const { caller, requestId } = request;
  if (binding.kind === "public-write")
    return once(operation, request, "public", services, (tx) =>
      binding.room(input, { requestId, services, tx, at: services.now() }),
    );
  if (caller === null)
    throw new Error(`${operation.id} needs a key, but its contract asks for none.`);
  const world: World = {
    caller,
    requestId: request.requestId,
    services,
    partnerNamed: request.partnerNamed,
    ifMatch: request.ifMatch,
    callerGone: request.callerGone,
    at: services.now(),
  };
  const db = services.store.reader;
  const readOf = async (room: PartnerReadRoom<OperationId>): Promise<Answer | DocumentAnswer> => {
    const partner = await loadPartner(db, caller, request);
    return toReadAnswer(
      await room(input, { ...world, db, partner, at: partnerNow(partner, world.at) }),
    );
  };
  switch (binding.kind) {
    case "read":
      return toReadAnswer(await binding.room(input, { ...world, db }));
    case "partner-read":
      return readOf(binding.room);
    case "write":
      return once(operation, request, "operator", services, (tx) =>
        binding.room(input, { ...world, tx }),
      );
    case "partner-write": {
      // A preview is no change: it takes no lock, uses no idempotency key up, and keeps no one waiting.
      if (binding.preview !== null && request.query["preview"] === true)
        return readOf(binding.preview);
      const id = readPartnerId(caller, request);
      const answer = await once(operation, request, id, services, async (tx) => {
        const partner = await lockPartner(tx, services.store.dialect, id);
        if (partner === undefined) throw createUnknownPartnerError();
        // The time is read under the partner's lock: what is decided can't be older than a settlement that has passed.
        const outcome = await binding.room(input, {
          ...world,
          tx,
          partner,
          at: partnerNow(partner, services.now()),
        });
        await placeWithCommand(tx, services.store.dialect, id, services.now());
        return outcome;
      });
      services.signals.eventsStored(id);
      return answer;
    }
    case "process": {
      const partner = await loadPartner(db, caller, request);
      return once(
        operation,
        request,
        partner.id,
        services,
        () => binding.room(input, { ...world, db, partner, at: partnerNow(partner, world.at) }),
        "process",
      );
    }
    case "operator-process":
      return once(
        operation,
        request,
        "operator",
        services,
        () => binding.room(input, { ...world, db }),
        "process",
      );
    default:
      return binding satisfies never;
  }
}

/** Runs the work once for its idempotency key, if there is one; the effect and the kept answer are one transaction. */
async function once(
  operation: Operation,
  request: ReadRequest,
  owner: string,
  services: Services,
  work: (tx: Transaction) => Promise<unknown>,
  kind: "transaction" | "process" = "transaction",
): Promise<Answer> {
  const { store, secretBox } = services;
  const call: IdempotentCall | null =
    request.idempotencyKey === null
      ? null
      : {
          owner,
          key: request.idempotencyKey,
          requestHash: request.requestHash,
          isSecret: operation.showsSecret,
        };
  if (call === null)
    return kind === "process"
      ? toAnswer(await workOutside(work))
      : store.transaction(async (tx) => toAnswer(await work(tx)));

  const place = `${owner} ${call.key}`;
  if (running.has(place)) throw createInUseError();
  running.add(place);
  try {
    const keep = (answer: Answer): Promise<void> =>
      store.transaction((tx) => keepAnswer(tx, call, answer, secretBox, services.now()));
    try {
      if (kind === "process") {
        const kept = await store.transaction((tx) =>
          findKeptAnswer(tx, store.dialect, call, secretBox),
        );
        if (kept !== undefined) return replay(kept);
        const answer = toAnswer(await workOutside(work));
        await keep(answer);
        return answer;
      }
      return await store.transaction(async (tx) => {
        const kept = await findKeptAnswer(tx, store.dialect, call, secretBox);
        if (kept !== undefined) return replay(kept);
        const answer = toAnswer(await work(tx));
        await keepAnswer(tx, call, answer, secretBox, services.now());
        return answer;
      });
    } catch (error) {
      // A refusal has changed nothing, so its answer can be kept after the fact: it is the first answer all the same.
      const refusal = toRefusal(error, services);
      if (refusal !== undefined && isKept(refusal)) {
        const problem = toProblem(refusal, request.requestId);
        await keep({
          status: problem.status,
          headers: { "content-type": "application/problem+json" },
          body: JSON.stringify(problem),
        });
      }
      throw error;
    }
  } finally {
    running.delete(place);
  }
}

/** About the key itself, or about another moment: not the request's answer. */
function isKept(error: ProblemError): boolean {
  return (
    error.code !== "idempotency_key_reused" &&
    error.code !== "idempotency_key_in_use" &&
    error.code !== "rate_limited" &&
    error.code !== "unavailable"
  );
}

function workOutside(work: (tx: Transaction) => Promise<unknown>): Promise<unknown> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a process takes no transaction; it makes its own
  return work(undefined as never);
}

function replay(kept: Answer): Answer {
  return { ...kept, headers: { ...kept.headers, "idempotency-replayed": "true" } };
}

function toReadAnswer(outcome: unknown): Answer | DocumentAnswer {
  const isDocument = typeof outcome === "object" && outcome !== null && "document" in outcome;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- RoomIn has typed it; here all operations meet
  return isDocument ? (outcome as DocumentAnswer) : toAnswer(outcome);
}

function toAnswer(outcome: unknown): Answer {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- RoomIn has typed it; here all operations meet
  const reply = outcome as Outcome;
  if ("refused" in reply) throw reply.refused;
  return {
    status: reply.status,
    headers: reply.headers ?? {},
    body: reply.body === undefined ? "" : JSON.stringify(reply.body),
  };
}

function readPartnerId(caller: Caller, request: ReadRequest): Partner["id"] {
  if (caller.partner !== null) return caller.partner;
  if (request.partnerNamed === null)
    throw new ProblemError(
      "partner_required",
      "An operator's key acts for a partner by naming it: Evergate-Partner: partner_…",
    );
  return toPartnerId(request.partnerNamed);
}

async function loadPartner(db: Reader, caller: Caller, request: ReadRequest): Promise<Partner> {
  const partner = await findPartner(db, readPartnerId(caller, request));
  if (partner === undefined) throw createUnknownPartnerError();
  return partner;
}

/** `Evergate-Partner` names nobody. */
export function createUnknownPartnerError(): ProblemError {
  return new ProblemError(
    "partner_required",
    "There is no partner with the id that Evergate-Partner names.",
  );
}
