import type { TestProject } from "vitest/node";
import { fastFolder } from "./fast-folder.ts";
import { startPostgres } from "./start-postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The PostgreSQL server that all test files share; each makes databases of its own in it. */
    postgresUrl: string;
  }
}

/** Vitest's global set-up: one PostgreSQL server for the whole run. */
export default async function startOnce(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres(fastFolder);
  project.provide("postgresUrl", server.url);
  return () => server.stop();
}
