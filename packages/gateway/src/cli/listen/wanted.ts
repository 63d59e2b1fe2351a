import { eventTypes as knownTypes } from "@evergate/sdk";
import { isId } from "../../ids.ts";
import { StartError } from "../../server/start-error.ts";
import { isEndpointSecret } from "../../webhooks/endpoints/endpoint-secret.ts";
import { wantsType } from "../../webhooks/endpoints/wants-event.ts";
import { checkEndpointUrl } from "../../webhooks/network/check-endpoint-url.ts";
import { readFlag, UsageError, type Flags } from "../command.ts";
import { findNear } from "../../contract/find-near.ts";
import type { Remembered } from "./remembered.ts";

/** What the flags of `evergate listen` ask for. */
export interface Wanted {
  /** Where events are forwarded to; null: they are shown only. */
  readonly target: string | null;
  readonly eventTypes: readonly string[];
  /** `start`, the id of an event, or an instant; null: now. */
  readonly since: string | null;
  readonly secret: string | null;
  /** Null: without an end. */
  readonly retries: number | null;
  /** Where it is remembered how far it came; null: nowhere. */
  readonly path: string | null;
  readonly printsJson: boolean;
}

/** Reads the flags. Throws a {@link UsageError} for the first that is wrong. */
export function readWanted(flags: Flags): Wanted {
  const secret = readFlag(flags, "secret");
  if (secret !== null && !isEndpointSecret(secret))
    throw new UsageError(
      "--secret is whsec_ and 24 to 64 bytes in base64, as Standard Webhooks has it.",
    );
  const retries = readFlag(flags, "retries");
  if (retries !== null && !/^\d{1,6}$/.test(retries))
    throw new UsageError(
      `--retries is a whole number from 0 to 999999, such as 5, not "${retries}".`,
    );
  return {
    target: readTarget(readFlag(flags, "forward-to")),
    eventTypes: readEventTypes(readFlag(flags, "events")),
    since: readSince(readFlag(flags, "since")),
    secret,
    retries: retries === null ? null : Number(retries),
    path: readFlag(flags, "remember"),
    printsJson: flags["print-json"] === true,
  };
}

/** `localhost:3000/hooks` is what people type: what stands before a colon is a scheme unless a port follows. */
function readTarget(text: string | null): string | null {
  if (text === null) return null;
  const hasScheme = /^[a-z][a-z\d+.-]*:(?!\d)/i.test(text);
  const full = hasScheme ? text : `http://${text}`;
  if (!/^https?:\/\//i.test(full) || URL.parse(full) === null)
    throw new UsageError(
      `--forward-to is an http or https URL such as http://localhost:3000/hooks, not "${text}".`,
    );
  const refusal = checkEndpointUrl(full, true);
  if (refusal !== undefined) throw new UsageError(refusal.replace(/^url/, "--forward-to"));
  return full;
}

function readSince(text: string | null): string | null {
  if (text === null || text === "start" || isId("evt", text) || isInstant(text)) return text;
  throw new UsageError(
    `--since is start, the id of an event (evt_ and 26 characters), or an instant such as 2026-12-01T00:00:00Z, not "${text}".`,
  );
}

function isInstant(text: string): boolean {
  try {
    Temporal.Instant.from(text);
    return true;
  } catch {
    return false;
  }
}

function readEventTypes(text: string | null): readonly string[] {
  const types = [...new Set((text ?? "*").split(",").map((type) => type.trim()))];
  const unknown = types.find((type) => !knownTypes.some((known) => wantsType([type], known)));
  if (unknown !== undefined)
    throw new UsageError(
      `--events has "${unknown}", which no event is${suggest(unknown)} evergate trigger --list names them all; subscription.* is a family.`,
    );
  return types.toSorted();
}

function suggest(text: string): string {
  const near = findNear(text, knownTypes);
  return near === undefined ? "." : `; did you mean ${near}?`;
}

/** Another partner's events, or others of this one, would have the numbers that were given already. */
export function checkSame(before: Remembered, wanted: Wanted, partner: string): void {
  if (before.partner !== partner)
    throw new StartError(
      `${wanted.path} remembers ${before.partner}, and the key is of ${partner}. Name another file.`,
    );
  if (before.eventTypes.join() !== wanted.eventTypes.join())
    throw new StartError(
      `${wanted.path} remembers --events ${before.eventTypes.join()}. Say the same, or name another file.`,
    );
  if (wanted.since !== null)
    throw new StartError(
      `${wanted.path} remembers how far it came, and goes on from there. Leave --since out, or name another file.`,
    );
}
