import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

/** Where `npm run dev` finds a running service: `coterie studio FOLDER --port 8000`. */
const service = process.env.COTERIE_SERVICE ?? "http://127.0.0.1:8000";

/** What the page holds of others; their licences ask for the notice beside each copy. */
const BUNDLED = ["preact", "@preact/signals", "@preact/signals-core", "@uwdata/flechette"];

const licences = {
  name: "licences",
  generateBundle(this: { emitFile(file: object): string }) {
    const notices = BUNDLED.map((name) => {
      const home = new URL(`node_modules/${name}/`, import.meta.url);
      const { version } = JSON.parse(readFileSync(new URL("package.json", home), "utf8")) as { version: string };
      return `${name} ${version}\n\n${readFileSync(new URL("LICENSE", home), "utf8").trim()}\n`;
    });
    this.emitFile({ type: "asset", fileName: "licences.txt", source: notices.join("\n\n") });
  },
};

export default defineConfig({
  base: "/studio/",
  plugins: [licences],
  build: {
    outDir: "../src/coterie/serve/web",
    emptyOutDir: true,
    target: "es2022",
    // the service's Content-Security-Policy refuses data: scripts and styles
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/v1", "/session", "/predict", "/models", "/performance", "/logs", "/health", "/openapi.json"].map(
        // the host stays as the browser has it, or the service takes the page for another site's
        (path) => [path, { target: service, changeOrigin: false }],
      ),
    ),
  },
  test: { include: ["src/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
