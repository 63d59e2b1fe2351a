import type { components } from "../generated/api.ts";
import { maximumChunk, takeReplayStep, type StepOutcome } from "../webhooks/replay/take-step.ts";
import { openDeliveryBench, type DeliveryBench } from "./open-delivery-bench.ts";
import type { TestStores } from "./open-test-stores.ts";
import type { TestGatewayOptions } from "./start-test-gateway.ts";

type Schemas = components["schemas"];

/** Deliveries that no worker makes, so that tests say what became of each; and replays that go on as tests step. */
export interface ReplayBench extends DeliveryBench {
  /** An endpoint that nobody asks. */
  addTarget(input?: Partial<Schemas["WebhookEndpointInput"]>): Promise<string>;
  /** Says that these deliveries are over, as a worker would. */
  finish(
    endpoint: string,
    status: "delivered" | "failed",
    sequences: readonly number[],
  ): Promise<void>;
  /** Each delivery of the endpoint as `number status event`. */
  listDeliveries(endpoint: string): Promise<readonly string[]>;
  replay(endpoint: string, input: Schemas["WebhookReplayInput"]): Promise<Schemas["WebhookReplay"]>;
  preview(
    endpoint: string,
    input: Schemas["WebhookReplayInput"],
  ): Promise<Schemas["WebhookReplayPreview"]>;
  reconcile(
    endpoint: string,
    input: Schemas["ReconcileInput"],
  ): Promise<Schemas["WebhookReconciliation"]>;
  /** Takes one step, of so many places at the most. */
  step(replay: Pick<Schemas["WebhookReplay"], "id">, size?: number): Promise<StepOutcome>;
  /** Takes steps until it is over or has to rest; answers the replay as it is then. */
  carryOn(
    replay: Pick<Schemas["WebhookReplay"], "id" | "endpoint">,
    size?: number,
  ): Promise<Schemas["WebhookReplay"]>;
}

export async function openReplayBench(
  stores: TestStores,
  options: TestGatewayOptions = {},
): Promise<ReplayBench> {
  const bench = await openDeliveryBench(stores, options);
  const { world, store, partner } = bench;
  const { services } = world.gateway.gateway;
  const step: ReplayBench["step"] = ({ id }, size = maximumChunk) =>
    store.transaction((tx) => takeReplayStep(tx, store.dialect, partner, id, size, services.now()));
  return {
    ...bench,
    step,
    addTarget: async (input = {}) =>
      (await bench.addEndpoint("https://hooks.example.com/", input)).id,
    async finish(endpoint, status, sequences) {
      await store.transaction((tx) =>
        tx
          .updateTable("webhook_deliveries")
          .set({ status, attempt_count: 3, finished_at: services.now() })
          .where("partner", "=", partner)
          .where("endpoint", "=", endpoint)
          .where("sequence", "in", sequences)
          .execute(),
      );
    },
    async listDeliveries(endpoint) {
      const rows = await store.reader
        .selectFrom("webhook_deliveries")
        .select(["sequence", "status", "event"])
        .where("partner", "=", partner)
        .where("endpoint", "=", endpoint)
        .orderBy("sequence")
        .execute();
      return rows.map(({ sequence, status, event }) => `${sequence} ${status} ${event}`);
    },
    replay: (endpoint, input) =>
      world.api.ask("POST", `/v1/webhook-endpoints/${endpoint}/replays`, input),
    preview: (endpoint, input) =>
      world.api.ask("POST", `/v1/webhook-endpoints/${endpoint}/replays?preview=true`, input),
    reconcile: (endpoint, input) =>
      world.api.ask("POST", `/v1/webhook-endpoints/${endpoint}/reconcile`, input),
    async carryOn(replay, size) {
      while ((await step(replay, size)) === "goes on");
      return world.api.ask("GET", `/v1/webhook-endpoints/${replay.endpoint}/replays/${replay.id}`);
    },
  };
}
