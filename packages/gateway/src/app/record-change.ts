import { appendAudit, operatorRecord } from "../store/audit-log.ts";
import type { PartnerWriteWorld, PublicWriteWorld, WriteWorld } from "./world.ts";

/** Records a change of a partner's data with who made it (R26). `before` and `after` are the subject as the API answers it, never with a secret. */
export async function recordChange(
  world: PartnerWriteWorld,
  action: string,
  subject: string,
  before: unknown,
  after: unknown,
): Promise<void> {
  await record(world, world.partner.id, action, [{ subject, before, after }]);
}

/** A subject as the API answers it, before and after. */
export interface SubjectChange {
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The same for many subjects that one request changes. */
export async function recordChanges(
  world: PartnerWriteWorld,
  action: string,
  changes: readonly SubjectChange[],
): Promise<void> {
  await record(world, world.partner.id, action, changes);
}

/** The same for what belongs to no partner: the catalogue, and the operator's own keys. */
export async function recordOperatorChange(
  world: WriteWorld,
  action: string,
  subject: string,
  before: unknown,
  after: unknown,
  owner: string = operatorRecord,
): Promise<void> {
  await record(world, owner, action, [{ subject, before, after }]);
}

/** The same by somebody without a key; `actor` says in what part. */
export async function recordPublicChange(
  world: PublicWriteWorld,
  actor: string,
  action: string,
  subject: string,
  after: unknown,
): Promise<void> {
  await record({ ...world, caller: { actor, keyId: null } }, operatorRecord, action, [
    { subject, before: null, after },
  ]);
}

async function record(
  world: PublicWriteWorld & {
    readonly caller: { readonly actor: string; readonly keyId: string | null };
  },
  owner: string,
  action: string,
  changes: readonly SubjectChange[],
): Promise<void> {
  const { caller, requestId, at, services } = world;
  // What was ordered as it is already is no change.
  const real = changes.filter(
    ({ before, after }) => JSON.stringify(before) !== JSON.stringify(after),
  );
  const recordedAt = services.now();
  await appendAudit(
    world.tx,
    services.sealer,
    owner,
    real.map(({ subject, before, after }) => ({
      at,
      recordedAt,
      action,
      subject,
      actor: caller.actor,
      apiKey: caller.keyId,
      requestId,
      before,
      after,
    })),
  );
}
