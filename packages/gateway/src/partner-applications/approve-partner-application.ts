import { refuse } from "../app/problem.ts";
import type { WriteRoom } from "../app/room.ts";
import { toPartnerId } from "../ids.ts";
import { takeOnPartner } from "../partners/take-on-partner.ts";
import { lockUndecided } from "./lock-undecided.ts";
import { saveApplication } from "./save-application.ts";

/** Makes a partner of an application that is in review, on the operator's terms, with its first key. */
export const approvePartnerApplication: WriteRoom<"approvePartnerApplication"> = async (
  { path, body },
  world,
) => {
  const before = await lockUndecided(world, path.applicationId);
  if ("refused" in before) return before;
  if (before.status !== "in_review")
    return refuse(
      "application_not_in_review",
      "The application has not been taken in hand yet; review it first.",
    );
  const { company, xsp } = before.answers;
  const partner = await takeOnPartner(
    world,
    {
      ...body,
      name: body.name ?? company.legalName,
      type: before.type,
      industry: xsp?.industry ?? null,
      company,
    },
    "approvePartnerApplication",
  );
  if ("refused" in partner) return partner;
  await saveApplication(world, "approvePartnerApplication", before, {
    ...before,
    status: "approved",
    decidedAt: world.at,
    partner: toPartnerId(partner.id),
  });
  return { status: 201, body: partner, headers: { location: `/v1/partners/${partner.id}` } };
};
