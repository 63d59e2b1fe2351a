// What browsers are given goes into the package as it stands: the compiler has nothing to do with it.
import { cpSync } from "node:fs";

const folder = "webhooks/page/browser";
cpSync(`src/${folder}`, `dist/${folder}`, {
  recursive: true,
  filter: (path) => !path.endsWith(".json") && !path.endsWith(".ts"),
});
