// For those who embed the gateway in a program of their own; most start it with the `evergate` command.
export { createGateway, type Gateway, type GatewayParts } from "./create-gateway.ts";
export { readSettings, SettingError, type Settings } from "./settings.ts";
export { createSealer, type Sealer } from "./secrets/sealer.ts";
export { findSecretKey } from "./secrets/find-secret-key.ts";
export { openStore } from "./store/open-store.ts";
export {
  StoreUnavailableError,
  type Dialect,
  type Reader,
  type Store,
  type Transaction,
} from "./store/store.ts";
export { isMigrated, migrate, NewerSchemaError } from "./store/migrate.ts";
export { ensureOperatorKey, type OperatorKeyState } from "./server/ensure-operator-key.ts";
export { serve, type RunningServer, type ServeOptions } from "./server/serve.ts";
export { StartError } from "./server/start-error.ts";
export { createLog } from "./telemetry/create-log.ts";
