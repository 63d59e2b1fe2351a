import type { TestProject } from "vitest/node";
import { bundleCommand } from "./bundle-command.ts";
import { fastFolder } from "./fast-folder.ts";
import { startPostgres } from "./start-postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The PostgreSQL server that all test files share; each makes databases of its own in it. */
    postgresUrl: string;
    /** The program of the command `evergate`, for Node.js. */
    command: string;
  }
}

/** Vitest's global set-up: one PostgreSQL server and one bundled command for the whole run. */
export default async function setUpOnce(project: TestProject): Promise<() => Promise<void>> {
  const [server, command] = await Promise.all([startPostgres(fastFolder), bundleCommand()]);
  project.provide("postgresUrl", server.url);
  project.provide("command", command);
  project.onTestsRerun(async () => void (await bundleCommand()));
  return () => server.stop();
}
