#!/usr/bin/env node
// Takes pictures of a running commandpost: console home, an incident, the alerts, the status page; wide and phone, light and dark.
//
//   node scripts/screenshots.mjs BASE_URL OUT_DIR [INCIDENT] [NAME]
//
// Needs chromium and node 22, or node 20 with --experimental-websocket. Nothing is installed. The size of a phone and the
// colour scheme are set over the DevTools protocol: a headless window is never narrower than some 500 pixels.
import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [base = "http://127.0.0.1:8912", out = "screenshots", incident = "INC-2", name = "Ada"] = process.argv.slice(2);
const pages = { home: "/console", incident: `/console/i/${incident}`, alerts: "/console/alerts", status: "/status" };
const more = (process.env.MORE ?? "").split(",").filter(Boolean);
for (const path of more) pages[path.replace(/\W+/g, "-").replace(/^-|-$/g, "")] = path;
const sizes = { wide: { width: 1280, height: 900, mobile: false }, phone: { width: 390, height: 844, mobile: true } };
if (process.env.NARROW) sizes.narrow = { width: 360, height: 740, mobile: true };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const profile = mkdtempSync(join(tmpdir(), "shots-"));
const browser = spawn(process.env.CHROMIUM ?? "chromium", [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--hide-scrollbars", `--user-data-dir=${profile}`,
  "--remote-debugging-port=0", "about:blank",
], { stdio: "ignore" });

async function connect() {
  const file = join(profile, "DevToolsActivePort");
  for (let i = 0; i < 100 && !existsSync(file); i++) await pause(100);
  const port = readFileSync(file, "utf8").split("\n")[0];
  const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
  const socket = new WebSocket(targets.find((target) => target.type === "page").webSocketDebuggerUrl);
  await new Promise((done, fail) => { socket.onopen = done; socket.onerror = fail; });
  let n = 0;
  const waiting = new Map();
  const problems = [];
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.id) { waiting.get(message.id)?.(message); waiting.delete(message.id); }
    if (message.method === "Log.entryAdded" && message.params.entry.level === "error") problems.push(message.params.entry.text);
    if (message.method === "Runtime.exceptionThrown") problems.push(message.params.exceptionDetails.exception?.description ?? "exception");
  };
  const call = (method, params = {}) => new Promise((done, fail) => {
    waiting.set(++n, (message) => message.error ? fail(new Error(`${method}: ${message.error.message}`)) : done(message.result));
    socket.send(JSON.stringify({ id: n, method, params }));
  });
  return { call, problems, close: () => socket.close() };
}

let failed = false;
try {
  mkdirSync(out, { recursive: true });
  const { call, problems, close } = await connect();
  for (const domain of ["Page", "Network", "Log", "Runtime"]) await call(`${domain}.enable`);
  await call("Network.setCookie", { name: "commandpost_name", value: encodeURIComponent(name), url: `${base}/console`, path: "/console" });
  for (const [sizeName, size] of Object.entries(sizes)) {
    await call("Emulation.setDeviceMetricsOverride", { ...size, deviceScaleFactor: 1 });
    for (const scheme of ["light", "dark"]) {
      await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
      for (const [page, path] of Object.entries(pages)) {
        await call("Page.navigate", { url: base + path });
        await pause(700);
        const { result } = await call("Runtime.evaluate", {
          returnByValue: true,
          expression: "({ width: innerWidth, scroll: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight, dark: matchMedia('(prefers-color-scheme: dark)').matches })",
        });
        const { width, scroll, height, dark } = result.value;
        if (width !== size.width || scroll > width || dark !== (scheme === "dark")) {
          failed = true;
          console.error(`${page} ${sizeName} ${scheme}: ${width} wide, content ${scroll} wide, dark: ${dark}`);
        }
        const clip = { x: 0, y: 0, width: size.width, height: Math.max(size.height, Math.min(height, 4000)), scale: 1 };
        const shot = await call("Page.captureScreenshot", { format: "png", clip, captureBeyondViewport: true });
        const file = join(out, `${page}-${sizeName}-${scheme}.png`);
        writeFileSync(file, Buffer.from(shot.data, "base64"));
        console.log(`${file} ${clip.width}x${clip.height}`);
      }
    }
  }
  for (const problem of problems) { failed = true; console.error(problem); }
  close();
} finally {
  browser.kill();
  await new Promise((done) => browser.exitCode === null ? browser.once("exit", done) : done());
  // Its helpers write a little longer than it lives itself.
  for (let tries = 0; ; tries++) {
    try {
      rmSync(profile, { recursive: true, force: true });
      break;
    } catch (error) {
      if (tries === 50) throw error;
      await pause(100);
    }
  }
}
process.exit(failed ? 1 : 0);
