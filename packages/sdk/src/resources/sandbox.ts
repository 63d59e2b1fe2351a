import type { Calls } from "../client/create-call.ts";
import type { SandboxClock, SandboxClockAdvance } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";

/** The clock of a sandbox partner. */
export interface Sandbox {
  /**
   * Says what time it is for a sandbox partner.
   *
   * Refused with `not_a_sandbox`.
   */
  getClock(options?: OptionsOf<"getSandboxClock">): Promise<SandboxClock>;

  /**
   * Carries out everything due until then, in order, settlements included, and answers once it
   * is done. It may take long, and has no time-out of its own.
   *
   * Refused with `not_a_sandbox`, `clock_goes_back`, `clock_too_far`.
   */
  advanceClock(
    input: SandboxClockAdvance,
    options?: OptionsOf<"advanceSandboxClock">,
  ): Promise<SandboxClock>;
}

export function createSandbox({ call }: Calls): Sandbox {
  return {
    getClock: (options) => call("getSandboxClock", {}, options),
    advanceClock: (input, options) => call("advanceSandboxClock", { body: input }, options),
  };
}
