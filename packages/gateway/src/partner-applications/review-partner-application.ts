import { formatInstant } from "@evergate/core";
import { refuse } from "../app/problem.ts";
import type { WriteRoom } from "../app/room.ts";
import { lockUndecided } from "./lock-undecided.ts";
import { saveApplication } from "./save-application.ts";

/** Takes an application in hand. */
export const reviewPartnerApplication: WriteRoom<"reviewPartnerApplication"> = async (
  { path },
  world,
) => {
  const before = await lockUndecided(world, path.applicationId);
  if ("refused" in before) return before;
  if (before.reviewedAt !== null)
    return refuse(
      "application_in_review",
      `The application is in review already, since ${formatInstant(before.reviewedAt)}.`,
    );
  const after = { ...before, status: "in_review" as const, reviewedAt: world.at };
  return {
    status: 200,
    body: await saveApplication(world, "reviewPartnerApplication", before, after),
  };
};
