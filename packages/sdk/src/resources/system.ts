import type { Calls } from "../client/create-call.ts";
import type { Health, Readiness } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";

/** Whether the service runs and can answer. */
export interface System {
  /**
   * Answers as long as the process runs, whatever the state of its database. For a supervisor
   * that restarts what is dead.
   */
  getHealth(options?: OptionsOf<"getHealth">): Promise<Health>;

  /**
   * Answers 200 while the gateway can carry out requests, that is, has its database, migrated;
   * otherwise 503. For a load balancer.
   */
  getReadiness(options?: OptionsOf<"getReadiness">): Promise<Readiness>;
}

export function createSystem({ call }: Calls): System {
  return {
    getHealth: (options) => call("getHealth", {}, options),
    getReadiness: (options) => call("getReadiness", {}, options),
  };
}
