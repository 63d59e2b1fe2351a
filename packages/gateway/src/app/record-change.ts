import { appendAudit, operatorRecord } from "../store/audit-log.ts";
import type { PartnerWriteWorld, WriteWorld } from "./world.ts";

/** Records a change of a partner's data with who made it (R26). `before` and `after` are the subject as the API answers it, never with a secret. */
export async function recordChange(
  world: PartnerWriteWorld,
  action: string,
  subject: string,
  before: unknown,
  after: unknown,
): Promise<void> {
  await record(world, world.partner.id, action, subject, before, after);
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
  await record(world, owner, action, subject, before, after);
}

async function record(
  world: WriteWorld,
  owner: string,
  action: string,
  subject: string,
  before: unknown,
  after: unknown,
): Promise<void> {
  // What was ordered as it is already is no change.
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const { caller, requestId, at, services } = world;
  await appendAudit(world.tx, services.sealer, owner, [
    {
      at,
      recordedAt: services.now(),
      action,
      subject,
      actor: caller.actor,
      apiKey: caller.keyId,
      requestId,
      before,
      after,
    },
  ]);
}
