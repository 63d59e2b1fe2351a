import type { Partner } from "../store/partners.ts";

/** `"mode": "sandbox"` in every event of a sandbox partner, so that nothing tried out is taken for real. */
export function modeOf(partner: Pick<Partner, "mode">): { mode?: "sandbox" } {
  return partner.mode === "sandbox" ? { mode: "sandbox" } : {};
}
