import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Packages that load files of their own, or are loaded seldom. */
const unbundled = /^(better-sqlite3|pg|pino|pdfkit|fontkit|svix|@fontsource|@embedpdf|@scalar)\b/;

/**
 * Bundles the command and its threads for the processes that tests start, about two hundred and fifty a run: loading 600
 * modules in each thread is most of a start. Nothing else of it differs from what `main.ts` runs. Answers where its program is.
 */
export async function bundleCommand(): Promise<string> {
  const bundle = await rolldown({
    input: {
      main: at("../main.ts"),
      "clockwork-thread": at("../clockwork/clockwork-thread.ts"),
      "recorder-thread": at("../webhooks/delivery/recorder-thread.ts"),
    },
    platform: "node",
    external: unbundled,
    plugins: [
      {
        name: "files-stay-where-they-are",
        transform: (code, id) =>
          code.includes("readFile")
            ? code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href))
            : null,
      },
    ],
  });
  const dir = at("../../node_modules/.cache/command");
  // Fixed names: another run at the same time writes the same, and nothing piles up.
  await bundle.write({ dir, chunkFileNames: "[name].js" });
  await bundle.close();
  return join(dir, "main.js");
}
