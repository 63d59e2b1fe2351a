/** What the reference pages are told: Scalar's configuration (https://scalar.com/products/api-references/configuration). */
const configuration = {
  // The page links the contract itself; what the pages read is a copy made for them.
  documentDownloadType: "none",
  // "Send" and the examples go to the gateway that serves the page, whatever its name is from outside.
  servers: [{ url: "/", description: "This gateway" }],
  // Nothing is asked of any other host; the Content-Security-Policy would forbid it, too.
  withDefaultFonts: false,
  telemetry: false,
  proxyUrl: "",
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  defaultOpenFirstTag: false,
  authentication: { preferredSecurityScheme: "operatorKey" },
  // A key typed into the page is gone with the page.
  persistAuth: false,
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  // A webhook comes from the gateway: there is nothing to send.
  customCss: '[id*="webhook/"] .show-api-client-button { display: none }',
  metaData: { title: "Evergate reference" },
};

/** The page's markup: all else is drawn by the script. */
export function renderPage(scriptPath: string, documentPath: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>Evergate reference</title>
    <link rel="icon" href="data:,">
    <style>body { margin: 0 }</style>
  </head>
  <body>
    <noscript><p>These pages need JavaScript. The same as one JSON document: <a href="/openapi.json">/openapi.json</a></p></noscript>
    <script id="api-reference" type="application/json" data-configuration="${escapeAttribute(JSON.stringify({ ...configuration, url: documentPath }))}"></script>
    <script src="${scriptPath}"></script>
  </body>
</html>
`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
