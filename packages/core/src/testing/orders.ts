import type { LocalDate } from "../calendar.ts";
import type { CancelOrder } from "../subscription/cancel.ts";
import type { ChangeOrder } from "../subscription/change.ts";
import type { CreateOrder } from "../subscription/create.ts";
import type { PauseOrder } from "../subscription/pause.ts";
import type { ReactivateOrder } from "../subscription/reactivate.ts";
import { orderOf } from "./builders.ts";
import type { Command } from "./command.ts";

// Commands as one says them.

export const create = (name: string, order: Partial<CreateOrder> = {}): Command => ({
  kind: "create",
  order: orderOf(name, order),
});
export const change = (order: Partial<ChangeOrder>): Command => ({
  kind: "change",
  order: { effective: "now", ...order },
});
export const changeNext = (order: Partial<ChangeOrder>): Command =>
  change({ ...order, effective: "next_period" });
/** From now on, unless said. */
export const pause = (
  until: PauseOrder["until"],
  startsAt: PauseOrder["startsAt"] = null,
): Command => ({
  kind: "pause",
  order: { startsAt, until },
});
export const resume: Command = { kind: "resume" };
export const cancel = (order: CancelOrder): Command => ({ kind: "cancel", order });
export const stopNow: Command = cancel({ effective: "now" });
export const stopAtEnd: Command = cancel({ effective: "period_end" });
export const stopAfter = (date: LocalDate): Command => cancel({ effective: "period_end", date });
export const withdrawCancellation: Command = { kind: "withdrawCancellation" };
export const withdrawChange = (of: "quantity" | "product"): Command => ({
  kind: "withdrawScheduledChange",
  order: { of },
});
export const reactivate: Command = { kind: "reactivate", order: {} };
export const reactivateWith = (order: ReactivateOrder): Command => ({ kind: "reactivate", order });
