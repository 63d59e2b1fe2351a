import type { FinishedAttempt } from "./record-finished.ts";

/** Attempts to be stored, each under a number; `isHurried`: the gateway is ending. */
export interface RecorderAsked {
  readonly attempts: readonly (readonly [number, FinishedAttempt])[];
  readonly isHurried: boolean;
}

/** Of each number whether its attempt is stored, or was given up. */
export type RecorderSaid = readonly (readonly [number, boolean])[];
