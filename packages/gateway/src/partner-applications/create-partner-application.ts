import { formatInstant } from "@evergate/core";
import { ProblemError } from "../app/problem.ts";
import { recordPublicChange } from "../app/record-change.ts";
import type { PublicWriteRoom } from "../app/room.ts";
import type { components } from "../generated/api.ts";
import { makeId } from "../ids.ts";
import { readCompany, refuseTaxTerms } from "../partners/check-tax-terms.ts";
import {
  insertApplication,
  lockUndecidedCount,
  type ApplicationAnswers,
  type PartnerApplication,
} from "../store/partner-applications.ts";
import { toWireApplication } from "./to-wire.ts";

/** So many may wait for a decision, of whatever age. Who does not decide finds no more than this, and the database neither. */
export const undecidedAtMost = 1_000;
const retryAfterSeconds = 3_600;

/**
 * Takes a company's application. Anybody may send one: `publicLimit` says how often, and what waits is bounded here, by
 * the database, for all processes together. The answer is the same whether or not the company is known.
 */
export const createPartnerApplication: PublicWriteRoom<"createPartnerApplication"> = async (
  { body },
  world,
) => {
  const { tx, services, at } = world;
  const answers = readAnswers(body);
  const refusal = await refuseTaxTerms(tx, { company: answers.company, reverseCharge: false });
  if (refusal !== null) return refusal;
  if ((await lockUndecidedCount(tx, services.store.dialect)) >= undecidedAtMost) {
    services.log.warn({ undecidedAtMost }, "applications are turned away: too many wait");
    throw new ProblemError(
      "rate_limited",
      "No more applications can be taken at the moment. Try again later.",
      [],
      { retryAfterSeconds },
    );
  }
  const application: PartnerApplication = {
    id: makeId("application"),
    status: "applied",
    type: body.type,
    answers,
    createdAt: at,
    reviewedAt: null,
    decidedAt: null,
    rejectionReason: null,
    partner: null,
  };
  await insertApplication(tx, application);
  await recordPublicChange(
    world,
    "applicant",
    "createPartnerApplication",
    application.id,
    toWireApplication(application),
  );
  return {
    status: 201,
    body: { id: application.id, status: "applied", createdAt: formatInstant(at) },
  };
};

function readAnswers(body: components["schemas"]["PartnerApplicationInput"]): ApplicationAnswers {
  const { contact } = body;
  return {
    company: readCompany(body.company),
    legalForm: body.legalForm ?? null,
    contact: {
      name: contact.name,
      position: contact.position ?? null,
      email: contact.email,
      phone: contact.phone ?? null,
    },
    website: body.website ?? null,
    expectedCustomers: body.expectedCustomers ?? null,
    expectedQuantity: body.expectedQuantity ?? null,
    message: body.message ?? null,
    msp: body.msp ?? null,
    xsp: body.xsp ?? null,
  };
}
