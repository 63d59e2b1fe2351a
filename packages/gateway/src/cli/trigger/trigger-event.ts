import type { Evergate, EvergateEvent, EventType } from "@evergate/sdk";
import { StartError } from "../../server/start-error.ts";
import type { Recipe } from "./recipe.ts";
import type { Stage } from "./stage.ts";

/** An event is stored with its change; all that may take time is its place in the order. */
const longestWaitMs = 15_000;

/** Follows a recipe, and answers the event that came of it. */
export async function triggerEvent(
  stage: Stage,
  type: EventType,
  recipe: Recipe,
): Promise<EvergateEvent> {
  const { evergate } = stage;
  if (recipe.needsOperator === true) await stage.checkOperator();
  const { data } = await evergate.events.list({ order: "newest_first", limit: 1 });
  const subject = await recipe.run(stage);
  return waitForEvent(evergate, data[0]?.id, type, subject);
}

async function waitForEvent(
  evergate: Evergate,
  after: string | undefined,
  type: EventType,
  subject: string | null,
): Promise<EvergateEvent> {
  const signal = AbortSignal.timeout(longestWaitMs);
  try {
    const following = evergate.events.follow(
      { type, ...(after === undefined ? {} : { after }) },
      { signal },
    );
    for await (const event of following) if (isAbout(event, subject)) return event;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  throw new StartError(
    `What brings ${type} about was done, but no such event came within ${longestWaitMs / 1_000} seconds.`,
  );
}

function isAbout({ data }: EvergateEvent, subject: string | null): boolean {
  if (subject === null) return true;
  return data.id === subject || ("subscription" in data && data.subscription === subject);
}
