/** Builds one static folder, dist/: the page, the library as facefx.js, onnxruntime-web's files, and the models of the repository. */

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { parse } from "smol-toml";
import { type Plugin, defaultClientConditions, defineConfig } from "vite";
import wabt from "wabt";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const DIST = join(HERE, "dist");
/** The models' folders, and the files of each. */
const MODELS = { finder: ["detector.onnx"], "unet-lite0": ["model.int8.onnx", "model.onnx"], person: ["person.onnx"] };
/** What is fetched only where there is WebGPU, or for `quality: "best"`. */
const SELDOM = /asyncify|webgpu|model\.onnx/;
const PARTS: Record<string, string> = { "unet-lite0": "parser", finder: "detector", person: "people" };
const ORT = ["ort-wasm-simd-threaded", "ort-wasm-simd-threaded.asyncify"].flatMap((name) => [`${name}.mjs`, `${name}.wasm`]);

/** What is not made from source: models with their cards as JSON, the runtime, and the service worker with the list of it all. */
function copied(): Plugin {
  return {
    name: "facefx-files",
    apply: "build",
    closeBundle() {
      if (!readdirSync(DIST).includes("index.html")) return;
      for (const [name, parts] of Object.entries(MODELS)) {
        const [from, to] = [join(HERE, "..", "models", name), join(DIST, "models", name)];
        mkdirSync(to, { recursive: true });
        for (const file of parts) cpSync(join(from, file), join(to, file));
        writeFileSync(join(to, "card.json"), JSON.stringify(parse(readFileSync(join(from, "card.toml"), "utf8"))));
      }
      mkdirSync(join(DIST, "ort"), { recursive: true });
      for (const file of ORT) cpSync(join(HERE, "node_modules", "onnxruntime-web", "dist", file), join(DIST, "ort", file));
      writeFileSync(join(DIST, "sizes.json"), JSON.stringify(sizes()));
      const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== "serviceWorker.js")
        .map((entry) => relative(DIST, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
        .sort();
      const sum = createHash("sha256");
      for (const file of files) sum.update(file).update(readFileSync(join(DIST, file)));
      const written = readFileSync(join(HERE, "page", "serviceWorker.js"), "utf8")
        .replace("__VERSION__", JSON.stringify(sum.digest("hex").slice(0, 16)))
        .replace("__FILES__", JSON.stringify(files.filter((file) => !SELDOM.test(file))));
      writeFileSync(join(DIST, "serviceWorker.js"), written);
    },
  };
}

/** What is fetched where there is no WebGPU and nobody asks for the best, part by part: bytes, and gzipped. */
function sizes(): Record<string, { bytes: number; gzipped: number }> {
  const found: Record<string, { bytes: number; gzipped: number }> = {};
  for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    const file = relative(DIST, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
    if (!entry.isFile() || SELDOM.test(file)) continue;
    const [room, model] = file.split("/");
    const part = room === "ort" ? "runtime" : room === "models" ? PARTS[model] : "page";
    const content = readFileSync(join(DIST, file));
    const { bytes, gzipped } = found[part] ?? { bytes: 0, gzipped: 0 };
    found[part] = { bytes: bytes + content.length, gzipped: gzipped + gzipSync(content, { level: 9 }).length };
  }
  return Object.fromEntries(["runtime", ...Object.values(PARTS), "page"].map((part) => [part, found[part]]));
}

/** WebAssembly that is written in words, as a module whose default is its bytes. */
function assembled(): Plugin {
  return {
    name: "facefx-wat",
    async transform(text, file) {
      if (!file.endsWith(".wat")) return null;
      const { parseWat } = await wabt();
      const found = parseWat(file, text, { simd: true });
      found.resolveNames();
      found.validate();
      const bytes = Buffer.from(found.toBinary({}).buffer).toString("base64");
      return { code: `export default Uint8Array.from(atob("${bytes}"), (one) => one.charCodeAt(0));`, map: null };
    },
  };
}

export default defineConfig({
  root: HERE,
  base: "./",
  publicDir: false,
  plugins: [copied(), assembled()],
  // Its own files stay beside the page, where its threads are started from.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", ...defaultClientConditions] },
  worker: { format: "es", plugins: () => [assembled()] },
  build: {
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { index: join(HERE, "index.html"), facefx: join(HERE, "src", "index.ts") },
      preserveEntrySignatures: "strict",
      output: { entryFileNames: (chunk) => (chunk.name === "facefx" ? "facefx.js" : "assets/[name]-[hash].js") },
    },
  },
});
