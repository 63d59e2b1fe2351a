import type { Stage } from "./stage.ts";

/** How an event is made to happen. */
export interface Recipe {
  /** What is done, for the list. */
  readonly summary: string;
  readonly movesClock?: true;
  readonly needsOperator?: true;
  /** Does it, and answers what the event is about; null where that is known only from the event. */
  run(stage: Stage): Promise<string | null>;
}

/** An event that a sandbox has, but not by request. The sentence says why; it stands by itself. */
export interface NoRecipe {
  readonly impossible: string;
}
